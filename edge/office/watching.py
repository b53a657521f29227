"""The office's figures for a monitoring system: the stream, the books, each campus. No person.

Looks when it is asked; changes nothing. Names of campuses are their facilities.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from edge.core.errors import Fault, Words
from edge.office.campus import Campus
from edge.office.figures import CampusState, campus_states, waiting
from edge.office.opening import Office
from edge.web.metrics import Figure
from sync.group import DOWN_STREAM, GROUP_STREAM
from sync.line import Silence
from sync.stream import Stream
from sync.stream_api import ConsumerInfo, StreamInfo
from sync.streams import OFFICE

CUT_OFF_S = 120.0
"""A campus's stream server is heard every few seconds; after so long it is cut off."""

Look = Callable[[], Iterable[Figure]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSeen:
    """The group's streams. ``silent_s`` is by facility, None for one that never was heard.

    ``oldest_s`` is the age of the first message that no worker has acknowledged, 0 for none.
    """

    held: Mapping[str, int]
    unread: int
    unacknowledged: int
    redelivered: int
    oldest_s: float
    lag: Mapping[str, int] = field(default_factory=dict)
    silent_s: Mapping[str, float | None] = field(default_factory=dict)


def stream_seen(stream: Stream, now: datetime) -> StreamSeen:
    """Look at the streams.

    Raises:
        Fault: STREAM_SILENT.
    """
    group, down = stream.stands(GROUP_STREAM), stream.stands(DOWN_STREAM)
    read = stream.read_of(OFFICE)
    if isinstance(group, Silence) or isinstance(down, Silence) or isinstance(read, Silence):
        raise _silent(stream.trouble())
    return StreamSeen(
        held={GROUP_STREAM: group.state.messages, DOWN_STREAM: down.state.messages},
        unread=read.num_pending,
        unacknowledged=read.num_ack_pending,
        redelivered=read.num_redelivered,
        oldest_s=_oldest_s(stream, read, now),
        lag={one.domain: one.lag for one in group.sources},
        silent_s=_silences(group),
    )


def looks_of(office: Office, stream: Stream) -> tuple[Look, ...]:
    """Return all that is looked at when the monitoring system asks."""
    return (
        lambda: [_up(stream)],
        lambda: _of_stream(stream_seen(stream, office.clock()), office.campuses),
        lambda: _of_books(office),
    )


def _up(stream: Stream) -> Figure:
    silent = isinstance(stream.stands(GROUP_STREAM), Silence)
    return _one("edge_group_stream_up", "1 while the stream server answers", int(not silent))


def _of_stream(seen: StreamSeen, campuses: Mapping[str, Campus]) -> Iterator[Figure]:
    yield Figure(
        "edge_group_stream_messages", "Messages that a stream holds", ("stream",),
        tuple(((name,), held) for name, held in seen.held.items()),
    )  # fmt: skip
    yield _one("edge_group_unread", "Messages that no worker has fetched", seen.unread)
    yield _one("edge_group_unacknowledged", "Fetched, not yet kept", seen.unacknowledged)
    yield _one("edge_group_redelivered", "Unacknowledged ones fetched again", seen.redelivered)
    yield _one("edge_group_unread_oldest_seconds", "Age of the first not kept", seen.oldest_s)
    leaves = [one for one in campuses if campuses[one].leaf]
    silent = {one: seen.silent_s.get(one) for one in leaves}
    cut_off = [one for one, s in silent.items() if s is None or s > CUT_OFF_S]
    yield _one("edge_group_campuses_cut_off", "Campuses whose server is silent", len(cut_off))
    yield _by_campus(
        "edge_group_campus_silent_seconds", "Since when a campus's server is silent",
        {one: s for one, s in silent.items() if s is not None},
    )  # fmt: skip
    yield _by_campus(
        "edge_group_campus_lag", "Messages of a campus not yet gathered",
        {one: seen.lag.get(one, 0) for one in leaves},
    )  # fmt: skip


def _of_books(office: Office) -> Iterator[Figure]:
    db, now = office.books.read(), office.clock()
    yield _one("edge_group_waiting", "Messages and receipts that wait in the books", waiting(db))
    states = campus_states(db, office.campuses, now)
    counted: tuple[tuple[str, str, Callable[[CampusState], int]], ...] = (
        ("edge_group_pending", "Messages that wait for the platform", lambda one: one.pending),
        ("edge_group_quarantined", "Open in quarantine", lambda one: one.quarantined),
        ("edge_group_chain_broken", "1 while its ledger is an alarm", lambda one: bool(one.alarm)),
        ("edge_group_clocks_overdue", "Stays past 48 hours", lambda one: one.overdue),
    )
    for name, about, value in counted:
        yield _by_campus(name, about, {one.facility: int(value(one)) for one in states})
    aged: tuple[tuple[str, str, Callable[[CampusState], datetime | None]], ...] = (
        ("edge_group_pending_seconds", "Age of the oldest", lambda one: one.pending_since),
        ("edge_group_heard_seconds", "Since it was last heard", lambda one: one.heard_at),
        ("edge_group_list_age_seconds", "Age of its list", lambda one: one.list_as_of),
    )
    for name, about, since in aged:
        ages = {one.facility: _age_s(since(one), now) for one in states}
        yield _by_campus(name, about, {one: s for one, s in ages.items() if s is not None})


def _oldest_s(stream: Stream, read: ConsumerInfo, now: datetime) -> float:
    if not read.num_pending + read.num_ack_pending:
        return 0.0
    since = stream.kept_since(GROUP_STREAM, read.ack_floor.stream_seq + 1)
    return 0.0 if isinstance(since, Silence) else _age_s(since, now) or 0.0


def _silences(group: StreamInfo) -> dict[str, float | None]:
    return {one.domain: one.silent_s for one in group.sources}


def _age_s(since: datetime | None, now: datetime) -> float | None:
    return max(0.0, (now - since).total_seconds()) if since else None


def _one(name: str, about: str, value: float) -> Figure:
    return Figure(name, about, (), (((), value),))


def _by_campus(name: str, about: str, values: Mapping[str, float]) -> Figure:
    rows = tuple(((campus,), value) for campus, value in values.items())
    return Figure(name, about, ("campus",), rows)


def _silent(trouble: str) -> Fault:
    return Fault(
        "STREAM_SILENT",
        Words(f"消息服务器没有应答：{trouble}", f"the stream server does not answer: {trouble}"),
        Words(
            "检查 nats-server 与 office.toml 中 stream（edge office doctor）",
            "check nats-server and stream in office.toml (edge office doctor)",
        ),
    )
