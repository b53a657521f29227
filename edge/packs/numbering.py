"""How a text of law is numbered: which articles, clauses, items and annexes it has, in order.

Knows what stands in a text's declared structure, not what the clauses say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_DIGITS = "〇一二三四五六七八九"


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """The declared structure of a text.

    ``parts`` stand before the articles, under their own numbers. ``paragraphs`` (款) and ``items``
    (项, and 目 within them) tell how many there are, where there are several; ``notes`` the
    numbered remarks of an annex's form. A divided article has no entry of its own but those of its
    paragraphs; where items follow, their opening words are an entry before them.
    """

    parts: tuple[str, ...] = ()
    articles: int = 0
    annexes: int = 0
    paragraphs: Mapping[str, int] = field(default_factory=dict)
    items: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)

    def numbers(self) -> tuple[str, ...]:
        """Return the number of every clause, in the order of the text."""
        return tuple(number for unit in self._units() for number in self._unit_and_items(unit))

    def stray(self) -> str:
        """Return a number that the structure divides but that the text does not have, or ""."""
        heads, units = set(self._heads()), set(self._units())
        units |= {item for unit in tuple(units) for item in self._items_of(unit)}
        divided = [*(n for n in self.paragraphs if n not in heads)]
        divided += [n for n in (*self.items, *self.notes) if n not in units]
        return next(iter(divided), "")

    def _heads(self) -> Iterator[str]:
        yield from self.parts
        yield from (f"第{numeral(n)}条" for n in range(1, self.articles + 1))
        yield from (f"附件{n}" for n in range(1, self.annexes + 1))

    def _units(self) -> Iterator[str]:
        for head in self._heads():
            count = self.paragraphs.get(head, 0)
            yield from (f"{head}第{numeral(n)}款" for n in range(1, count + 1))
            if not count:
                yield head

    def _unit_and_items(self, unit: str) -> Iterator[str]:
        """Yield a unit, its items and theirs (目): 第八条, 第八条(一), 第八条(一)1."""
        yield unit
        for item in self._items_of(unit):
            yield item
            yield from self._items_of(item)
        yield from (f"{unit}备注{n}" for n in range(1, self.notes.get(unit, 0) + 1))

    def _items_of(self, unit: str) -> Iterator[str]:
        for n in range(1, self.items.get(unit, 0) + 1):
            yield f"{unit}{n}" if unit.endswith(")") else f"{unit}({numeral(n)})"


def numeral(number: int) -> str:
    """Return 1 to 99 in Chinese: 十, 十一, 二十, 四十三."""
    tens, ones = divmod(number, 10)
    return (
        (_DIGITS[tens] if tens > 1 else "")
        + ("十" if tens else "")
        + (_DIGITS[ones] if ones or not tens else "")
    )
