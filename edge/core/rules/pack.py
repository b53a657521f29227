"""A region's pack, the rules in it, and the book that tells which pack governs.

Knows no key by name but those of geography: who asks for a rule says which.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from edge.core.dates import Period
from edge.core.errors import BadRule, Words
from edge.core.rules.keys import KEYS

NATIONAL = "000000"
"""The region of the pack that governs where no other does."""

SILENT = "法无明文"
"""The article of a rule about which the region's instrument says nothing."""

CUSTOMER = "客户规则"
"""The article of a rule that the customer set."""

_AREAS_MAX = 256  # kept; there are 34 regions, and a caller may name what is none

Value = bool | int | str | tuple[str, ...] | Period


class Scope(StrEnum):
    """Whether the worker crosses a provincial border."""

    CROSS_PROVINCE = "cross_province"
    INTRA_PROVINCE = "intra_province"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One value of one key, in force from ``since``, with the article it rests on.

    ``title`` is the instrument's; ``article`` is written 津 第十五条, or is SILENT or CUSTOMER.
    """

    key: str
    value: Value
    article: str
    title: str
    since: date

    @property
    def words(self) -> tuple[str, ...]:
        """The value of a key that holds several words or codes; else empty."""
        return self.value if isinstance(self.value, tuple) else ()

    @property
    def period(self) -> Period | None:
        """The value as a length; None where it is none (``open``, ``as_filed``)."""
        return self.value if isinstance(self.value, Period) else None

    @property
    def count(self) -> int:
        """The value of a key that counts; else 0."""
        return self.value if isinstance(self.value, int) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A published text: its short name, title, first day and stated last day, if any.

    ``article`` is where the first day and the term are stated.
    """

    short: str
    title: str
    starts: date
    article: str
    ends: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The rules of one region for one scope. ``sha256`` is that of the file they came from.

    ``starts`` is the first day of the first instrument. ``dated`` holds, newest first, the day
    from which each value (or its end, None) counts. ``place`` is its folder's name.
    """

    place: str
    region: str
    name: str
    version: str
    sha256: str
    scope: Scope
    instruments: tuple[Instrument, ...]
    dated: Mapping[str, tuple[tuple[date, Rule | None], ...]]
    starts: date
    # Looked up at every desk, every time: what is in force is gathered once a span of days.
    _changes: list[date] = field(default_factory=list, init=False, repr=False, compare=False)
    _spans: dict[int, Mapping[str, Rule]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        self._changes.extend(sorted({day for dated in self.dated.values() for day, _ in dated}))

    def span(self, on: date) -> int:
        """Return which of the spans of days between two changes of the pack that day lies in."""
        return bisect_right(self._changes, on)

    def in_force(self, on: date) -> Mapping[str, Rule]:
        """Return every rule in force on that day, by key."""
        span = self.span(on)
        found = self._spans.get(span)
        if found is None:
            each = ((key, self.rule(key, on=on)) for key in self.dated)
            found = self._spans[span] = {key: rule for key, rule in each if rule}
        return found

    def rule(self, key: str, *, on: date) -> Rule | None:
        """Return what ``key`` says on that day; None: not covered, not yet, or ceased.

        Raises:
            KeyError: no pack can hold such a key.
        """
        for since, rule in self.dated.get(key, ()):
            if since <= on:
                return rule
        if key not in KEYS:
            raise KeyError(key)
        return None

    def needed(self, key: str, *, on: date) -> Rule:
        """Return the rule of a required key, which the loader has seen in every pack.

        Raises:
            BadRule: RULE_MISSING.
        """
        rule = self.rule(key, on=on)
        if rule is None:
            raise BadRule(
                "RULE_MISSING",
                Words(f"{self.name}规则包在 {on} 没有此规则", f"no such rule on {on}"),
                Words("补充该规则后运行 edge packs check", "add it and run edge packs check"),
                field=f"{self.region}: {key}",
            )
        return rule

    def article(self, key: str, *, on: date) -> str:
        """Return the article of ``key``, or SILENT where the pack does not cover it."""
        rule = self.rule(key, on=on)
        return rule.article if rule else SILENT

    def term_passed(self, on: date) -> bool:
        """Tell whether every instrument that has begun by then has passed its stated term."""
        for one in self.instruments:
            if one.starts <= on and (one.ends is None or on <= one.ends):
                return False
        return self.starts <= on


@dataclass(frozen=True, slots=True)
class Area:
    """How a region's places are told apart, and the article that says so."""

    whole_region: bool
    own_areas: tuple[str, ...]
    article: str

    def same(self, one: str, other: str) -> bool:
        """Tell whether two codes lie in one local area.

        A region that is one city: the same province digits. Elsewhere the same city, the first
        four digits, unless a code is an area of its own. A province's code is no city.
        """
        if self.whole_region:
            return one[:2] == other[:2]
        if one.endswith("0000") or other.endswith("0000"):
            return False
        if one in self.own_areas or other in self.own_areas:
            return one == other
        return one[:4] == other[:4]


class Rulebook:
    """All packs, by region and scope. Immutable after construction.

    ``strict_terms`` leaves a pack once its stated term has passed; otherwise it still applies.
    """

    __slots__ = ("_areas", "_by_region", "_by_scope", "packs", "strict_terms")

    def __init__(self, packs: Iterable[Pack], *, strict_terms: bool = False) -> None:
        known = tuple(packs)
        self._areas: dict[tuple[str, str, int, int], Area] = {}
        self._by_scope = {
            scope: {pack.region: pack for pack in known if pack.scope is scope} for scope in Scope
        }
        self._by_region = {pack.region: pack for pack in known}
        both = [pack for packs in self._by_scope.values() for pack in packs.values()]
        self.packs = tuple(sorted(both, key=lambda pack: (pack.region, pack.scope)))
        """Every pack, by region and scope."""
        self.strict_terms = strict_terms

    def governing(self, region: str, *, on: date, cross_province: bool) -> Pack:
        """Return the region's pack, or ``national`` where it does not cover this scope or day."""
        packs = self._by_scope[Scope.CROSS_PROVINCE if cross_province else Scope.INTRA_PROVINCE]
        pack = packs.get(region)
        return pack if pack and self._in_force(pack, on) else packs[NATIONAL]

    def area(self, region: str, *, on: date) -> Area:
        """Return the geography of a region, whose pack is asked whatever its scope."""
        national = self._by_region[NATIONAL]
        own = self._by_region.get(region)
        pack = own if own and self._in_force(own, on) else national
        place = region, pack.region, pack.span(on), national.span(on)
        known = self._areas.get(place)
        if known:
            return known
        kind = pack.needed("local.area", on=on)
        area = Area(
            kind.value == "region" or region in _codes(national, "local.municipalities", on),
            _codes(pack, "local.own_areas", on),
            kind.article,
        )
        if len(self._areas) < _AREAS_MAX:
            self._areas[place] = area
        return area

    def _in_force(self, pack: Pack, on: date) -> bool:
        return pack.starts <= on and not (self.strict_terms and pack.term_passed(on))


def _codes(pack: Pack, key: str, on: date) -> tuple[str, ...]:
    rule = pack.rule(key, on=on)
    return rule.words if rule else ()
