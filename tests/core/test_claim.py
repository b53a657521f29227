"""The monthly claim: what is in it, what stays behind, and the state that follows."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from edge.core.claim import (
    Candidate,
    ClaimState,
    Hold,
    Item,
    ItemKind,
    Month,
    Progress,
    Sum,
    by_region,
    by_service,
    draft,
    is_paid,
    month_after,
    month_of,
    read_month,
    require_claim_state,
    require_over,
    require_seen,
    state_of,
    summed,
)
from edge.core.errors import BadInput, Conflict
from edge.core.verification import Service

NOVEMBER = Month(date(2026, 11, 1))


def item(name: str, fund_fen: int = 1000, **other: object) -> Item:
    """Return a settlement of November; ``other`` replaces its fields."""
    fields: dict[str, object] = {
        "settlement": name,
        "kind": ItemKind.SETTLEMENT,
        "stay": f"stay-{name}",
        "hospital_number": f"ZY-{name}",
        "service": Service.INPATIENT_MEDICAL,
        "insured_region": "110000",
        "settled_on": date(2026, 11, 20),
        "total_fen": fund_fen + 200,
        "fund_fen": fund_fen,
        "message_id": f"m-{name}",
    }
    return Item(**{**fields, **other})  # type: ignore[arg-type] # tests name real fields


def test_a_month_is_read_as_it_is_written() -> None:
    assert read_month("2026-11") == NOVEMBER
    assert str(NOVEMBER) == "2026-11"
    assert NOVEMBER.last == date(2026, 11, 30)
    assert read_month("2028-02").last == date(2028, 2, 29)
    assert month_after(read_month("2026-12")) == Month(date(2027, 1, 1))


@pytest.mark.parametrize("text", ["", "2026-13", "2026-1", "202611", "2026-11-01", "１２３４-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="CLAIM_MONTH"):
        read_month(text)


def test_a_month_is_the_one_of_shanghai() -> None:
    assert month_of(datetime(2026, 10, 31, 16, 0, tzinfo=UTC)) == NOVEMBER
    assert month_of(datetime(2026, 11, 30, 15, 59, tzinfo=UTC)) == NOVEMBER


def test_a_claim_has_the_months_settlements_and_what_earlier_months_left() -> None:
    left = item("left", settled_on=date(2026, 10, 31))
    late = item("late", settled_on=date(2026, 12, 1))
    last = item("last", settled_on=date(2026, 11, 30))
    made = draft(NOVEMBER, [Candidate(one) for one in (last, item("b"), late, left)])
    assert [one.settlement for one in made.items] == ["left", "b", "last"]
    assert (made.month, made.held) == (NOVEMBER, ())


def test_what_is_held_is_shown_and_not_claimed() -> None:
    held = Candidate(item("x"), Hold.NOT_DELIVERED)
    made = draft(NOVEMBER, [held, Candidate(item("a"))])
    assert [one.settlement for one in made.items] == ["a"]
    assert made.held == (held,)


def test_sums_are_exact_by_service_and_by_region() -> None:
    items = (
        item("a", 100),
        item("b", 25, service=Service.DEVICE, insured_region="510000"),
        item("c", -40, kind=ItemKind.CORRECTION),
    )
    assert summed(items) == Sum(count=3, total_fen=685, fund_fen=85)
    assert {key: one.fund_fen for key, one in by_service(items).items()} == {
        Service.INPATIENT_MEDICAL: 60,
        Service.DEVICE: 25,
    }
    assert {key: one.fund_fen for key, one in by_region(items).items()} == {
        "110000": 60,
        "510000": 25,
    }


def test_a_month_that_goes_on_is_not_claimed() -> None:
    with pytest.raises(Conflict, match="CLAIM_MONTH_OPEN"):
        require_over(NOVEMBER, datetime(2026, 11, 30, 15, 59, tzinfo=UTC))
    require_over(NOVEMBER, datetime(2026, 11, 30, 16, 0, tzinfo=UTC))


def test_only_what_was_seen_is_sent() -> None:
    made = draft(NOVEMBER, [Candidate(item("a"))])
    require_seen(made, count=1, fund_fen=1000)
    for count, fund_fen in ((2, 1000), (1, 999)):
        with pytest.raises(Conflict, match="CLAIM_CHANGED"):
            require_seen(made, count=count, fund_fen=fund_fen)
    with pytest.raises(Conflict, match="CLAIM_EMPTY"):
        require_seen(replace(made, items=()), count=0, fund_fen=0)


STATES = {
    ClaimState.OPEN: Progress(),
    ClaimState.CLAIMED: Progress(submitted=True),
    ClaimState.AUDITED: Progress(submitted=True, audited=True, due_fen=5, paid_fen=5),
    ClaimState.DISPUTED: Progress(submitted=True, audited=True, open_objections=1),
    ClaimState.AGREED: Progress(submitted=True, audited=True, confirmed=True, due_fen=5),
    ClaimState.PAID: Progress(submitted=True, audited=True, confirmed=True, due_fen=5, paid_fen=5),
}


@pytest.mark.parametrize("state", ClaimState)
def test_the_state_follows_from_what_happened(state: ClaimState) -> None:
    assert state_of(STATES[state]) is state


def test_part_of_the_money_is_not_paid() -> None:
    assert state_of(replace(STATES[ClaimState.PAID], paid_fen=4)) is ClaimState.AGREED


def test_a_month_that_owes_is_paid_when_the_debt_is_set_off() -> None:
    assert not is_paid(-100, 0)
    assert not is_paid(-100, -99)
    assert is_paid(-100, -100)
    assert is_paid(0, 0)
    assert is_paid(0, 1)
    assert not is_paid(0, -1)


def test_an_act_needs_its_state() -> None:
    require_claim_state(NOVEMBER, ClaimState.OPEN, ClaimState.OPEN)
    with pytest.raises(Conflict, match="CLAIM_STATE"):
        require_claim_state(NOVEMBER, ClaimState.PAID, ClaimState.OPEN, ClaimState.AUDITED)
