"""A fitting from verification to settlement: limits, service life, one notice pays once."""

import threading
from datetime import date

import pytest

from edge import codec
from edge.case.verdict import Asked
from edge.core.adjudication import Bill
from edge.core.errors import BadInput, Conflict, Fault
from edge.core.fitting import Channel, Fitting, FittingState
from edge.core.settlement import Blocked
from edge.core.stay import Injury
from edge.core.verification import DeviceAct, Moment, Notice, Service
from edge.steps.fit import Recorded
from edge.steps.open_fitting import Opening, open_fitting
from edge.steps.preview import preview
from edge.steps.replay import Same, replay
from edge.steps.settle import AlreadySettled, Request, settle
from edge.steps.verify import verify
from edge.store.fittings import load_fitting, newest_fittings
from edge.store.ledger import latest
from edge.store.settlements import Settlement
from sync.envelope import Kind
from tests.steps.colleagues import settled
from tests.steps.conftest import Ground
from tests.steps.fittings import (
    ARM,
    CLERK,
    LEG,
    NOTICE,
    device,
    fitted,
    fitting_ground,
    opened,
    said,
    verified,
)

TABLES = ("ledger", "outbox", "verifications", "settlements", "fitted_lines")


@pytest.fixture
def shop(ground: Ground) -> Ground:
    """Return a facility in Hangzhou, where fittings are sent and the national pack governs."""
    return fitting_ground(ground, region="330000")


def counts(ground: Ground) -> list[int]:
    return [ground.count(table) for table in TABLES]


def state_of(ground: Ground, fitting_id: str) -> FittingState:
    return load_fitting(ground.site.store.read(), ground.site.vault, fitting_id).state


def blocked_by(outcome: object) -> list[str]:
    assert isinstance(outcome, Blocked), outcome
    return [block.code for block in outcome.blocks]


def test_a_fitting_is_opened_with_what_was_approved(shop: Ground) -> None:
    fitting = opened(shop)
    assert (fitting.state, fitting.channel) == (FittingState.VERIFIED, Channel.API)
    assert (fitting.filing_id, fitting.insured_region) == ("F1", "110000")
    assert fitting.notice == codec.convert(NOTICE, Notice)
    kept = load_fitting(shop.site.store.read(), shop.site.vault, fitting.id)
    assert kept == fitting
    assert newest_fittings(shop.site.store.read(), shop.site.vault, limit=5) == [fitting]
    [message] = shop.site.outbox.of_case(shop.site.store.read(), fitting.id)
    assert message.kind is Kind.FITTING


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (Asked(service=Service.INPATIENT_MEDICAL, moment=Moment.ADMISSION), "NOT_A_FITTING"),
        (Asked(service=Service.DEVICE, moment=Moment.FITTING), "DEVICES_MISSING"),
    ],
)
def test_only_a_verification_of_named_devices_opens_a_fitting(
    shop: Ground, asked: Asked, code: str
) -> None:
    verification = verify(shop.site, shop.identified().id, asked, CLERK)
    with pytest.raises(BadInput) as refused:
        _open(shop, verification.id)
    assert (refused.value.code, refused.value.field) == (code, "verification")


def test_a_verdict_that_does_not_admit_opens_nothing(shop: Ground) -> None:
    shop.platform.facts = {**shop.platform.facts, "filing": None}
    with pytest.raises(Conflict) as refused:
        opened(shop)
    assert refused.value.code == "NOT_ADMISSIBLE"
    assert shop.count("fittings") == 0


def test_a_double_click_opens_one_fitting_and_names_it(shop: Ground) -> None:
    verification = verified(shop)
    first = _open(shop, verification.id)
    for number in ("PZ1", "PZ2"):
        with pytest.raises(Conflict) as refused:
            _open(shop, verification.id, number)
        assert refused.value.code == "FITTING_EXISTS"
        assert first.id in refused.value.next_action.zh
    with pytest.raises(Conflict):
        opened(shop, "PZ1")


@pytest.mark.parametrize("empty", ["hospital_number", "injury.parts"])
def test_a_fitting_needs_its_number_and_its_injury(shop: Ground, empty: str) -> None:
    injury = Injury(determination="认定1", parts="" if empty == "injury.parts" else "左小腿")
    number = " " if empty == "hospital_number" else "PZ1"
    opening = Opening(verification=verified(shop).id, hospital_number=number, injury=injury)
    with pytest.raises(BadInput) as refused:
        open_fitting(shop.site, opening, CLERK)
    assert (refused.value.code, refused.value.field) == ("FIELD_EMPTY", empty)


def test_what_was_fitted_is_kept_each_time_and_the_last_word_counts(shop: Ground) -> None:
    fitting = fitted(shop)
    outcome = said(shop, fitting, device(price="19000"))
    assert isinstance(outcome, Recorded)
    assert shop.count("fitted_lines") == 2
    kept = load_fitting(shop.site.store.read(), shop.site.vault, fitting.id)
    assert kept == outcome.fitting
    assert [line.charge.price for line in kept.lines] == ["19000"]
    with pytest.raises(Fault, match="never altered"):
        shop.site.store.read().execute("update fitted_lines set said_by = 'x'")
    with pytest.raises(Fault, match="never deleted"):
        shop.site.store.read().execute("delete from fitted_lines")


def test_a_line_that_cannot_be_ruled_is_told_at_once_and_blocks_the_settlement(
    shop: Ground,
) -> None:
    outcome = said(shop, opened(shop), device(), device("2", code="NOWHERE"))
    assert isinstance(outcome, Recorded)
    assert [(line.id, line.code) for line in outcome.refused] == [("2", "UNKNOWN_CODE")]
    blocked = settle(shop.site, Request(case=outcome.fitting.ref, key="k1"), CLERK)
    assert blocked_by(blocked) == ["LINES_REFUSED"]


@pytest.mark.parametrize(
    ("last", "codes"),
    [(date(2023, 11, 20), []), (date(2023, 11, 21), ["SERVICE_LIFE_NOT_REACHED"])],
)
def test_a_replacement_that_is_not_due_is_not_recorded(
    shop: Ground, last: date, codes: list[str]
) -> None:
    fitting = opened(shop)
    before = counts(shop)
    line = device(act=DeviceAct.REPLACEMENT, last_fitted_on=last)
    outcome = said(shop, fitting, line)
    if not codes:
        assert isinstance(outcome, Recorded)
        return
    assert blocked_by(outcome) == codes
    assert [a - b for a, b in zip(counts(shop), before, strict=True)] == [1, 0, 0, 0, 0]
    assert state_of(shop, fitting.id) is FittingState.VERIFIED
    [entry] = latest(shop.site.store.read(), limit=1)
    assert entry.act.kind == "fitting.blocked"


def test_what_is_previewed_is_settled_up_to_the_limit_and_replays(shop: Ground) -> None:
    fitting = fitted(shop, device(price="21000"), device("2", code=ARM, price="100"))
    shown = preview(shop.site, fitting.ref)
    receipt = settled(shop, fitting.ref)
    assert receipt.ruling == codec.encode(shown.ruling)
    assert (receipt.total_fen, receipt.fund_fen) == (2_110_000, 2_000_000)
    assert shown.ruling.personal.device_over_limit == 100_000
    assert shown.ruling.personal.out_of_catalogue == 10_000
    assert state_of(shop, fitting.id) is FittingState.SETTLED
    assert replay(shop.site, receipt.id) == Same()
    assert codec.decode(receipt.bill, Bill) == shown.bill


def test_a_refund_frees_its_share_of_the_limit(shop: Ground) -> None:
    lines = (
        device(price="21000", quantity="2"),
        device("2", price="21000", quantity="-1", reverses="1", serial="", model=""),
    )
    receipt = settled(shop, fitted(shop, *lines).ref)
    assert (receipt.total_fen, receipt.fund_fen, receipt.personal_fen) == (
        2_100_000,
        2_000_000,
        100_000,
    )


def test_without_a_notice_the_insured_regions_catalogue_limits(shop: Ground) -> None:
    shop.platform.facts = {**shop.platform.facts, "notice": None}
    receipt = settled(shop, fitted(shop).ref)
    assert (receipt.fund_fen, receipt.personal_fen) == (1_500_000, 300_000)


def test_what_the_filing_does_not_name_is_the_workers(shop: Ground) -> None:
    filing = shop.platform.facts["filing"] | {"devices": [LEG]}
    shop.platform.facts = {**shop.platform.facts, "notice": None, "filing": filing}
    receipt = settled(shop, fitted(shop, device(), device("2", code=ARM, price="100")).ref)
    assert (receipt.fund_fen, receipt.personal_fen) == (1_500_000, 310_000)


def test_decision_settlement_ledger_and_messages_are_one(shop: Ground) -> None:
    fitting = fitted(shop)
    before = counts(shop)
    settled(shop, fitting.ref)
    assert [a - b for a, b in zip(counts(shop), before, strict=True)] == [1, 2, 1, 1, 0]
    [entry] = latest(shop.site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.subject) == ("fitting.settled", fitting.id)


def test_a_fault_while_committing_leaves_nothing(shop: Ground) -> None:
    fitting = fitted(shop)
    before = counts(shop)
    shop.site.store.read().execute(
        "create trigger full before insert on ledger begin select raise(abort, 'disk full'); end"
    )
    with pytest.raises(Fault):
        settle(shop.site, Request(case=fitting.ref, key="k1"), CLERK)
    assert counts(shop) == before
    assert state_of(shop, fitting.id) is FittingState.FITTED


def test_eight_desks_at_once_make_one_settlement(shop: Ground) -> None:
    fitting = fitted(shop)
    outcomes: list[object] = []

    def press(key: str) -> None:
        outcomes.append(settle(shop.site, Request(case=fitting.ref, key=key), CLERK))

    threads = [threading.Thread(target=press, args=[f"k{n}"]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [winner] = [outcome for outcome in outcomes if isinstance(outcome, Settlement)]
    assert outcomes.count(AlreadySettled(winner)) == 7


def test_the_same_key_gets_the_same_receipt_and_never_another_cases(shop: Ground) -> None:
    fitting = fitted(shop)
    receipt = settled(shop, fitting.ref)
    shop.platform.down = True
    assert settled(shop, fitting.ref) == receipt
    shop.platform.down = False
    shop.platform.facts = {**shop.platform.facts, "notice": None}
    other = fitted(shop, number="PZ2")
    with pytest.raises(Conflict) as refused:
        settle(shop.site, Request(case=other.ref, key="k1"), CLERK)
    assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"


def test_a_fitting_that_is_only_verified_is_not_settled(shop: Ground) -> None:
    fitting = opened(shop)
    assert preview(shop.site, fitting.ref).ruling.lines == ()
    with pytest.raises(Conflict) as refused:
        settle(shop.site, Request(case=fitting.ref, key="k1"), CLERK)
    assert refused.value.code == "FITTING_STATE"


def test_a_fitting_is_judged_on_its_own_day_and_no_deadline_runs(shop: Ground) -> None:
    filing = shop.platform.facts["filing"] | {"valid_to": "2026-11-20"}
    shop.platform.facts = {**shop.platform.facts, "filing": filing}
    fitting = fitted(shop)
    shop.clock.pass_time(days=20)
    shop.platform.as_of = shop.clock.now
    receipt = settled(shop, fitting.ref)
    assert receipt.overdue_reason is None


def test_a_fitting_after_the_filings_last_day_is_not_settled(shop: Ground) -> None:
    filing = shop.platform.facts["filing"] | {"valid_to": "2026-11-20"}
    shop.platform.facts = {**shop.platform.facts, "filing": filing}
    fitting = opened(shop)
    shop.clock.pass_time(days=1)
    shop.platform.as_of = shop.clock.now
    assert isinstance(said(shop, fitting), Recorded)
    blocked = settle(shop.site, Request(case=fitting.ref, key="k1"), CLERK)
    assert blocked_by(blocked) == ["FILING_EXPIRED"]


def test_cover_that_was_lost_since_blocks(shop: Ground) -> None:
    fitting = fitted(shop)
    interrupted = {"contribution": {"status": "interrupted", "as_of": "2026-11-20"}}
    shop.platform.facts = {**shop.platform.facts, **interrupted}
    blocked = settle(shop.site, Request(case=fitting.ref, key="k1"), CLERK)
    assert blocked_by(blocked) == ["CONTRIBUTION_INTERRUPTED"]


def _open(ground: Ground, verification: str, number: str = "PZ1") -> Fitting:
    opening = Opening(
        verification=verification,
        hospital_number=number,
        injury=Injury(determination="认定1", parts="左小腿"),
    )
    return open_fitting(ground.site, opening, CLERK)
