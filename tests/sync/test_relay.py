"""Whatever the wire does, each message arrives once, in its stay's order, and none is lost."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event

import pytest

from simulators.platform.journal import Journal
from simulators.platform.server import serve
from sync.envelope import Kind
from sync.message import Claimed
from sync.outcome import Outcome, Standing
from sync.platform import Platform
from sync.relay import Contact, Hooks, Relay
from tests.programs import finished
from tests.sync.far_end import FarEnd, far_end
from tests.sync.sender import Sender, line_to, message, no_pause, relay_of, story


def test_a_stay_arrives_once_and_in_order(sender: Sender, line: Platform, far: FarEnd) -> None:
    sender.put(*story("stay-1"))
    assert relay_of(sender, line).run_once() == 4
    assert far.kept_ids() == ["stay-1-a", "stay-1-c", "stay-1-d", "stay-1-s"]
    assert relay_of(sender, line).run_once() == 0


def test_every_tried_message_is_announced(sender: Sender, line: Platform) -> None:
    heard: list[str] = []
    sender.put(*story("stay-1"))
    relay_of(sender, line, Hooks(on_change=heard.append)).run_once()
    assert heard == ["stay-1-a", "stay-1-c", "stay-1-d", "stay-1-s"]


def test_a_platform_that_is_down_is_tried_once_and_then_left_in_peace(
    sender: Sender, line: Platform, far: FarEnd
) -> None:
    sender.put(*(message(f"m-{n}", stay=f"stay-{n}") for n in range(5)))
    far.play({"do": "error", "status": 503, "times": 0})
    relay = relay_of(sender, line)
    assert relay.run_once() == 1
    assert relay.run_once() == 0
    assert relay.quiet_until() is not None
    far.play()
    sender.clock.forward(seconds=3)
    assert relay.run_once() == 5
    assert relay.quiet_until() is None
    assert sorted(far.kept_ids()) == [f"m-{n}" for n in range(5)]


def test_the_relay_tells_whether_the_platform_answered_last(
    sender: Sender, line: Platform, far: FarEnd
) -> None:
    sender.put(message("m-1"))
    relay = relay_of(sender, line)
    assert relay.last_contact() is None
    far.play({"do": "error", "status": 503})
    relay.run_once()
    assert relay.last_contact() == Contact(sender.clock(), answered=False)
    sender.clock.forward(seconds=3)
    relay.run_once()
    assert relay.last_contact() == Contact(sender.clock(), answered=True)


def test_a_platform_that_went_away_and_came_back_gets_everything(sender: Sender) -> None:
    sender.put(*story("stay-1"))
    journal = Journal()
    app, _ = far_end(sender.key, sender.clock, journal)
    with serve(app) as url:
        port = int(url.rpartition(":")[2])
    with line_to(url, sender) as line:
        relay = relay_of(sender, line)
        assert relay.run_once() == 1
        assert sender.state("stay-1-a") == "pending"
        with serve(app, port=port):
            sender.clock.forward(seconds=3)
            assert relay.run_once() == 4
    assert [kept.receipt.id for kept in journal.kept()] == [one.id for one in story("stay-1")]


def test_a_lost_answer_is_asked_for_and_not_sent_again(
    sender: Sender, line: Platform, far: FarEnd
) -> None:
    sender.put(message("m-1"))
    far.play({"on": "messages", "do": "lose_ack"}, {"on": "status", "do": "down", "times": 0})
    relay = relay_of(sender, line)
    relay.run_once()
    assert sender.state("m-1") == "unknown"
    assert far.kept_ids() == ["m-1"]
    far.play({"on": "messages", "do": "error", "times": 0})  # sending again would fail
    sender.clock.forward(seconds=3)
    relay.run_once()
    assert sender.state("m-1") == "accepted"
    assert far.kept_ids() == ["m-1"]


def test_a_message_that_never_arrived_is_sent_again_with_the_same_bytes(
    sender: Sender, line: Platform, far: FarEnd
) -> None:
    sender.put(message("m-1"))
    far.play({"on": "any", "do": "down", "times": 4})
    relay = relay_of(sender, line)
    relay.run_once()
    assert sender.state("m-1") == "unknown"
    sender.clock.forward(seconds=3)
    relay.run_once()
    assert sender.state("m-1") == "accepted"
    assert far.kept_ids() == ["m-1"]


def test_a_blink_of_the_line_is_over_within_one_attempt(
    sender: Sender, line: Platform, far: FarEnd
) -> None:
    sender.put(message("m-1"))
    far.play({"on": "messages", "do": "lose_ack"})
    relay_of(sender, line).run_once()
    assert sender.state("m-1") == "accepted"
    with sender.store.transaction() as db:
        assert [attempt.outcome for attempt in sender.outbox.attempts(db, "m-1")] == ["accepted"]


def test_a_busy_platform_is_not_called_before_it_asked(
    sender: Sender, line: Platform, far: FarEnd
) -> None:
    sender.put(message("m-1"), message("m-2", stay="stay-2"))
    far.play({"on": "messages", "do": "busy", "retry_after": "3600"})
    relay = relay_of(sender, line)
    assert relay.run_once() == 1
    sender.clock.forward(seconds=3599)
    assert relay.run_once() == 0
    sender.clock.forward(seconds=1)
    assert relay.run_once() == 2
    assert sorted(far.kept_ids()) == ["m-1", "m-2"]


def test_a_pause_set_by_a_clock_that_ran_ahead_ends_when_it_is_set_right(
    sender: Sender, line: Platform, far: FarEnd
) -> None:
    right = sender.clock.now
    sender.put(message("m-1"))
    far.play({"on": "messages", "do": "busy", "retry_after": "3600"})
    relay = relay_of(sender, line)
    sender.clock.forward(seconds=365 * 86400)
    relay.run_once()
    sender.clock.now = right
    assert relay.quiet_until() is None
    assert relay.run_once() == 1
    assert far.kept_ids() == ["m-1"]


@pytest.mark.parametrize("ahead_s", [60, 3 * 3600])
@pytest.mark.parametrize("restarted", [False, True])
def test_however_little_a_clock_ran_ahead_no_message_waits_for_that_moment(
    sender: Sender, line: Platform, far: FarEnd, ahead_s: int, *, restarted: bool
) -> None:
    right = sender.clock.now
    sender.put(message("m-1"))
    far.play({"on": "messages", "do": "error", "status": 503, "times": 0})
    relay = relay_of(sender, line)
    for _ in range(4):
        sender.clock.forward(seconds=ahead_s)
        relay.run_once()
    far.play()
    sender.clock.now = right
    relay = relay_of(sender, line) if restarted else relay
    assert relay.run_once() == 1
    assert far.kept_ids() == ["m-1"]


def test_a_clock_that_is_disciplined_ends_no_pause_that_was_asked_for(
    sender: Sender, line: Platform, far: FarEnd
) -> None:
    sender.put(message("m-1"))
    far.play({"on": "messages", "do": "busy", "retry_after": "3600"})
    relay = relay_of(sender, line)
    relay.run_once()
    sender.clock.forward(seconds=-0.2)
    assert relay.run_once() == 0
    assert relay.quiet_until() is not None


def test_a_person_who_mended_something_need_not_wait(
    sender: Sender, line: Platform, far: FarEnd
) -> None:
    sender.put(message("m-1"), message("m-2", stay="stay-2"))
    far.play({"on": "messages", "do": "busy", "retry_after": "3600"})
    relay = relay_of(sender, line)
    relay.run_once()
    with sender.store.transaction() as db:
        sender.outbox.retry(db, "m-1")
    relay.try_now()
    assert relay.run_once() == 2


def test_a_refused_message_waits_for_a_person_and_blocks_only_its_stay(
    sender: Sender, line: Platform, far: FarEnd
) -> None:
    wrong = {"total_fen": 300, "fund_fen": 200, "personal_fen": 99}
    first = story("stay-1")
    first[-1] = message("stay-1-s", stay="stay-1", kind=Kind.SETTLEMENT, body=wrong)
    after = message("stay-1-r", stay="stay-1", kind=Kind.REVERSAL, body={"original": "stay-1-s"})
    sender.put(*first, after, *story("stay-2"))
    assert relay_of(sender, line).run_once() == 8
    assert sender.state("stay-1-s") == "rejected"
    assert sender.state("stay-1-r") == "pending"
    assert sender.state("stay-2-s") == "accepted"
    with sender.store.transaction() as db:
        shown = sender.outbox.get(db, "stay-1-s")
    assert shown.reason is not None
    assert (shown.reason.code, shown.field) == ("TOTAL_MISMATCH", "total_fen")
    assert "stay-1-s" not in far.kept_ids()


class Broken:
    """A gateway with a fault of its own for one message."""

    def __init__(self, real: Platform, *, breaks_on: str) -> None:
        self._real = real
        self._breaks_on = breaks_on

    @property
    def batch_max(self) -> int:
        """Pass it on."""
        return self._real.batch_max

    def deliver_batch(self, messages: Sequence[Claimed]) -> Sequence[Outcome]:
        """Send, or break."""
        if self._breaks_on in {one.id for one in messages}:
            raise ZeroDivisionError
        return self._real.deliver_batch(messages)

    def deliver(self, message_id: str, payload: bytes) -> Outcome:
        """Send, or break."""
        if message_id == self._breaks_on:
            raise ZeroDivisionError
        return self._real.deliver(message_id, payload)

    def status_of(self, message_id: str, payload: bytes) -> Standing:
        """Ask."""
        return self._real.status_of(message_id, payload)


def test_a_fault_of_our_own_over_one_message_does_not_hold_up_other_stays(
    sender: Sender, line: Platform, far: FarEnd
) -> None:
    sender.put(message("m-1"), message("m-2", stay="stay-2"))
    gateway = Broken(line, breaks_on="m-1")
    relay = Relay(sender.store, sender.outbox, gateway, sender.clock, Hooks(sleep=no_pause))
    assert relay.run_once() == 2
    assert sender.state("m-1") == "unknown"
    assert far.kept_ids() == ["m-2"]


def test_no_transaction_is_held_while_the_network_is_waited_for(
    sender: Sender, line: Platform
) -> None:
    sender.put(message("m-1"))
    written: list[str] = []

    def write(point: str) -> None:
        with sender.store.transaction() as db:  # would fail inside another transaction
            sender.outbox.put(db, message(f"x-{len(written)}", stay="stay-x"))
        written.append(point)

    relay_of(sender, line, Hooks(crash=write)).run_once()
    assert written[:4] == ["after claim", "before send", "after send", "after record"]


@pytest.mark.parametrize("seed", [1, 2])
def test_with_three_answers_in_ten_lost_nothing_is_lost_and_nothing_doubled(
    sender: Sender, line: Platform, far: FarEnd, seed: int
) -> None:
    stays = [f"stay-{n}" for n in range(15)]
    sender.put(*(one for stay in stays for one in story(stay)))
    far.play(
        {"on": "messages", "do": "lose_ack", "times": 0, "chance": 0.3},
        {"on": "status", "do": "down", "times": 0, "chance": 0.5},
        {"on": "messages", "do": "error", "status": 500, "times": 0, "chance": 0.1},
        seed=seed,
    )
    relay = relay_of(sender, line)
    for _ in range(400):
        relay.run_once()
        with sender.store.transaction() as db:
            due = sender.outbox.next_due(db, sender.clock())
        if due is None:
            break
        sender.clock.now = max(due, relay.quiet_until() or due)
    assert sorted(far.kept_ids()) == sorted(f"{stay}-{step}" for stay in stays for step in "acds")
    with sender.store.transaction() as db:
        assert sender.outbox.status(db).accepted == 60
    for stay in stays:
        kept = [one.receipt.id for one in far.kept() if one.order_key == stay]
        assert kept == [f"{stay}-{step}" for step in "acds"]


def test_the_thread_delivers_when_woken_and_stops_when_told(
    sender: Sender, line: Platform, far: FarEnd
) -> None:
    delivered = Event()
    relay = relay_of(sender, line, Hooks(on_change=lambda _: delivered.set()))
    relay.start()
    relay.start()
    sender.put(message("m-1"))
    relay.wake()
    assert delivered.wait(10)
    relay.stop()
    relay.stop()
    assert far.kept_ids() == ["m-1"]


class Shouting:
    """A log that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []
        self.told = Event()

    def error(self, event: str, **fields: object) -> None:
        """Keep it."""
        self.events.append((event, fields))
        self.told.set()


def test_the_thread_outlives_a_fault_of_the_store_and_says_so(
    tmp_path: Path, sender: Sender, line: Platform, far: FarEnd
) -> None:
    tableless = Sender(tmp_path / "new.db", sender.key, tables=False)
    log, delivered = Shouting(), Event()
    hooks = Hooks(on_change=lambda _: delivered.set(), log=log)
    relay = relay_of(tableless, line, hooks)
    relay.start()
    assert log.told.wait(10)
    tableless.lay_tables()
    tableless.put(message("m-1"))
    relay.wake()
    assert delivered.wait(10)
    relay.stop()
    tableless.store.close()
    assert log.events[0] == ("relay.failed", {"error": "Fault"})
    assert far.kept_ids() == ["m-1"]


@pytest.mark.parametrize("point", ["after claim", "before send", "after send", "after record"])
def test_a_process_killed_at_any_point_has_sent_its_message_once(
    tmp_path: Path, sender: Sender, line: Platform, far: FarEnd, point: str
) -> None:
    sender.put(*story("stay-1"))
    pem = tmp_path / "key.pem"
    pem.write_bytes(sender.key.pem())
    sealing_key = sender.sealer.key.hex()
    words = [sender.store.path, far.url, pem, sealing_key, point]
    died = finished("tests.sync.dying_relay", *words)
    assert died.returncode == 9
    assert relay_of(sender, line).run_once() in {3, 4}
    assert far.kept_ids() == [one.id for one in story("stay-1")]
