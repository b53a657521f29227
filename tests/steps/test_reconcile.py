"""After the claim: the audit comes down, is objected to, answered, confirmed and paid."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from edge.claiming import claim_now
from edge.core.claim import ClaimState, Item, read_month
from edge.core.errors import BadInput, Conflict, NotFound
from edge.core.reconciliation import Found, Match, PaymentMatch
from edge.settings import Settings
from edge.site import Site
from edge.steps.claim import submit
from edge.steps.collect import apply_due, collect
from edge.steps.reconcile import Protest, confirm, object_to, receivables
from edge.store.announcements import announced, facility_standing, worker_suspended
from edge.store.claims import Claim
from edge.store.settlements import Settlement, load_settlement
from sync.dispatch import DispatchKind
from sync.errors import PlatformUnreachable
from sync.inbox import InboxState
from tests.steps.agency import (
    DECEMBER,
    FINANCE,
    NOVEMBER,
    Agency,
    claimed,
    deduction,
    delivered,
    settled,
    submission,
)
from tests.steps.colleagues import reversed_by_both, staffed
from tests.steps.conftest import PERSON, Ground


def state(ground: Ground) -> ClaimState:
    return claim_now(ground.site, ground.site.store.read(), NOVEMBER).state


def audited_month(ground: Ground, deduct_fen: int = 0) -> tuple[Claim, Settlement, Agency]:
    """Settle 10 yuan of the fund's, claim and audit it."""
    done, agency = settled(ground), Agency(ground)
    claim = claimed(ground)
    agency.audited(claim, done, deduct_fen=deduct_fen)
    return claim, done, agency


def protest(key: str = "o-key", name: str = "K-1") -> Protest:
    return Protest(month=NOVEMBER, deduction=name, text="病历已载明", key=key)


def paid(agency: Agency, amount_fen: int, name: str = "P-1") -> None:
    body = {
        "id": name,
        "month": "2026-11",
        "amount_fen": amount_fen,
        "paid_on": "2026-12-28",
        "reference": "拨付单1",
    }
    agency.say(DispatchKind.PAYMENT, body)


def test_a_month_goes_from_claim_to_money(ground: Ground) -> None:
    _, _, agency = audited_month(ground)
    assert state(ground) is ClaimState.AUDITED
    confirm(ground.site, NOVEMBER, Found(1000), FINANCE)
    assert state(ground) is ClaimState.AGREED
    paid(agency, 400)
    assert state(ground) is ClaimState.AGREED
    paid(agency, 600, "P-2")
    assert state(ground) is ClaimState.PAID
    assert ground.site.ledger.verify(ground.site.store.read()) is None


def test_a_deduction_is_shown_with_its_line_reason_article_and_points(ground: Ground) -> None:
    audited_month(ground, deduct_fen=300)
    now = claim_now(ground.site, ground.site.store.read(), NOVEMBER)
    [item] = now.audited
    [found] = item.deductions
    assert (found.line, found.amount_fen, found.reason, found.article, found.points) == (
        "1",
        300,
        "超出诊疗常规",
        "津 第二十四条",
        2,
    )
    assert (now.balance.due_fen, now.reconciliation and now.reconciliation.agreed) == (700, True)


def test_no_deduction_ever_becomes_the_workers(ground: Ground) -> None:
    _, done, agency = audited_month(ground, deduct_fen=300)
    objection = object_to(ground.site, protest(), FINANCE)
    agency.say(
        DispatchKind.OBJECTION_ANSWER,
        {"objection": objection.id, "lifted_fen": 0, "text": "维持", "article": ""},
    )
    confirm(ground.site, NOVEMBER, Found(700), FINANCE)
    paid(agency, 700)
    after = load_settlement(ground.site.store.read(), ground.site.vault, done.id)
    assert after == done
    assert state(ground) is ClaimState.PAID


def test_an_objection_and_its_answer_change_what_is_due(ground: Ground) -> None:
    _, _, agency = audited_month(ground, deduct_fen=300)
    objection = object_to(ground.site, protest(), FINANCE)
    assert state(ground) is ClaimState.DISPUTED
    with pytest.raises(Conflict, match="CLAIM_STATE"):
        confirm(ground.site, NOVEMBER, Found(700), FINANCE)
    answer = {"objection": objection.id, "lifted_fen": 100, "text": "部分采纳"}
    agency.say(DispatchKind.OBJECTION_ANSWER, answer)
    assert state(ground) is ClaimState.AUDITED
    assert confirm(ground.site, NOVEMBER, Found(800), FINANCE).approved_fen == 800
    assert confirm(ground.site, NOVEMBER, Found(1), FINANCE).approved_fen == 800  # asked again


def test_an_objection_is_made_once(ground: Ground) -> None:
    audited_month(ground, deduct_fen=300)
    first = object_to(ground.site, protest(), FINANCE)
    assert object_to(ground.site, protest(), FINANCE) == first
    with pytest.raises(Conflict, match="OBJECTION_MADE"):
        object_to(ground.site, protest(key="another"), FINANCE)
    with pytest.raises(Conflict, match="IDEMPOTENCY_KEY_REUSED"):
        object_to(ground.site, protest(name="K-2"), FINANCE)
    with pytest.raises(NotFound, match="UNKNOWN_DEDUCTION"):
        object_to(ground.site, protest(key="x", name="K-2"), FINANCE)
    with pytest.raises(BadInput, match="NOTE_NEEDED"):
        object_to(ground.site, Protest(month=NOVEMBER, deduction="K-1", text=" ", key="y"), FINANCE)


def test_a_site_may_set_a_term_for_objections(ground: Ground) -> None:
    audited_month(ground, deduct_fen=300)
    claims = ground.site.settings.claims.model_copy(update={"objection_days": 10})
    settings = ground.site.settings.model_copy(update={"claims": claims})
    ground.site = with_settings(ground.site, settings)
    ground.clock.pass_time(days=11)
    with pytest.raises(Conflict, match="OBJECTION_TOO_LATE"):
        object_to(ground.site, protest(), FINANCE)


def with_settings(site: Site, settings: Settings) -> Site:

    return replace(site, settings=settings)


def test_differences_are_named_and_need_a_note(ground: Ground) -> None:
    done, agency = settled(ground), Agency(ground)
    claim = claimed(ground)
    items = [{"settlement": "strange", "fund_fen": 5, "approved_fen": 5}]
    agency.say(DispatchKind.AUDIT_RESULT, {"claim": claim.id, "month": claim.month, "items": items})
    now = claim_now(ground.site, ground.site.store.read(), NOVEMBER)
    assert now.reconciliation
    assert {row.settlement: row.match for row in now.reconciliation.differences} == {
        done.id: Match.MISSING_THERE,
        "strange": Match.MISSING_HERE,
    }
    with pytest.raises(Conflict, match="DIFFERENCES_UNEXPLAINED"):
        confirm(ground.site, NOVEMBER, Found(0), FINANCE)
    confirm(ground.site, NOVEMBER, Found(0, "已电话核对，下月补"), FINANCE)


BAD_AUDITS: dict[str, dict[str, Any]] = {
    "UNKNOWN_CLAIM": {"claim": "nobody"},
    "AUDIT_CONTRADICTS": {"items": [{"settlement": "a", "fund_fen": 5, "approved_fen": 4}]},
    "BAD_FIELD": {"items": "none"},
}


@pytest.mark.parametrize("code", BAD_AUDITS)
def test_an_audit_that_cannot_be_applied_waits_and_writes_nothing(
    ground: Ground, code: str
) -> None:
    settled(ground)
    claim = claimed(ground)
    body = {"claim": claim.id, "month": claim.month, "items": [], **BAD_AUDITS[code]}
    done = Agency(ground).say(DispatchKind.AUDIT_RESULT, body)
    assert (done.new, done.applied, done.waiting) == (1, 0, 1)
    [shown] = ground.site.inbox.page(ground.site.store.read())
    assert (shown.state, shown.code) == (InboxState.WAITING, code)
    assert ground.count("audits") == 0
    assert state(ground) is ClaimState.CLAIMED


def test_what_waits_holds_up_only_its_own_month_and_is_tried_again(ground: Ground) -> None:
    done = settled(ground)
    delivered(ground)
    agency = Agency(ground)
    ground.clock.now = DECEMBER
    claim = submit(ground.site, submission(ground), FINANCE)
    agency.tell(DispatchKind.AUDIT_RESULT, {"claim": "late", "month": "2026-11", "items": []})
    agency.tell(
        DispatchKind.FACILITY_STANDING,
        {"direct": True, "suspended": True, "since": "2026-12-01T09:00:00+08:00"},
        order_key="facility",
    )
    agency.tell(DispatchKind.STATEMENT, statement_of(1000))
    assert collect(ground.site).applied == 1
    assert [one.state for one in ground.site.inbox.page(ground.site.store.read())] == [
        InboxState.RECEIVED,
        InboxState.APPLIED,
        InboxState.WAITING,
    ]
    with ground.site.store.transaction() as db:
        ground.site.inbox.set_aside(
            db, "d-1", note="发错机构", operator=FINANCE, now=ground.clock()
        )
    assert apply_due(ground.site) == (1, 0)
    agency.audited(claim, done)
    assert state(ground) is ClaimState.AUDITED


def statement_of(approved_fen: int) -> dict[str, Any]:
    return {
        "month": "2026-11",
        "count": 1,
        "claimed_fen": 1000,
        "deducted_fen": 1000 - approved_fen,
        "approved_fen": approved_fen,
    }


def test_each_dispatch_is_applied_once_however_often_it_is_collected(ground: Ground) -> None:
    _, _, agency = audited_month(ground)
    paid(agency, 1000)
    for _ in range(3):
        assert collect(ground.site).applied == 0
    assert ground.count("claim_payments") == 1
    assert state(ground) is ClaimState.AUDITED


def test_the_agencys_own_number_of_a_payment_counts_once(ground: Ground) -> None:
    _, _, agency = audited_month(ground)
    paid(agency, 1000)
    paid(agency, 1000)
    now = claim_now(ground.site, ground.site.store.read(), NOVEMBER)
    assert (now.balance.paid_fen, now.balance.match) == (1000, PaymentMatch.MATCHED)
    waiting = ground.site.inbox.page(ground.site.store.read(), state=InboxState.WAITING)
    assert [one.code for one in waiting] == ["PAYMENT_REPEATED"]


def test_a_second_audit_or_answer_does_not_take_the_firsts_place(ground: Ground) -> None:
    claim, done, agency = audited_month(ground, deduct_fen=300)
    objection = object_to(ground.site, protest(), FINANCE)
    for lifted, code in ((301, "ANSWER_CONTRADICTS"), (10, None)):
        name = agency.tell(
            DispatchKind.OBJECTION_ANSWER,
            {"objection": objection.id, "lifted_fen": lifted, "text": ""},
            order_key=f"o-{lifted}",
        )
        collect(ground.site)
        assert ground.site.inbox.get(ground.site.store.read(), name).code == code
    again = agency.tell(
        DispatchKind.OBJECTION_ANSWER,
        {"objection": objection.id, "lifted_fen": 20, "text": ""},
        order_key="again",
    )
    agency.audited(claim, done)
    collect(ground.site)
    waiting = ground.site.inbox.page(ground.site.store.read(), state=InboxState.WAITING)
    assert sorted(one.code or "" for one in waiting) == [
        "ANSWER_REPEATED",
        "ANSWER_REPEATED",
        "AUDIT_REPEATED",
    ]
    assert ground.site.inbox.get(ground.site.store.read(), again).tries >= 1


def test_a_statement_stands_beside_our_own_sums(ground: Ground) -> None:
    _, _, agency = audited_month(ground)
    agency.say(DispatchKind.STATEMENT, statement_of(900))
    now = claim_now(ground.site, ground.site.store.read(), NOVEMBER)
    assert now.statement
    assert (now.statement.approved_fen, now.balance.due_fen) == (900, 1000)


def test_a_silent_platform_brings_nothing_and_breaks_nothing(ground: Ground) -> None:
    ground.platform.down = True
    with pytest.raises(PlatformUnreachable):
        collect(ground.site)
    assert ground.count("inbox") == 0


def test_what_is_advanced_and_not_back_is_told_by_age(ground: Ground) -> None:
    _, _, agency = audited_month(ground, deduct_fen=300)
    ground.clock.pass_time(days=40)
    found = receivables(ground.site)
    assert (found.outstanding_fen, found.deducted_fen) == (700, 300)
    assert [band.outstanding_fen for band in found.bands] == [0, 700, 0, 0]
    confirm(ground.site, NOVEMBER, Found(700), FINANCE)
    paid(agency, 500)
    assert receivables(ground.site).outstanding_fen == 200
    paid(agency, 200, "P-2")
    assert receivables(ground.site).settlements == ()


def test_a_settlement_reversed_after_it_was_paid_is_owed_back(ground: Ground) -> None:
    _, done, agency = audited_month(ground)
    confirm(ground.site, NOVEMBER, Found(1000), FINANCE)
    paid(agency, 1000)
    reversed_by_both(staffed(ground), done.id)
    assert receivables(ground.site).outstanding_fen == -1000


def test_suspensions_agreement_changes_and_releases_are_kept(ground: Ground) -> None:
    agency, since = Agency(ground), "2026-11-20T09:00:00+08:00"
    agency.tell(
        DispatchKind.WORKER_STANDING,
        {"id_number": PERSON.number, "suspended": True, "since": since},
        order_key="people",
    )
    agency.tell(
        DispatchKind.CATALOGUE_RELEASE,
        {"region": "120000", "version": "2027.1", "starts_on": "2027-01-01", "sha256": "ab"},
        order_key="catalogue",
    )
    agency.tell(
        DispatchKind.PACK_RELEASE,
        {"region": "120000", "version": "2024.1", "starts_on": "2024-04-01"},
        order_key="pack",
    )
    assert collect(ground.site).applied == 3
    db = ground.site.store.read()
    told = worker_suspended(db, ground.site.vault, PERSON.number)
    assert told
    assert told[0]
    assert facility_standing(db) is None
    found = announced(db, frozenset({("120000", "2024.1")}))
    assert [(one.what, one.version, one.here, one.starts_on) for one in found] == [
        ("pack", "2024.1", True, date(2024, 4, 1)),
        ("catalogue", "2027.1", False, date(2027, 1, 1)),
    ]
    assert PERSON.number not in "".join(str(row) for row in db.query("select * from ledger"))


def test_the_months_items_stay_what_was_claimed(ground: Ground) -> None:
    audited_month(ground)
    settled(ground, "later")
    delivered(ground)
    items: tuple[Item, ...] = claim_now(ground.site, ground.site.store.read(), NOVEMBER).items
    assert len(items) == 1
    assert claim_now(ground.site, ground.site.store.read(), read_month("2026-12")).items


def test_a_deduction_id_is_counted_once_over_all_claims(ground: Ground) -> None:
    claim, done, agency = audited_month(ground, deduct_fen=300)
    assert ground.count("deductions") == 1
    assert deduction(300)["id"] == "K-1"
    agency.audited(claim, done, deduct_fen=300)
    assert ground.count("deductions") == 1
