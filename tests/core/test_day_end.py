"""A day's money by clerk and in all: every act once, to the fen."""

from dataclasses import astuple

from hypothesis import given
from hypothesis import strategies as st

from edge.core.day_end import (
    HANDED_TO_MANUAL,
    KINDS,
    REVERSED,
    SETTLED,
    ClerkDay,
    Money,
    MoneyAct,
    by_clerk,
    in_all,
)

FEN = st.integers(0, 10**9)


@st.composite
def acts(draw: st.DrawFn) -> MoneyAct:
    fund, personal = draw(FEN), draw(FEN)
    return MoneyAct(
        kind=draw(st.sampled_from(KINDS)),
        clerk=draw(st.sampled_from("甲乙丙")),
        total_fen=fund + personal,
        fund_fen=fund,
        personal_fen=personal,
        late=draw(st.booleans()),
    )


def money(day: list[MoneyAct], kinds: tuple[str, ...]) -> Money:
    """Add up the obvious way."""
    of_kind = [act for act in day if act.kind in kinds]
    return Money(
        count=len(of_kind),
        total_fen=sum(act.total_fen for act in of_kind),
        fund_fen=sum(act.fund_fen for act in of_kind),
        personal_fen=sum(act.personal_fen for act in of_kind),
    )


def day_of(clerk: str, day: list[MoneyAct]) -> ClerkDay:
    return ClerkDay(
        clerk=clerk,
        settled=money(day, SETTLED),
        reversed=money(day, REVERSED),
        handed_to_manual=money(day, HANDED_TO_MANUAL).count,
        settled_late=sum(act.late for act in day if act.kind in SETTLED),
    )


@given(st.lists(acts(), max_size=30))
def test_each_clerk_and_all_together_come_to_the_sum_of_their_acts(day: list[MoneyAct]) -> None:
    assert in_all(day) == day_of("", day)
    clerks = sorted({act.clerk for act in day})
    assert by_clerk(day) == tuple(
        day_of(clerk, [act for act in day if act.clerk == clerk]) for clerk in clerks
    )


@given(st.lists(acts(), max_size=30))
def test_what_the_clerks_did_adds_up_to_the_day(day: list[MoneyAct]) -> None:
    settled = [astuple(one.settled) for one in by_clerk(day)]
    assert astuple(in_all(day).settled) == tuple(map(sum, zip(*settled, strict=True))) or not day


def test_a_day_without_acts_is_empty() -> None:
    assert by_clerk([]) == ()
    assert in_all([]) == ClerkDay(clerk="")
