"""Our claim beside the agency's audit: differences, deductions, objections, money, age."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.errors import Conflict
from edge.core.reconciliation import (
    Advanced,
    Answer,
    AuditedItem,
    Band,
    Compared,
    Contradiction,
    Deduction,
    DeductionClass,
    Found,
    Match,
    Objection,
    Payment,
    PaymentMatch,
    ageing,
    balance,
    contradiction,
    deducted_by_settlement,
    objection_until,
    reconciled,
    recovered,
    require_confirmable,
    require_objectable,
    standing_fen,
)
from tests.core.test_claim import item

NOW = datetime(2026, 12, 20, 2, 0, tzinfo=UTC)


def deduction(name: str, settlement: str, amount_fen: int = 100) -> Deduction:
    """Return a deduction from one line."""
    return Deduction(
        id=name,
        settlement=settlement,
        line="1",
        amount_fen=amount_fen,
        kind=DeductionClass.CLINICAL_ROUTINE,
        reason="超出诊疗常规",
        article="津 第二十四条",
        points=2,
    )


def audited(settlement: str, fund_fen: int = 1000, *deductions: Deduction) -> AuditedItem:
    """Return an audited item whose sums add up."""
    approved = fund_fen - sum(one.amount_fen for one in deductions)
    return AuditedItem(
        settlement=settlement, fund_fen=fund_fen, approved_fen=approved, deductions=deductions
    )


def objection(name: str, lifted_fen: int | None = None) -> Objection:
    """Return an objection to the deduction of this name, answered if an amount is given."""
    answer = (
        None
        if lifted_fen is None
        else Answer(lifted_fen=lifted_fen, text="部分采纳", article="", answered_at=NOW)
    )
    return Objection(
        id=f"o-{name}",
        deduction=name,
        text="病历已载明",
        operator="财务",
        made_at=NOW,
        answer=answer,
    )


def paid(amount_fen: int) -> Payment:
    """Return a payment."""
    return Payment(id="p", amount_fen=amount_fen, paid_on=date(2026, 12, 28), reference="单据1")


def test_both_sides_agree_item_by_item() -> None:
    found = reconciled([item("a"), item("b", 5)], [audited("b", 5), audited("a")])
    assert found.agreed
    assert found.totals_agree
    assert {row.match for row in found.rows} == {Match.AGREED}


def test_each_difference_is_named_once() -> None:
    found = reconciled(
        [item("same"), item("ours"), item("other", 7)],
        [audited("same"), audited("other", 8), audited("theirs", 3)],
    )
    assert not found.totals_agree
    assert found.differences == (
        Compared(settlement="ours", match=Match.MISSING_THERE, ours_fen=1000, theirs_fen=None),
        Compared(settlement="other", match=Match.DIFFERS, ours_fen=7, theirs_fen=8),
        Compared(settlement="theirs", match=Match.MISSING_HERE, ours_fen=None, theirs_fen=3),
    )


def test_equal_totals_do_not_hide_two_errors() -> None:
    found = reconciled([item("a", 5), item("b", 7)], [audited("a", 7), audited("b", 5)])
    assert found.totals_agree
    assert not found.agreed
    assert len(found.differences) == 2


@given(
    ours=st.dictionaries(st.sampled_from("abcdef"), st.integers(-9, 9)),
    theirs=st.dictionaries(st.sampled_from("abcdef"), st.integers(-9, 9)),
)
def test_every_item_of_either_side_is_in_one_row(
    ours: dict[str, int], theirs: dict[str, int]
) -> None:
    found = reconciled(
        [item(name, fen) for name, fen in ours.items()],
        [audited(name, fen) for name, fen in theirs.items()],
    )
    assert sorted(row.settlement for row in found.rows) == sorted({*ours, *theirs})
    assert found.agreed == (ours == theirs)
    assert sum(row.ours_fen or 0 for row in found.rows) == found.ours.fund_fen
    assert sum(row.theirs_fen or 0 for row in found.rows) == found.theirs_fen


def test_an_audit_that_does_not_add_up_is_not_believed() -> None:
    good = audited("a", 1000, deduction("d", "a"))
    assert contradiction([good, audited("b")]) is None
    assert contradiction([audited("c", 1000, deduction("K", "c", 1))]) is None
    wrong = {
        "approved_fen": AuditedItem(settlement="a", fund_fen=1000, approved_fen=999),
        "amount_fen": audited("a", 1000, deduction("d", "a", 0)),
        "deductions": audited("a", 1000, deduction("d", "b")),
    }
    for what, one in wrong.items():
        assert contradiction([one]) == Contradiction("a", what)
    assert contradiction([good, good]) == Contradiction("a", "settlement")


def test_a_deduction_stands_until_the_agency_lifts_it() -> None:
    one = deduction("d", "a", 100)
    assert standing_fen(one, None) == 100
    assert standing_fen(one, objection("d")) == 100
    assert standing_fen(one, objection("d", 30)) == 70
    item_ = audited("a", 1000, one, deduction("e", "a", 5))
    assert deducted_by_settlement([item_], [objection("d", 100)]) == {"a": 5}


def test_a_months_money_is_claimed_less_deducted_less_paid() -> None:
    items = [item("a"), item("b")]
    theirs = [audited("a", 1000, deduction("d", "a", 100)), audited("b")]
    found = balance(items, theirs, [objection("d", 40)], [paid(900), paid(40)])
    assert (found.claimed_fen, found.deducted_fen, found.due_fen) == (2000, 60, 1940)
    assert (found.paid_fen, found.open_fen, found.match) == (940, 1000, PaymentMatch.PART)


def test_what_only_the_agency_has_is_not_due() -> None:
    assert balance([item("a")], [audited("a"), audited("x")], [], []).due_fen == 1000


@pytest.mark.parametrize(
    ("amount_fen", "match"),
    [
        (0, PaymentMatch.NOTHING),
        (1, PaymentMatch.PART),
        (1000, PaymentMatch.MATCHED),
        (1001, PaymentMatch.OVER),
    ],
)
def test_a_payment_is_matched(amount_fen: int, match: PaymentMatch) -> None:
    assert balance([item("a")], [audited("a")], [], [paid(amount_fen)]).match is match


def test_money_is_spread_over_settlements_in_order_and_debts_count_first() -> None:
    due = {"a": 100, "undone": -40, "b": 50}
    assert recovered(due, 110) == {"a": 100, "undone": -40, "b": 50}
    assert recovered(due, 70) == {"a": 100, "undone": -40, "b": 10}
    assert recovered(due, 0) == {"a": 40, "undone": -40, "b": 0}
    assert recovered({"a": 100}, 500) == {"a": 100}


@given(
    due=st.dictionaries(st.sampled_from("abcdef"), st.integers(-50, 50)),
    paid_fen=st.integers(0, 400),
)
def test_no_settlement_gets_back_more_than_its_due(due: dict[str, int], paid_fen: int) -> None:
    got = recovered(due, paid_fen)
    assert got.keys() == due.keys()
    assert all(got[name] <= max(fen, 0) for name, fen in due.items() if fen >= 0)
    room = sum(fen for fen in due.values() if fen > 0)
    debts = sum(fen for fen in due.values() if fen < 0)
    assert sum(got.values()) == min(paid_fen, room + debts)


def test_what_is_outstanding_is_sorted_by_age() -> None:
    on = date(2026, 12, 31)
    days = {"new": 0, "thirty": 30, "next": 31, "sixty": 60, "ninety": 90, "old": 91}
    advanced = [
        Advanced(
            settlement=name,
            settled_on=date.fromordinal(on.toordinal() - age),
            insured_region="110000",
            fund_fen=10,
        )
        for name, age in days.items()
    ]
    back = Advanced(
        settlement="back",
        settled_on=on,
        insured_region="110000",
        fund_fen=10,
        deducted_fen=4,
        recovered_fen=6,
    )
    assert ageing([*advanced, back], on) == (
        Band(from_days=0, to_days=30, count=2, outstanding_fen=20),
        Band(from_days=31, to_days=60, count=2, outstanding_fen=20),
        Band(from_days=61, to_days=90, count=1, outstanding_fen=10),
        Band(from_days=91, to_days=None, count=1, outstanding_fen=10),
    )


def test_a_settlement_dated_ahead_is_in_the_first_band() -> None:
    ahead = Advanced(
        settlement="a", settled_on=date(2027, 1, 1), insured_region="110000", fund_fen=10
    )
    assert ageing([ahead], date(2026, 12, 31))[0].count == 1


def test_no_instrument_gives_a_term_for_objections() -> None:
    assert objection_until(NOW, None) is None
    assert objection_until(NOW, 15) == date(2027, 1, 4)


def test_an_objection_is_made_once_and_within_the_sites_term() -> None:
    require_objectable(None, until=None, now=NOW)
    require_objectable(None, until=date(2026, 12, 20), now=NOW)
    with pytest.raises(Conflict, match="OBJECTION_TOO_LATE"):
        require_objectable(None, until=date(2026, 12, 19), now=NOW)
    with pytest.raises(Conflict, match="OBJECTION_MADE"):
        require_objectable(objection("d"), until=None, now=NOW)


def test_only_what_was_seen_is_confirmed_and_differences_need_a_note() -> None:
    same = reconciled([item("a")], [audited("a")])
    other = reconciled([item("a")], [audited("a", 999)])
    require_confirmable(Found(1000), 1000, same)
    require_confirmable(Found(999, "已电话核对"), 999, other)
    with pytest.raises(Conflict, match="CLAIM_CHANGED"):
        require_confirmable(Found(999), 1000, same)
    with pytest.raises(Conflict, match="DIFFERENCES_UNEXPLAINED"):
        require_confirmable(Found(999, "  "), 999, other)
