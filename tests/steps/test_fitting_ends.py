"""What ends a fitting, and its notice: one payment by one notice, reversal, manual, delivery."""

import json
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest

from edge import codec
from edge.core.errors import Conflict, EdgeError, Fault, NotFound
from edge.core.fitting import FittingState
from edge.core.settlement import Blocked
from edge.core.verification import Code, Decision, Device, DeviceAct, Notice
from edge.steps.fall_back import Request as HandOver
from edge.steps.fall_back import fall_back, package_handed
from edge.steps.fit import Recorded, fit
from edge.steps.fit import Request as Said
from edge.steps.replay import Same, replay
from edge.steps.settle import Request, settle
from edge.store.fittings import load_fitting, move_fitting
from edge.store.operators import Role
from edge.store.settlements import Settlement
from simulators.platform.answers import Receipt
from simulators.platform.intake import Intake
from simulators.platform.journal import Journal
from simulators.platform.register import Facility, Register, Worker
from simulators.platform.register import Notice as RegisteredNotice
from sync.envelope import Kind
from sync.relay import Relay
from tests.steps.colleagues import SECOND, hire, reversed_by_both, settled, staffed
from tests.steps.conftest import PERSON, Ground
from tests.steps.fittings import (
    ARM,
    CLERK,
    LEG,
    LEG_FIRST,
    NOTICE,
    PAPER,
    device,
    fitted,
    fitting_ground,
    opened,
    said,
    verified,
)


@pytest.fixture
def shop(ground: Ground) -> Ground:
    """Return a facility in Hangzhou, where fittings are sent and the national pack governs."""
    return fitting_ground(ground, region="330000")


def state_of(ground: Ground, fitting_id: str) -> FittingState:
    return load_fitting(ground.site.store.read(), ground.site.vault, fitting_id).state


def blocked_by(outcome: object) -> list[str]:
    assert isinstance(outcome, Blocked), outcome
    return [block.code for block in outcome.blocks]


def test_a_notice_pays_once_at_this_facility(shop: Ground) -> None:
    first, second = fitted(shop), fitted(shop, number="PZ2")
    settled(shop, first.ref)
    blocked = settle(shop.site, Request(case=second.ref, key="k2"), CLERK)
    assert blocked_by(blocked) == ["NOTICE_USED"]
    assert verified(shop).verdict.reasons[0].code is Code.NOTICE_USED
    with pytest.raises(Fault, match="UNIQUE"):
        move_fitting(shop.site.store.read(), second.settled())


def test_two_desks_never_pay_by_one_notice(shop: Ground) -> None:
    fittings = [fitted(shop, number=f"PZ{number}") for number in range(4)]
    outcomes: list[object] = []

    def press(number: int) -> None:
        request = Request(case=fittings[number].ref, key=f"k{number}")
        outcomes.append(settle(shop.site, request, CLERK))

    threads = [threading.Thread(target=press, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(outcome, Settlement) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Blocked) for outcome in outcomes) == 3


def test_a_reversal_frees_the_notice_and_the_fitting_settles_again(shop: Ground) -> None:
    _staffed(shop)
    first, second = fitted(shop), fitted(shop, number="PZ2")
    receipt = settled(shop, first.ref)
    undone = reversed_by_both(shop, receipt.id)
    assert undone.message_id
    assert state_of(shop, first.id) is FittingState.REVERSED
    again = settled(shop, second.ref, "k2")
    assert replay(shop.site, receipt.id) == replay(shop.site, again.id) == Same()
    assert blocked_by(settle(shop.site, Request(case=first.ref, key="k3"), CLERK)) == [
        "NOTICE_USED"
    ]
    reversed_by_both(shop, again.id, "r2")
    corrected = said(shop, first, device(price="17000"))
    assert isinstance(corrected, Recorded)
    assert corrected.fitting.state is FittingState.REVERSED
    assert settled(shop, first.ref, "k4").total_fen == 1_700_000


def test_a_notice_used_elsewhere_since_the_fitting_blocks(shop: Ground) -> None:
    fitting = fitted(shop)
    shop.platform.facts = {**shop.platform.facts, "notice": {**NOTICE, "used": True}}
    blocked = settle(shop.site, Request(case=fitting.ref, key="k1"), CLERK)
    assert blocked_by(blocked) == ["NOTICE_USED"]


def test_a_paper_that_the_platform_does_not_know_counts_as_it_is_shown(shop: Ground) -> None:
    shop.platform.facts = {**shop.platform.facts, "notice": None}
    fitting = fitted(shop, notice=PAPER)
    assert fitting.notice == replace(PAPER, presented=True)
    assert [question.notice for question in shop.platform.asked] == ["N9"]
    receipt = settled(shop, fitting.ref)
    assert receipt.fund_fen == 1_500_000  # 10,000 yuan, one and a half times
    assert shop.platform.asked[-1].notice == "N9"
    assert verified(shop, notice=PAPER).verdict.decision is Decision.REFUSE


def test_what_the_platform_knows_of_a_notice_goes_before_the_paper(shop: Ground) -> None:
    shown = replace(PAPER, id="N1")
    notice = verified(shop, notice=shown).facts.notice
    assert notice == codec.convert(NOTICE, Notice)


def test_somebody_elses_role_does_not_reverse_a_fitting(shop: Ground) -> None:
    staffed(shop)
    receipt = settled(shop, fitted(shop).ref)
    with pytest.raises(EdgeError) as refused:
        reversed_by_both(shop, receipt.id)  # the clerk of the discharge desk
    assert refused.value.code == "REAUTHENTICATION_FAILED"


def test_a_fitting_that_cannot_settle_is_handed_to_manual_with_its_papers(shop: Ground) -> None:
    fitting = fitted(shop)
    shop.platform.down = True
    package = fall_back(shop.site, HandOver(case=fitting.ref, reason="网络中断"), CLERK)
    assert package.stay is None
    assert package.fitting == fitting.in_manual()
    assert (package.ground.code, package.ground.article) == ("PLATFORM_UNREACHABLE", "客户规则")
    assert [paper.zh for paper in package.papers] == ["辅助器具配置票据", "配置费用核付通知单"]
    assert package.ruling.total_fen == 1_800_000
    assert package_handed(shop.site, fitting.ref, CLERK) == package
    assert fall_back(shop.site, HandOver(case=fitting.ref, reason="再按一次"), CLERK) == package
    shop.platform.down = False
    with pytest.raises(Conflict):
        settle(shop.site, Request(case=fitting.ref, key="k1"), CLERK)
    with pytest.raises(Fault, match="stays there"):
        move_fitting(shop.site.store.read(), fitting)
    kinds = [m.kind for m in shop.site.outbox.of_case(shop.site.store.read(), fitting.id)]
    assert kinds == [Kind.FITTING, Kind.MANUAL]


def test_a_used_notice_is_a_ground_for_manual_and_stays_used(shop: Ground) -> None:
    first, second = fitted(shop), fitted(shop, number="PZ2")
    settled(shop, first.ref)
    package = fall_back(shop.site, HandOver(case=second.ref, reason="职工要求"), CLERK)
    assert package.ground.code == "NOTICE_USED"


def test_after_a_reversal_to_manual_the_original_bill_is_asked_back(shop: Ground) -> None:
    _staffed(shop)
    fitting = fitted(shop)
    receipt = settled(shop, fitting.ref)
    with pytest.raises(Conflict):
        fall_back(shop.site, HandOver(case=fitting.ref, reason="x"), CLERK)
    reversed_by_both(shop, receipt.id)
    handed = HandOver(case=fitting.ref, reason="第三方责任", third_party=True)
    package = fall_back(shop.site, handed, CLERK)
    assert package.reversed_settlement == receipt.id
    assert [paper.zh for paper in package.papers if paper.asked_back] == ["辅助器具配置票据"]


def test_what_settles_directly_does_not_go_to_manual(shop: Ground) -> None:
    with pytest.raises(Conflict) as refused:
        fall_back(shop.site, HandOver(case=fitted(shop).ref, reason="x"), CLERK)
    assert (refused.value.code, refused.value.field) == ("NOT_MANUAL", "fitting")


def test_there_is_no_package_of_a_fitting_that_was_not_handed_over(shop: Ground) -> None:
    with pytest.raises(NotFound) as refused:
        package_handed(shop.site, fitted(shop).ref, CLERK)
    assert (refused.value.code, refused.value.field) == ("NO_MANUAL_PACKAGE", "fitting")


def test_who_is_asked_for_a_stay_touches_no_fitting(shop: Ground) -> None:
    fitting = fitted(shop)
    receipt = settled(shop, fitting.ref)
    from tests.steps.colleagues import stay_ref

    with pytest.raises(NotFound) as refused:
        settle(shop.site, Request(case=stay_ref(fitting.id), key="k9"), CLERK)
    assert refused.value.code == "UNKNOWN_STAY"
    with pytest.raises(NotFound):
        package_handed(shop.site, stay_ref(fitting.id), CLERK)
    assert receipt.case == fitting.ref


def test_a_day_said_anew_during_the_verification_is_looked_at_again(shop: Ground) -> None:
    fitting = fitted(shop)
    shop.clock.pass_time(hours=1)
    ask = shop.platform.ask

    class Meddler:
        """Records the fitting anew while the platform is asked."""

        def __getattr__(self, name: str) -> object:
            return getattr(shop.platform, name)

        def ask(self, question: object) -> object:
            fit(shop.site, Said(fitting=fitting.id, lines=(device(),)), CLERK)
            return ask(question)  # type: ignore[arg-type]

    meddled = replace(shop.site, platform=Meddler())  # type: ignore[arg-type]
    with pytest.raises(Conflict) as refused:
        settle(meddled, Request(case=fitting.ref, key="k1"), CLERK)
    assert refused.value.code == "CASE_CHANGED"
    settled(shop, fitting.ref)


def test_the_messages_of_a_fitting_arrive_in_order_and_say_what_was_fitted(shop: Ground) -> None:
    fitting = fitted(shop)
    settled(shop, fitting.ref)
    relay = Relay(shop.site.store, shop.site.outbox, shop.platform, shop.clock)
    for _ in range(3):
        relay.run_once()
    key = {shop.site.public_key.kid: shop.site.public_key}
    from sync.envelope import open_signed

    sent = [open_signed(signed, key) for signed in shop.platform.received.values()]
    assert [envelope.kind for envelope in sent] == [Kind.FITTING, Kind.CHARGES, Kind.SETTLEMENT]
    opened_, charges, settlement = (json.loads(envelope.body) for envelope in sent)
    assert opened_["notice"] == {"id": "N1", "presented": False}
    assert opened_["devices"] == [{"code": LEG, "act": "first"}]
    assert charges["fitted"]["devices"] == [
        {"line": "1", "act": "first", "serial": "SN-1", "model": "M-1", "last_fitted_on": None}
    ]
    assert settlement["fitting"] == fitting.id
    assert settlement["fund_fen"] == 1_800_000


def test_the_platform_takes_a_fittings_messages_and_frees_its_notice_again(shop: Ground) -> None:
    _staffed(shop)
    worker = Worker(
        id_number=PERSON.number,
        name=PERSON.name,
        insured_region="110000",
        notices=(RegisteredNotice.model_validate(NOTICE),),
    )
    ours = Facility(id="TJ0001", region="330000", city="330100", kinds=("device",))
    known = Register(facilities=(ours,), workers=(worker,))
    platform = Intake(known, {"TJ0001": shop.site.public_key}, Journal(), shop.clock)
    fitting = fitted(shop)
    receipt = settled(shop, fitting.ref)
    reversed_by_both(shop, receipt.id)
    settled(shop, fitting.ref, "k2")
    relay = Relay(shop.site.store, shop.site.outbox, shop.platform, shop.clock)
    while relay.run_once():
        pass
    said = [platform.receive(signed) for signed in shop.platform.received.values()]
    assert [type(one) for one in said] == [Receipt] * 6


def test_on_the_list_a_fitting_rests_within_the_sites_limits(shop: Ground) -> None:
    offline = shop.site.settings.offline.model_copy(update={"fund_fen_max": 100})
    settings = shop.site.settings.model_copy(update={"offline": offline})
    shop.site = replace(shop.site, settings=settings)
    fitting = fitted(shop)
    shop.platform.down = True
    blocked = settle(shop.site, Request(case=fitting.ref, key="k1"), CLERK)
    assert blocked_by(blocked) == ["PLATFORM_UNREACHABLE"]


def test_the_notice_expires_on_the_day_of_the_fitting_not_of_the_settlement(shop: Ground) -> None:
    notice = {**NOTICE, "valid_to": "2026-11-20"}
    shop.platform.facts = {**shop.platform.facts, "notice": notice}
    fitting = opened(shop)
    shop.clock.pass_time(hours=24)
    assert blocked_by(said(shop, fitting)) == ["NOTICE_EXPIRED"]
    request = Said(
        fitting=fitting.id,
        lines=(device(),),
        fitted_at=shop.clock.now - timedelta(hours=23),
    )
    assert isinstance(fit(shop.site, request, CLERK), Recorded)
    shop.platform.as_of = shop.clock.now
    settled(shop, fitting.ref)


def test_devices_are_judged_when_they_are_asked_for(shop: Ground) -> None:
    recent = Device(code=LEG, act=DeviceAct.REPLACEMENT, last_fitted_on=date(2026, 1, 1))
    assert verified(shop, recent).verdict.reasons[0].code is Code.SERVICE_LIFE_NOT_REACHED
    assert verified(shop, Device(code=ARM)).verdict.reasons[0].code is Code.DEVICE_NOT_APPROVED
    assert verified(shop, LEG_FIRST).verdict.decision is Decision.DIRECT


def _staffed(ground: Ground) -> None:
    hire(ground, CLERK, Role.FITTING)
    hire(ground, "出院员", Role.FITTING)
    hire(ground, SECOND, Role.FINANCE)
