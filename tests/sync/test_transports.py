"""One contract for both transports: HTTPS from here, or streams through a group's office."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest

from sync.attempt import Gateway
from sync.e_card import CodeQuestion
from sync.envelope import Kind, digest, key_ring, new_key, open_signed, sign
from sync.errors import CodeRefused, PlatformUnreachable, PlatformUnsure
from sync.lists.offer import Missing
from sync.outcome import Accepted, NeedsPerson, NotReceived
from sync.platform import Platform
from sync.relay import Hooks, Pace, Relay
from tests.nats_server import hub, leaf
from tests.sync.campus import campus_end
from tests.sync.far_end import FarEnd
from tests.sync.office import office_of
from tests.sync.sender import FACILITY, START, Sender, line_to, message, no_pause, story
from tests.sync.test_platform import question

_WAIT_S_MAX = 60.0
_LOOK_AGAIN_S = 0.01
WRONG = {"total_fen": 300, "fund_fen": 200, "personal_fen": 99}


@dataclass
class Transport:
    """What hands messages over, and what asks."""

    gateway: Gateway
    platform: Platform


@pytest.fixture(params=["https", "jetstream"])
def transport(
    request: pytest.FixtureRequest, tmp_path: Path, sender: Sender, far: FarEnd
) -> Iterator[Transport]:
    with ExitStack() as running:
        if request.param == "https":
            line = running.enter_context(line_to(far.url, sender))
            yield Transport(line, line)
            return
        middle = running.enter_context(hub(tmp_path / "hub"))
        own = running.enter_context(leaf(tmp_path / "leaf", FACILITY, middle.leaf_port))
        end = running.enter_context(campus_end(own.url, sender))
        running.enter_context(office_of(middle.url, far.url, leaves=[FACILITY]))
        running.enter_context(end.listening())
        yield Transport(end.gateway, end.platform)


def relay_of(sender: Sender, transport: Transport) -> Relay:
    hooks, pace = Hooks(sleep=no_pause), Pace(senders=4)
    return Relay(sender.store, sender.outbox, transport.gateway, sender.clock, hooks, pace=pace)


def drained(sender: Sender, relay: Relay) -> None:
    """Run passes, the clock going on to what is due next, until nothing waits."""
    deadline = time.monotonic() + _WAIT_S_MAX
    while time.monotonic() < deadline:
        relay.run_once()
        with sender.store.transaction() as db:
            due = sender.outbox.next_due(db, sender.clock())
        if due is None:
            return
        sender.clock.now = max(due, relay.quiet_until() or due)
        Event().wait(_LOOK_AGAIN_S)
    raise AssertionError("something waits for ever")


def test_stays_arrive_once_in_order_and_with_the_very_bytes_that_were_signed(
    transport: Transport, sender: Sender, far: FarEnd
) -> None:
    stays = [f"stay-{n}" for n in range(6)]
    sender.put(*(one for stay in stays for one in story(stay)))
    drained(sender, relay_of(sender, transport))
    for stay in stays:
        kept = [one.receipt.id for one in far.kept() if one.order_key == stay]
        assert kept == [f"{stay}-{step}" for step in "acds"]
    ring = key_ring(sender.key.public())
    for stay in stays:
        with sender.store.transaction() as db:
            tries = sender.outbox.attempts(db, f"{stay}-a")
            receipt = sender.outbox.get(db, f"{stay}-a").receipt
        [one] = [one for one in far.kept() if one.receipt.id == f"{stay}-a"]
        assert [one.outcome for one in tries] == ["accepted"]
        assert receipt == one.receipt.receipt
        assert one.receipt.sha256 == digest(sign(message(f"{stay}-a", stay=stay), sender.key))
    assert open_signed(sign(story("stay-0")[0], sender.key), ring).id == "stay-0-a"


def test_questions_are_answered_and_doubted_alike(transport: Transport) -> None:
    platform = transport.platform
    assert platform.ask(question()).facts["worker"]["name"] == "张合成"
    with pytest.raises(PlatformUnsure) as unsure:
        platform.ask(question("510100190001010016"))
    assert "未查到" in unsure.value.text
    assert platform.ledger_head() is None
    with pytest.raises(Missing):
        platform.fetch(f"/v1/lists/{FACILITY}/metadata/1.root.json", None)


@pytest.mark.parametrize("do", ["error", "lose_ack"])
def test_a_platform_in_trouble_is_unreachable(transport: Transport, far: FarEnd, do: str) -> None:
    far.play({"on": "verifications", "do": do})
    with pytest.raises(PlatformUnreachable):
        transport.platform.ask(question())
    assert transport.platform.ask(question())


def test_an_e_card_is_resolved_once(transport: Transport, far: FarEnd) -> None:
    code = far.codes.issue("510100198001010019").code
    asked = CodeQuestion(id="q-2", operator="desk-1", code=code, at=START)
    assert transport.platform.resolve(asked).name == "张合成"
    with pytest.raises(CodeRefused) as used:
        transport.platform.resolve(asked)
    assert used.value.code == "E_CARD_USED"


def test_a_message_is_known_by_its_receipt_and_its_standing(
    transport: Transport, sender: Sender
) -> None:
    payload = sign(message("m-1"), sender.key)
    gateway = transport.gateway
    assert gateway.status_of("m-1", payload) == NotReceived()
    outcome = gateway.deliver("m-1", payload)
    assert isinstance(outcome, Accepted)
    assert gateway.status_of("m-1", payload) == outcome


def test_a_strangers_signature_is_refused(transport: Transport, far: FarEnd) -> None:
    outcome = transport.gateway.deliver("m-1", sign(message("m-1"), new_key()))
    assert isinstance(outcome, NeedsPerson)
    assert outcome.reason.code == "BAD_SIGNATURE"
    assert far.kept() == ()


def test_a_refused_message_blocks_only_its_stay_and_goes_once_it_is_mended(
    transport: Transport, sender: Sender, far: FarEnd
) -> None:
    first = story("stay-1")
    first[-1] = message("stay-1-s", kind=Kind.SETTLEMENT, body=WRONG)
    sender.put(*first, *story("stay-2"))
    relay = relay_of(sender, transport)
    drained(sender, relay)
    assert sender.state("stay-1-s") == "rejected"
    assert sender.state("stay-2-s") == "accepted"
    with sender.store.transaction() as db:
        sender.outbox.retry(db, "stay-1-s")
    drained(sender, relay)
    with sender.store.transaction() as db:
        tries = sender.outbox.attempts(db, "stay-1-s")
    assert [one.outcome for one in tries] == ["rejected", "rejected"]
    assert "stay-1-s" not in far.kept_ids()


def test_with_answers_lost_each_message_arrives_once_and_in_order(
    transport: Transport, sender: Sender, far: FarEnd
) -> None:
    stays = [f"stay-{n}" for n in range(4)]
    sender.put(*(one for stay in stays for one in story(stay)))
    far.play({"on": "any", "do": "lose_ack", "times": 0, "chance": 0.3}, seed=5)
    drained(sender, relay_of(sender, transport))
    for stay in stays:
        kept = [one.receipt.id for one in far.kept() if one.order_key == stay]
        assert kept == [f"{stay}-{step}" for step in "acds"]
    with sender.store.transaction() as db:
        assert sender.outbox.status(db).accepted == 16
