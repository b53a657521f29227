"""The register of the law, config/law/*.toml: what answers every article and clause of every text.

Judges no case and holds no rule: it names the packs' rules, and the tests see that it names all.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from edge import codec
from edge.core.errors import BadInput, Words
from edge.core.rules import NATIONAL, Pack, Rulebook
from edge.packs.cases import read_cases
from edge.packs.library import load
from edge.packs.numbering import Structure
from edge.packs.values import bad_rule, toml

T = TypeVar("T")

HEADER_KEYS: Mapping[str, Words] = MappingProxyType(
    {
        "instrument.starts": Words("施行日", "first day"),
        "instrument.term": Words("规定的期限", "the stated term"),
    }
)
"""What a pack says about a text beside its rules: entries name these as they name rule keys."""


class Mark(StrEnum):
    """Who answers a clause."""

    RULE = "rule"
    DESK = "desk"
    AGENCY = "agency"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a clause is carried out: our screens, documents and wire, or the agency's side.

    ``side`` is DESK or AGENCY. ``built`` is the file that does it; empty: not built yet.
    """

    name: str
    side: Mark
    words: Words
    built: str = ""
    later: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One article or clause: its number without the text's short name, and what it says.

    A rule has ``keys``, and ``cases`` or ``tests`` that show it; ``at`` names places. Whatever is
    no rule says ``why``.
    """

    number: str
    says: Words
    mark: Mark
    keys: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    why: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LawText:
    """One text in the register. ``region`` is its folder of packs; ``cases`` name -> file."""

    short: str
    title: str
    region: str
    entries: tuple[Entry, ...]
    cases: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Law:
    """The whole register."""

    places: Mapping[str, Place]
    texts: tuple[LawText, ...]

    def is_later(self, entry: Entry) -> bool:
        """Tell whether a place that the entry needs is not built yet."""
        return any(self.places[name].later for name in entry.at)


@dataclass(frozen=True, slots=True)
class _Header:
    short: str
    region: str


@dataclass(frozen=True, slots=True)
class _LawFile:
    instrument: _Header
    structure: Structure
    entry: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class _PlacesFile:
    place: tuple[Place, ...]


def read_law(config: Path) -> Law:
    """Read ``law/*.toml`` under the folder of configuration, beside its ``regions``.

    Raises:
        BadRule: a clause is missing, doubled or out of order; a mark misses what it must name; a
            key, case or place does not exist; a rule's article is not told. The field is
            ``file: number``.
    """
    rulebook = load(config / "regions")
    places = _places(config / "law")
    paths = [path for path in sorted((config / "law").glob("*.toml")) if path.stem != "places"]
    texts = tuple(_text(config, path, rulebook, places) for path in paths)
    _refuse_other_texts(rulebook, [text.short for text in texts])
    return Law(places, texts)


def _refuse_other_texts(rulebook: Rulebook, registered: list[str]) -> None:
    provinces = [pack for pack in rulebook.packs if pack.region != NATIONAL]
    for short in (one.short for pack in provinces for one in pack.instruments):
        if registered.count(short) != 1:
            raise bad_rule("law", short, "应登记一次", "the text is to be registered, once")


def _places(folder: Path) -> Mapping[str, Place]:
    places: dict[str, Place] = {}
    for place in _typed(folder / "places.toml", _PlacesFile).place:
        wrong = _wrong_of(place, places)
        if wrong:
            raise bad_rule("law/places.toml", place.name, wrong.zh, wrong.en)
        places[place.name] = place
    return places


def _wrong_of(place: Place, known: Collection[str]) -> Words | None:
    if place.name in known:
        return Words("名称重复", "the name stands twice")
    if place.side not in {Mark.DESK, Mark.AGENCY}:
        return Words("应属窗口或经办", "a place is the desk's or the agency's")
    if bool(place.built) == place.later:
        return Words("应写明已建的文件，或待建", "either built, naming the file, or later")
    return None


def _text(config: Path, path: Path, rulebook: Rulebook, places: Mapping[str, Place]) -> LawText:
    given, file = _typed(path, _LawFile), f"law/{path.name}"
    header = given.instrument
    packs = [pack for pack in rulebook.packs if pack.place == header.region]
    titles = {one.short: one.title for pack in packs for one in pack.instruments}
    if header.short not in titles:
        raise bad_rule(file, "instrument", "规则包没有此文件", "no pack has this instrument")
    text = LawText(
        short=header.short,
        title=titles[header.short],
        region=header.region,
        entries=given.entry,
        cases={case.name: case.file for case in read_cases(config / "regions" / header.region)},
    )
    _refuse_gap(file, text, given.structure)
    for entry in text.entries:
        for words in _wrong_in(entry, text, _keys(packs), places):
            raise bad_rule(file, entry.number, words.zh, words.en)
    for key, article in _cited(packs, header.short):
        if not any(key in entry.keys for entry in entries_of(text, article)):
            raise bad_rule(file, article, f"未登记规则 {key}", f"does not name the rule {key}")
    return text


def entries_of(text: LawText, article: str) -> Iterator[Entry]:
    """Yield the entries of an article as rules cite it (津 第十一条), its clauses included."""
    for entry in text.entries:
        number = f"{text.short} {entry.number}"
        rest = number.removeprefix(article)
        if number.startswith(article) and (not rest or rest[0] in "第("):
            yield entry


def _refuse_gap(file: str, text: LawText, structure: Structure) -> None:
    stray = structure.stray()
    if stray:
        raise bad_rule(file, f"structure {stray}", "没有这一条款", "divides no clause of the text")
    expected = structure.numbers()
    for place, entry in enumerate(text.entries):
        if place >= len(expected) or entry.number != expected[place]:
            wanted = expected[place] if place < len(expected) else ""
            raise bad_rule(
                file,
                entry.number,
                f"此处应为“{wanted}”：缺少、重复或次序不对",
                f"{wanted or 'nothing'} is expected here: missing, doubled or out of order",
            )
    if len(text.entries) < len(expected):
        raise bad_rule(file, expected[len(text.entries)], "缺少此条款", "this clause is missing")


def _wrong_in(
    entry: Entry, text: LawText, keys: Collection[str], places: Mapping[str, Place]
) -> Iterator[Words]:
    """Yield what the entry says wrongly or does not say."""
    for name in entry.keys:
        if name not in keys:
            yield Words(f"规则包没有规则 {name}", f"no pack of the region has the rule {name}")
    for name in entry.cases:
        if name not in text.cases:
            yield Words(f"没有案例“{name}”", f"the region has no case {name!r}")
    for name in entry.at:
        if name not in places:
            yield Words(f"places.toml 没有 {name}", f"there is no place {name}")
    if not all((entry.says.zh, entry.says.en)):
        yield Words("缺少内容", "it does not say what the clause says")
    yield from _missing_for_mark(entry, {places[name].side for name in entry.at if name in places})


def _missing_for_mark(entry: Entry, sides: Collection[Mark]) -> Iterator[Words]:
    is_rule = entry.mark is Mark.RULE
    if is_rule and not (entry.keys and (entry.cases or entry.tests)):
        yield Words("规则须写明键和案例", "a rule names its keys, and cases or tests")
    if not is_rule and (entry.keys or entry.cases or entry.tests):
        yield Words("不是规则，不应有键和案例", "what is no rule names no key, case or test")
    if not is_rule and not (entry.why and entry.why.zh and entry.why.en):
        yield Words("须说明理由", "what is no rule says why")
    if entry.mark in {Mark.DESK, Mark.AGENCY} and entry.mark not in sides:
        yield Words("须写明在哪里办理", "it names no place of its side")
    if entry.mark is Mark.NONE and entry.at:
        yield Words("不入系统的没有办理之处", "what is not software has no place")


def _keys(packs: Collection[Pack]) -> set[str]:
    return {*HEADER_KEYS, *(key for pack in packs for key, dated in pack.dated.items() if dated)}


def _cited(packs: Collection[Pack], short: str) -> Iterator[tuple[str, str]]:
    """Yield key and article of every rule that rests on the text, its first day and term too."""
    for pack in packs:
        for key, dated in pack.dated.items():
            yield from (
                (key, rule.article) for _, rule in dated if rule and _of(rule.article, short)
            )
        for one in pack.instruments:
            if _of(one.article, short):
                yield "instrument.starts", one.article
                if one.ends:
                    yield "instrument.term", one.article


def _of(article: str, short: str) -> bool:
    return article.startswith(f"{short} ")


def _typed(path: Path, kind: type[T]) -> T:
    file = f"law/{path.name}"
    try:
        data = path.read_bytes()
    except OSError as wrong:
        raise bad_rule(file, "", f"无法读取：{wrong}", f"cannot be read: {wrong}") from wrong
    table = toml(file, data)
    try:
        return codec.decode_exactly(codec.encode(table), kind)
    except BadInput as wrong:
        raise bad_rule(file, wrong.field, wrong.reason.zh, wrong.reason.en) from wrong
