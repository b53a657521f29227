"""A day's money added up by clerk and in all, as the day-end sheet shows it. Reads no ledger."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

SETTLED = ("stay.settled", "fitting.settled")
REVERSED = ("settlement.reversed",)
HANDED_TO_MANUAL = ("stay.handed_to_manual", "fitting.handed_to_manual")

KINDS = (*SETTLED, *REVERSED, *HANDED_TO_MANUAL)
"""The acts of a day that move money, as the ledger names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """How many and how much, in fen; fund + personal = total."""

    count: int = 0
    total_fen: int = 0
    fund_fen: int = 0
    personal_fen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyAct:
    """One act of the day; ``late`` is a settlement after its 48 hours."""

    kind: str
    clerk: str
    total_fen: int = 0
    fund_fen: int = 0
    personal_fen: int = 0
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClerkDay:
    """What one clerk did, or all of them together (``clerk`` is empty then).

    ``reversed`` is what was undone that day, whenever it was settled.
    """

    clerk: str
    settled: Money = Money()
    reversed: Money = Money()
    handed_to_manual: int = 0
    settled_late: int = 0


def by_clerk(acts: Iterable[MoneyAct]) -> tuple[ClerkDay, ...]:
    """Add up by clerk, in the order of their names."""
    days: dict[str, ClerkDay] = {}
    for act in acts:
        days[act.clerk] = _with(days.get(act.clerk, ClerkDay(clerk=act.clerk)), act)
    return tuple(days[clerk] for clerk in sorted(days))


def in_all(acts: Iterable[MoneyAct]) -> ClerkDay:
    """Add up everybody's acts."""
    day = ClerkDay(clerk="")
    for act in acts:
        day = _with(day, act)
    return day


def _with(day: ClerkDay, act: MoneyAct) -> ClerkDay:
    if act.kind in SETTLED:
        late = day.settled_late + act.late
        return replace(day, settled=_plus(day.settled, act), settled_late=late)
    if act.kind in REVERSED:
        return replace(day, reversed=_plus(day.reversed, act))
    return replace(day, handed_to_manual=day.handed_to_manual + 1)


def _plus(money: Money, act: MoneyAct) -> Money:
    return Money(
        count=money.count + 1,
        total_fen=money.total_fen + act.total_fen,
        fund_fen=money.fund_fen + act.fund_fen,
        personal_fen=money.personal_fen + act.personal_fen,
    )
