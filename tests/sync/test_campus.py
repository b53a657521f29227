"""A campus whose line, servers and office fail at any point: nothing lost, nothing doubled."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sync.attempt import Hooks
from sync.campus import Campus
from sync.envelope import sign
from sync.group import up_subject
from sync.line import Silence
from sync.outcome import (
    on_its_way,
)
from sync.stream import Outgoing, PubAck
from sync.streams import HUB, receipts_plan
from tests.nats_server import NatsServer, hub, leaf
from tests.sync.campus import CampusEnd, campus_end, receipt_of
from tests.sync.far_end import FarEnd
from tests.sync.office import Office, office_of
from tests.sync.sender import FACILITY, START, Sender, message, no_pause, relay_of, story
from tests.sync.test_transports import drained


@dataclass
class Group:
    """A campus's server, the office's, and the office."""

    own: NatsServer
    middle: NatsServer
    office: Office


@pytest.fixture
def group(tmp_path: Path, sender: Sender, far: FarEnd) -> Iterator[Group]:
    with (
        hub(tmp_path / "hub") as middle,
        leaf(tmp_path / "leaf", FACILITY, middle.leaf_port) as own,
        campus_end(own.url, sender),  # its stream stands before the office gathers it
        office_of(middle.url, far.url, leaves=[FACILITY]) as office,
    ):
        yield Group(own, middle, office)


@contextmanager
def quick(group: Group, sender: Sender, hooks: Hooks | None = None) -> Iterator[CampusEnd]:
    """Open a campus that waits for no receipt."""
    with campus_end(group.own.url, sender, hooks=hooks or Hooks(), wait_s=0.01) as end:
        yield end


def once_each(far: FarEnd, ids: Sequence[str]) -> bool:
    return sorted(far.kept_ids()) == sorted(ids)


def taken(end: CampusEnd, count: int) -> None:
    """Read receipts until so many have come."""
    while count > 0:
        came = end.take()
        count -= came if isinstance(came, int) else 0


def settle_down(sender: Sender, end: CampusEnd) -> None:
    with end.listening():
        drained(sender, relay_of(sender, end.gateway))


def test_a_campus_cut_off_from_its_office_goes_on_and_then_catches_up_once(
    group: Group, sender: Sender, far: FarEnd
) -> None:
    stays = [f"stay-{n}" for n in range(3)]
    with quick(group, sender) as end:
        group.middle.kill()
        relay = relay_of(sender, end.gateway)
        for stay in stays:
            sender.put(*story(stay))
            assert relay.run_once() == 1
            assert sender.state(f"{stay}-a") == "unknown"
        assert relay.quiet_until() is None
        assert relay.last_contact() is None
        with sender.store.transaction() as db:
            waiting = sender.outbox.get(db, "stay-0-a")
        assert waiting.reason == on_its_way(START).reason
        sender.clock.forward(seconds=3)
        assert relay.run_once() == 3  # asked in vain, and not published a second time
        assert end.stream.held("UP") == 3
        assert far.kept() == ()
        group.middle.start()
        taken(end, 3)
        settle_down(sender, end)
    assert once_each(far, [one.id for stay in stays for one in story(stay)])
    for stay in stays:
        in_order = [one for one in group.office.handed if one.startswith(f"{stay}-")]
        assert list(dict.fromkeys(in_order)) == [one.id for one in story(stay)]


def test_stream_servers_killed_with_what_they_acknowledged_have_it_again(
    group: Group, sender: Sender, far: FarEnd
) -> None:
    sender.put(message("m-1", stay="stay-1"), message("m-2", stay="stay-2"))
    with quick(group, sender) as end:
        group.middle.kill()
        assert relay_of(sender, end.gateway).run_once() == 2
        group.own.kill()
        sender.put(message("m-3", stay="stay-3"))
        relay = relay_of(sender, end.gateway)
        relay.run_once()
        assert sender.state("m-3") == "pending"
        assert relay.quiet_until() is not None
        group.own.start()
        group.middle.start()
        taken(end, 2)
        assert [sender.state(one) for one in ("m-1", "m-2")] == ["accepted", "accepted"]
        settle_down(sender, end)
    assert once_each(far, ["m-1", "m-2", "m-3"])


class Deaf:
    """A publisher that never hears the acknowledgements of what it had kept."""

    def __init__(self, end: CampusEnd) -> None:
        self._end = end

    def publish_all(self, messages: Sequence[Outgoing], /) -> Sequence[PubAck | Silence]:
        """Have them kept, and hear nothing."""
        kept = self._end.stream.publish_all(messages)
        assert all(isinstance(one, PubAck) for one in kept)
        return [Silence(sent=True, what="TimeoutError")] * len(messages)

    def close(self) -> None:
        """Hang up nothing."""


def test_a_lost_acknowledgement_leaves_a_message_unknown_and_never_doubles_it(
    group: Group, sender: Sender, far: FarEnd
) -> None:
    sender.put(message("m-1"))
    with quick(group, sender) as end:
        group.office.open.clear()
        deaf = Campus(Deaf(end), end.platform, facility=FACILITY, clock=sender.clock)
        relay_of(sender, deaf).run_once()
        assert sender.state("m-1") == "unknown"
        group.office.open.set()
        settle_down(sender, end)
    assert once_each(far, ["m-1"])


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("point", ["after claim", "before send", "after send"])
def test_a_process_killed_around_publishing_sends_the_same_under_the_same_id(
    group: Group, sender: Sender, far: FarEnd, point: str
) -> None:
    def crash(reached: str) -> None:
        if reached == point:
            raise Died

    sender.put(*story("stay-1"))
    with quick(group, sender) as end:
        with pytest.raises(Died):
            relay_of(sender, end.gateway, Hooks(crash=crash, sleep=no_pause)).run_once()
        assert sender.state("stay-1-a") == "sending"
    with quick(group, sender) as end:
        settle_down(sender, end)
    assert far.kept_ids() == [one.id for one in story("stay-1")]


def test_a_process_killed_between_a_receipts_record_and_its_acknowledgement_reads_it_again(
    group: Group, sender: Sender
) -> None:
    def crash(_reached: str) -> None:
        raise Died

    sender.put(message("m-1"))
    with quick(group, sender, Hooks(crash=crash)) as end:
        relay_of(sender, end.gateway).run_once()
        with pytest.raises(Died):
            taken(end, 1)
        assert sender.state("m-1") == "accepted"
        assert end.stream.waiting(receipts_plan(FACILITY), domain=HUB) == 1
    heard: list[str] = []
    with quick(group, sender, Hooks(on_change=heard.append)) as end:
        group.office.tell(FACILITY, "m-1", receipt_of(sender, "m-1"), "again")
        taken(end, 1)
    assert heard == []
    with sender.store.transaction() as db:
        assert [one.outcome for one in sender.outbox.attempts(db, "m-1")] == ["unknown", "accepted"]


def test_beyond_the_duplicate_window_a_second_copy_settles_nothing_twice(
    tmp_path: Path, sender: Sender, far: FarEnd
) -> None:
    sender.put(message("m-1"))
    payload = sign(message("m-1"), sender.key)
    with (
        hub(tmp_path / "hub") as middle,
        office_of(middle.url, far.url, direct=[FACILITY], duplicates_s=0.1) as office,
        campus_end(middle.url, sender, leaf=False, wait_s=0.01) as end,
    ):
        relay_of(sender, end.gateway).run_once()
        subject, second = up_subject(FACILITY, "stay-1"), None
        while not isinstance(second, PubAck) or second.duplicate:
            second = end.stream.publish(subject, payload, "m-1")
        taken(end, 2)
        assert sender.state("m-1") == "accepted"
    assert far.kept_ids() == ["m-1"]
    assert office.handed == ["m-1", "m-1"]
