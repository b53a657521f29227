"""What was shown is what is settled, or it is told what is not so any more."""

import pytest

from edge.core.changes import Change
from edge.core.settlement import Blocked, Terms, blocked_by, held_to_preview, paid_twice
from edge.core.verification import Decision
from tests.core.test_settlement import ON_LIST, verdict

DEARER = Change(what="lines.1.fund_fen", before=900, after=800)
OTHERWISE = blocked_by((verdict(Decision.REFUSE).reasons[0],))


def held(
    terms: Terms | Blocked | None, *changes: Change, was: Decision, now: Decision
) -> Terms | Blocked:
    assert terms is not None
    return held_to_preview(terms, changes, was=was, verdict=verdict(now))


def test_what_is_as_it_was_shown_settles() -> None:
    assert held(ON_LIST, was=Decision.DIRECT, now=Decision.DIRECT) == ON_LIST


def test_a_bill_that_changed_stops_what_would_settle_and_says_the_change() -> None:
    outcome = held(ON_LIST, DEARER, was=Decision.DIRECT, now=Decision.DIRECT)
    assert isinstance(outcome, Blocked)
    assert [block.code for block in outcome.blocks] == ["PREVIEW_CHANGED"]
    assert outcome.changes == (DEARER,)


@pytest.mark.parametrize("now", [Decision.HOLD, Decision.REFUSE, Decision.MANUAL])
def test_a_verdict_that_turned_is_told_beside_what_is_in_the_way(now: Decision) -> None:
    outcome = held(OTHERWISE, was=Decision.DIRECT, now=now)
    assert isinstance(outcome, Blocked)
    assert [block.code for block in outcome.blocks] == ["VERIFIED_ONLINE"]
    turned = Change(what="verdict.decision", before=Decision.DIRECT, after=now)
    assert outcome.changes == (turned,)
    both = held(OTHERWISE, DEARER, was=Decision.DIRECT, now=now)
    assert isinstance(both, Blocked)
    assert [block.code for block in both.blocks] == ["PREVIEW_CHANGED", "VERIFIED_ONLINE"]
    assert both.changes == (DEARER, turned)


def test_a_verdict_as_it_was_is_no_change() -> None:
    outcome = held(OTHERWISE, was=Decision.HOLD, now=Decision.HOLD)
    assert isinstance(outcome, Blocked)
    assert outcome.changes == ()


def test_what_is_paid_by_hand_is_never_settled_here_and_says_which_of_the_two() -> None:
    paid, asked = (paid_twice(reimbursed=paid).blocks[0] for paid in (True, False))
    assert (paid.code, asked.code) == ("REIMBURSED_BY_HAND", "REIMBURSEMENT_ASKED")
    assert paid.next_action.zh
    assert asked.next_action.zh
