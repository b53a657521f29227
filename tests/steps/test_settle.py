"""Settlement: verified again, ruled as previewed, committed whole, once, whoever presses."""

import threading

import pytest

from edge import codec
from edge.core.errors import BadInput, Conflict, Fault
from edge.core.settlement import Blocked
from edge.core.stay import StayState
from edge.steps.preview import preview
from edge.steps.settle import AlreadySettled, Request, settle
from edge.store.settlements import Settlement
from edge.store.stays import load_stay
from sync.relay import Relay
from tests.steps.conftest import FACTS, Ground, line

CLERK = "出院员"


def test_what_was_previewed_is_what_is_committed(ground: Ground) -> None:
    stay = ground.discharged(line("1", price="9.00"), line("2", price="12.00"))
    shown = preview(ground.site, stay.ref)
    settled = settle(ground.site, Request(case=stay.ref, key="k1"), CLERK)
    assert isinstance(settled, Settlement)
    assert settled.ruling == codec.encode(shown.ruling)
    assert settled.bill == codec.encode(shown.bill)
    assert (settled.total_fen, settled.fund_fen, settled.personal_fen) == (2100, 1900, 200)
    assert load_stay(ground.site.store.read(), stay.id).state is StayState.SETTLED


def test_decision_settlement_ledger_and_messages_are_one(ground: Ground) -> None:
    stay = ground.discharged()
    before = (ground.count("ledger"), ground.count("outbox"), ground.count("verifications"))
    settle(ground.site, Request(case=stay.ref, key="k1"), CLERK)
    after = (ground.count("ledger"), ground.count("outbox"), ground.count("verifications"))
    assert [a - b for a, b in zip(after, before, strict=True)] == [1, 2, 1]
    assert ground.site.ledger.verify(ground.site.store.read()) is None


def test_a_fault_while_committing_leaves_nothing(ground: Ground) -> None:
    stay = ground.discharged()
    before = [ground.count(t) for t in ("ledger", "outbox", "verifications", "settlements")]
    # The last thing a settlement writes is its ledger entry.
    ground.site.store.read().execute(
        "create trigger full before insert on ledger begin select raise(abort, 'disk full'); end"
    )
    with pytest.raises(Fault):
        settle(ground.site, Request(case=stay.ref, key="k1"), CLERK)
    after = [ground.count(t) for t in ("ledger", "outbox", "verifications", "settlements")]
    assert after == before
    assert load_stay(ground.site.store.read(), stay.id).state is StayState.DISCHARGED

    ground.site.store.read().execute("drop trigger full")
    assert isinstance(settle(ground.site, Request(case=stay.ref, key="k1"), CLERK), Settlement)


def test_the_same_key_gets_the_same_answer(ground: Ground) -> None:
    stay = ground.discharged()
    first = settle(ground.site, Request(case=stay.ref, key="k1"), CLERK)
    ground.platform.down = True
    assert settle(ground.site, Request(case=stay.ref, key="k1"), CLERK) == first
    assert ground.count("settlements") == 1


def test_another_key_gets_the_winners_receipt(ground: Ground) -> None:
    stay = ground.discharged()
    first = settle(ground.site, Request(case=stay.ref, key="k1"), CLERK)
    assert isinstance(first, Settlement)
    assert settle(ground.site, Request(case=stay.ref, key="k2"), CLERK) == AlreadySettled(first)


def test_eight_desks_at_once_make_one_settlement(ground: Ground) -> None:
    stay = ground.discharged()
    outcomes: list[object] = []

    def press(key: str) -> None:
        outcomes.append(settle(ground.site, Request(case=stay.ref, key=key), CLERK))

    threads = [threading.Thread(target=press, args=[f"k{n}"]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [outcome for outcome in outcomes if isinstance(outcome, Settlement)]
    assert len(winners) == 1
    assert outcomes.count(AlreadySettled(winners[0])) == 7
    assert ground.count("settlements") == 1


def test_a_key_of_another_stay_is_refused(ground: Ground) -> None:
    first = ground.discharged()
    settle(ground.site, Request(case=first.ref, key="k1"), CLERK)
    second = ground.discharged()
    with pytest.raises(Conflict) as refused:
        settle(ground.site, Request(case=second.ref, key="k1"), CLERK)
    assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_missing_or_endless_key_is_refused(ground: Ground, key: str) -> None:
    stay = ground.discharged()
    with pytest.raises(BadInput) as refused:
        settle(ground.site, Request(case=stay.ref, key=key), CLERK)
    assert refused.value.field == "Idempotency-Key"


def test_cover_that_was_lost_during_the_stay_blocks_with_its_article(ground: Ground) -> None:
    stay = ground.discharged()
    interrupted = {"contribution": {"status": "interrupted", "as_of": "2026-11-20"}}
    ground.platform.facts = FACTS | interrupted
    blocked = settle(ground.site, Request(case=stay.ref, key="k1"), CLERK)
    assert isinstance(blocked, Blocked)
    assert [block.code for block in blocked.blocks] == ["CONTRIBUTION_INTERRUPTED"]
    assert ground.count("settlements") == 0

    ground.platform.facts = FACTS
    assert isinstance(settle(ground.site, Request(case=stay.ref, key="k1"), CLERK), Settlement)


def test_without_the_platform_nothing_is_settled(ground: Ground) -> None:
    stay = ground.discharged()
    ground.platform.down = True
    blocked = settle(ground.site, Request(case=stay.ref, key="k1"), CLERK)
    assert isinstance(blocked, Blocked)
    assert [block.code for block in blocked.blocks] == ["PLATFORM_UNREACHABLE"]


def test_a_refused_line_blocks(ground: Ground) -> None:
    stay = ground.discharged(line("1"), line("2", code="NOWHERE"))
    blocked = settle(ground.site, Request(case=stay.ref, key="k1"), CLERK)
    assert isinstance(blocked, Blocked)
    assert [block.code for block in blocked.blocks] == ["LINES_REFUSED"]


def test_the_48_hours_end_after_their_last_moment_and_then_want_a_reason(ground: Ground) -> None:
    stay = ground.discharged()
    ground.clock.pass_time(hours=48, seconds=1)
    ground.platform.as_of = ground.clock.now
    blocked = settle(ground.site, Request(case=stay.ref, key="k1"), CLERK)
    assert isinstance(blocked, Blocked)
    assert [block.code for block in blocked.blocks] == ["OVERDUE_REASON_MISSING"]
    late = Request(case=stay.ref, key="k1", overdue_reason="家属次日才到")
    settled = settle(ground.site, late, CLERK)
    assert isinstance(settled, Settlement)
    assert settled.overdue_reason == "家属次日才到"


def test_the_last_moment_of_the_48_hours_is_in_time(ground: Ground) -> None:
    stay = ground.discharged()
    ground.clock.pass_time(hours=48)
    ground.platform.as_of = ground.clock.now
    assert isinstance(settle(ground.site, Request(case=stay.ref, key="k1"), CLERK), Settlement)


def test_a_stay_still_in_hospital_is_not_settled(ground: Ground) -> None:
    stay = ground.admitted()
    with pytest.raises(Conflict) as refused:
        settle(ground.site, Request(case=stay.ref, key="k1"), CLERK)
    assert refused.value.code == "STAY_STATE"


def test_a_stay_without_charges_is_not_settled(ground: Ground) -> None:
    from edge.steps.discharge import discharge

    stay = discharge(ground.site, ground.admitted().id, None, CLERK)
    blocked = settle(ground.site, Request(case=stay.ref, key="k1"), CLERK)
    assert isinstance(blocked, Blocked)
    assert [block.code for block in blocked.blocks] == ["NO_CHARGES"]


def test_the_messages_of_a_stay_arrive_in_order_once(ground: Ground) -> None:
    stay = ground.discharged()
    settle(ground.site, Request(case=stay.ref, key="k1"), CLERK)
    relay = Relay(ground.site.store, ground.site.outbox, ground.platform, ground.clock)
    relay.run_once()
    relay.run_once()
    messages = ground.site.outbox.messages(ground.site.store.read())
    assert [m.kind.value for m in reversed(messages)] == [
        "admission",
        "discharge",
        "charges",
        "settlement",
    ]
    assert {m.state.value for m in messages} == {"accepted"}
    assert list(ground.platform.received) == [m.id for m in reversed(messages)]


def test_somebody_elses_card_does_not_settle(ground: Ground) -> None:
    stay = ground.discharged()
    identification = ground.identified()
    ground.site.store.read().execute("pragma foreign_keys = off")
    ground.site.store.read().execute(
        "update identifications set person_id = 'other' where id = ?", [identification.id]
    )
    request = Request(case=stay.ref, key="k1", identification=identification.id)
    with pytest.raises(Conflict) as refused:
        settle(ground.site, request, CLERK)
    assert refused.value.code == "OTHER_PERSON"
