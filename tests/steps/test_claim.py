"""The monthly claim: once, of what stands, re-verified where it rests on the list."""

from dataclasses import replace

import pytest

from edge.claiming import claim_now, draft_now
from edge.core.claim import ClaimState, Hold, ItemKind, month_after
from edge.core.errors import BadInput, Conflict, NotFound
from edge.core.verification import Basis, Decision
from edge.steps.bring_back import confirm
from edge.steps.bring_back import withdraw as never_typed
from edge.steps.claim import (
    Reverified,
    decide_disagreement,
    disagreement,
    reverify,
    submit,
    withdraw,
)
from edge.store.entry_sheets import sheets_of
from edge.store.operators import Role
from edge.store.settlements import Settlement
from sync.envelope import Kind, open_signed
from sync.errors import Reason
from sync.outcome import NeedsPerson
from tests.steps.agency import (
    DECEMBER,
    FINANCE,
    NOVEMBER,
    Agency,
    claimed,
    delivered,
    settled,
    submission,
)
from tests.steps.colleagues import CLERK, SECOND, hire, reversed_by_both, staffed
from tests.steps.colleagues import settled as settled_case
from tests.steps.conftest import FACTS, Ground
from tests.steps.fittings import fitted, fitting_ground


def holds(ground: Ground) -> list[Hold | None]:
    return [one.hold for one in draft_now(ground.site.store.read(), NOVEMBER).held]


def on_the_list(ground: Ground, key: str = "key-1") -> Settlement:
    """Settle, and say that it rested on the list: as if the platform had been silent."""
    done = settled(ground, key)
    with ground.site.store.transaction() as db:
        db.execute("drop trigger settlement_says_the_same")
        db.execute("update settlements set basis = 'list' where id = ?", [done.id])
    delivered(ground)
    return replace(done, basis=Basis.LIST)


def test_a_months_claim_is_sent_with_every_settlement_and_its_sums(ground: Ground) -> None:
    first, second = settled(ground, "a"), settled(ground, "b")
    claim = claimed(ground)
    sent = open_signed(
        ground.platform.received[claim.id], {ground.site.public_key.kid: ground.site.public_key}
    )
    body = sent.body.decode()
    assert sent.kind is Kind.CLAIM
    assert (claim.item_count, claim.fund_fen) == (2, 2000)
    assert f'"message":"{first.message_id}"' in body
    assert second.id in body
    assert '"by_region":{"110000":2000}' in body
    now = claim_now(ground.site, ground.site.store.read(), NOVEMBER)
    assert now.state is ClaimState.CLAIMED
    assert ground.site.ledger.verify(ground.site.store.read()) is None


def test_a_month_that_goes_on_is_not_claimed(ground: Ground) -> None:
    settled(ground)
    delivered(ground)
    with pytest.raises(Conflict, match="CLAIM_MONTH_OPEN"):
        submit(ground.site, submission(ground), FINANCE)


def test_what_the_platform_has_not_acknowledged_stays_behind(ground: Ground) -> None:
    settled(ground)
    assert holds(ground) == [Hold.NOT_DELIVERED]
    ground.clock.now = DECEMBER
    with pytest.raises(Conflict, match="CLAIM_EMPTY"):
        submit(ground.site, submission(ground), FINANCE)
    assert ground.count("claims") == 0


def test_what_is_typed_by_hand_is_claimed_by_its_confirmation_number(ground: Ground) -> None:
    shop = fitting_ground(ground)
    done = settled_case(shop, fitted(shop).ref)
    assert holds(shop) == [Hold.NOT_TYPED]
    [sheet] = sheets_of(shop.site.store.read(), shop.site.vault, done.case.id)
    confirm(shop.site, sheet.id, "QG-1", FINANCE)
    [item] = draft_now(shop.site.store.read(), NOVEMBER).items
    assert (item.settlement, item.message_id, item.confirmation) == (done.id, None, "QG-1")
    claim = claimed(shop)
    body = open_signed(
        shop.platform.received[claim.id], {shop.site.public_key.kid: shop.site.public_key}
    ).body.decode()
    assert '"confirmation":"QG-1"' in body
    assert f'"fund_fen":{done.fund_fen}' in body
    now = claim_now(shop.site, shop.site.store.read(), NOVEMBER)
    assert now.items == (item,)
    hire(shop, CLERK, Role.FITTING)
    hire(shop, SECOND, Role.FINANCE)
    reversed_by_both(shop, done.id)
    Agency(shop).audited(claim, done)
    [taken] = draft_now(shop.site.store.read(), month_after(NOVEMBER)).items
    assert (taken.kind, taken.confirmation) == (ItemKind.CORRECTION, "QG-1")
    assert taken.fund_fen == -done.fund_fen


def test_a_sheet_that_was_withdrawn_leaves_nothing_to_claim(ground: Ground) -> None:
    shop = fitting_ground(ground)
    done = settled_case(shop, fitted(shop).ref)
    [sheet] = sheets_of(shop.site.store.read(), shop.site.vault, done.case.id)
    never_typed(shop.site, sheet.id, "未录入", FINANCE)
    assert holds(shop) == [Hold.NOT_TYPED]


def test_the_same_press_is_one_claim_and_another_is_refused(ground: Ground) -> None:
    settled(ground)
    claim = claimed(ground)
    assert (
        submit(ground.site, replace(submission(ground), count=1, fund_fen=1000), FINANCE) == claim
    )
    with pytest.raises(Conflict, match="CLAIM_SENT"):
        submit(ground.site, submission(ground, key="another"), FINANCE)
    with pytest.raises(Conflict, match="IDEMPOTENCY_KEY_REUSED"):
        submit(ground.site, submission(ground, month_after(NOVEMBER)), FINANCE)
    with pytest.raises(BadInput, match="IDEMPOTENCY_KEY"):
        submit(ground.site, submission(ground, key=""), FINANCE)
    assert ground.count("claims") == 1


def test_only_what_was_seen_is_sent(ground: Ground) -> None:
    settled(ground)
    delivered(ground)
    ground.clock.now = DECEMBER
    with pytest.raises(Conflict, match="CLAIM_CHANGED"):
        submit(ground.site, replace(submission(ground), fund_fen=999), FINANCE)


def test_a_reversed_settlement_is_not_claimed(ground: Ground) -> None:
    done = settled(ground)
    delivered(ground)
    reversed_by_both(staffed(ground), done.id)
    delivered(ground)
    assert draft_now(ground.site.store.read(), NOVEMBER).items == ()


def test_a_settlement_reversed_after_its_claim_is_taken_back_in_a_later_month(
    ground: Ground,
) -> None:
    done = settled(ground)
    claim = claimed(ground)
    reversed_by_both(staffed(ground), done.id)
    december = month_after(NOVEMBER)
    db = ground.site.store.read()
    assert [one.hold for one in draft_now(db, december).held] == [Hold.ORIGINAL_NOT_AUDITED]
    Agency(ground).audited(claim, done, deduct_fen=300)
    [item] = draft_now(db, december).items
    assert (item.kind, item.fund_fen, item.total_fen) == (ItemKind.CORRECTION, -700, -1200)
    ground.clock.pass_time(days=40)
    taken = submit(ground.site, submission(ground, december, "december"), FINANCE)
    assert taken.fund_fen == -700
    assert draft_now(db, december).items == ()


def test_a_refused_claim_is_withdrawn_with_a_note_and_made_anew(ground: Ground) -> None:
    done = settled(ground)
    delivered(ground)
    ground.clock.now = DECEMBER
    claim = submit(ground.site, submission(ground), FINANCE)
    with pytest.raises(Conflict, match="CLAIM_NOT_REFUSED"):
        withdraw(ground.site, NOVEMBER, "申请内容有误", FINANCE)
    refuse(ground, claim.id)
    withdraw(ground.site, NOVEMBER, "申请内容有误", FINANCE)
    assert claim_now(ground.site, ground.site.store.read(), NOVEMBER).state is ClaimState.OPEN
    again = submit(ground.site, submission(ground, key="again"), FINANCE)
    assert (again.item_count, again.fund_fen) == (1, done.fund_fen)
    assert ground.count("claims") == 2


def refuse(ground: Ground, message: str) -> None:
    """Let the platform refuse a message."""
    why = Reason(code="X", text="", text_en="", next_action="", next_action_en="")
    with ground.site.store.transaction() as db:
        assert [one.id for one in ground.site.outbox.claim_due(db, ground.clock(), 1)] == [message]
        ground.site.outbox.record(db, message, NeedsPerson(reason=why), ground.clock())


def test_what_rests_on_the_list_is_asked_about_again_before_it_is_claimed(ground: Ground) -> None:
    on_the_list(ground)
    assert holds(ground) == [Hold.NOT_REVERIFIED]
    assert reverify(ground.site, NOVEMBER, FINANCE) == Reverified(agree=1)
    assert reverify(ground.site, NOVEMBER, FINANCE) == Reverified()
    assert holds(ground) == []
    assert claimed(ground).item_count == 1


def test_without_an_answer_on_line_it_waits(ground: Ground) -> None:
    on_the_list(ground)
    ground.platform.down = True
    assert reverify(ground.site, NOVEMBER, FINANCE) == Reverified(unanswered=1)
    assert holds(ground) == [Hold.NOT_REVERIFIED]
    ground.platform.down = False
    assert reverify(ground.site, NOVEMBER, FINANCE) == Reverified(agree=1)


def disagreeing(ground: Ground) -> Settlement:
    done = on_the_list(ground)
    ground.platform.facts = {**FACTS, "worker": {**FACTS["worker"], "suspended": True}}
    assert reverify(ground.site, NOVEMBER, FINANCE) == Reverified(disagree=1)
    return done


def test_a_disagreement_is_a_task_with_both_answers(ground: Ground) -> None:
    done = disagreeing(ground)
    assert holds(ground) == [Hold.DISAGREES]
    found = disagreement(ground.site, ground.site.store.read(), done.id)
    assert found.then.verdict.decision is Decision.DIRECT
    assert found.now.verdict.decision is Decision.MANUAL
    assert [reason.code for reason in found.now.verdict.reasons][:1] == ["WORKER_SUSPENDED"]


@pytest.mark.parametrize(("decision", "left"), [("claim", []), ("leave_out", [Hold.LEFT_OUT])])
def test_a_person_decides_once_and_says_why(
    ground: Ground, decision: str, left: list[Hold]
) -> None:
    done = disagreeing(ground)
    with pytest.raises(BadInput, match="NOTE_NEEDED"):
        decide_disagreement(ground.site, done.id, decision, " ", FINANCE)  # type: ignore[arg-type]
    found = decide_disagreement(ground.site, done.id, decision, "已电话核实", FINANCE)  # type: ignore[arg-type]
    assert (found.said.decision, found.said.decided_by, found.said.note) == (
        decision,
        FINANCE,
        "已电话核实",
    )
    assert holds(ground) == left
    with pytest.raises(Conflict, match="DISAGREEMENT_DECIDED"):
        decide_disagreement(ground.site, done.id, "claim", "再次", FINANCE)


def test_there_is_no_disagreement_where_both_say_the_same(ground: Ground) -> None:
    done = on_the_list(ground)
    reverify(ground.site, NOVEMBER, FINANCE)
    with pytest.raises(NotFound, match="NO_DISAGREEMENT"):
        disagreement(ground.site, ground.site.store.read(), done.id)


def test_a_claim_once_made_cannot_be_altered_or_shortened(ground: Ground) -> None:
    settled(ground)
    claimed(ground)
    for sql in (
        "delete from claims",
        "update claims set fund_fen = 1",
        "delete from claim_items",
        "update claim_items set fund_fen = 1",
    ):
        with pytest.raises(Exception, match=r"never"), ground.site.store.transaction() as db:
            db.execute(sql)
