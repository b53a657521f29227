"""Messages to the platform, kept in the caller's database and committed with their cause.

Keeps order within a stay, remembers every try, deletes nothing. Sends nothing, opens no
transaction, and knows no table but its own two. States (DOMAIN §5): ``pending`` → ``sending`` →
``accepted`` | ``rejected`` (a person must act) | ``unknown`` (ask by its own id first).
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, assert_never

from sync.envelope import Envelope, SigningKey, digest, sign
from sync.errors import (
    INTERRUPTED,
    MESSAGE_ID_REUSED,
    MESSAGE_NOT_FOUND,
    MESSAGE_STATE,
    NOTE_MISSING,
    SEAL_BROKEN,
    OutboxConflict,
    Reason,
)
from sync.message import (
    Attempt,
    Claimed,
    Counts,
    Explanation,
    Message,
    Row,
    Sealer,
    State,
    moment_of,
    open_payload,
    read_attempt,
    read_message,
    seal_attempt,
    seal_explanation,
    seal_note,
    seal_payload,
    stored,
)
from sync.outcome import PAUSE_MAX, Accepted, NeedsPerson, Outcome, RetryAt, Unknown

PAGE_MAX = 500
NOTE_MAX = 500

SCHEMA = """\
create table outbox (
    seq integer primary key autoincrement,
    id text not null unique check (length(id) between 1 and 64),
    kind text not null,
    order_key text not null,
    state text not null default 'pending'
        check (state in ('pending', 'sending', 'accepted', 'rejected', 'unknown')),
    sha256 text not null check (length(sha256) = 64),
    payload_sealed blob not null,
    created_at text not null,
    tries integer not null default 0 check (tries >= 0),
    next_try_at text,
    code text,
    answer_sealed blob,
    receipt text,
    resolved_at text,
    resolved_by text,
    note_sealed blob,
    check ((state = 'accepted') = (receipt is not null)),
    check (resolved_at is null or state = 'rejected'),
    check ((resolved_at is null) = (resolved_by is null))
) strict;
create index outbox_undelivered on outbox (order_key, seq)
    where state <> 'accepted' and resolved_at is null;
create index outbox_by_case on outbox (order_key, seq);
create index outbox_by_state on outbox (state, resolved_at);
create table outbox_attempts (
    message text not null references outbox (id),
    number integer not null check (number >= 1),
    at text not null,
    outcome text not null
        check (outcome in ('accepted', 'retry', 'rejected', 'unknown', 'interrupted')),
    code text,
    text_sealed blob,
    primary key (message, number)
) strict, without rowid;
create trigger outbox_is_kept before delete on outbox
begin
    select raise(abort, 'an outbox message is never deleted');
end;
create trigger outbox_says_the_same
before update of seq, id, kind, order_key, sha256, payload_sealed, created_at on outbox
begin
    select raise(abort, 'an outbox message is never altered');
end;
create trigger outbox_attempts_are_kept before delete on outbox_attempts
begin
    select raise(abort, 'an attempt is never deleted');
end;
create trigger outbox_attempts_say_the_same before update on outbox_attempts
begin
    select raise(abort, 'an attempt is never altered');
end;
"""


class Rows(Protocol):
    """The caller's connection, its transaction open. ``query`` may be lazy: read it to the end."""

    def execute(self, sql: str, params: Sequence[object], /) -> object:
        """Run a statement that returns no rows."""

    def query(self, sql: str, params: Sequence[object], /) -> Iterator[dict[str, Any]]:
        """Run a statement that returns rows."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds between tries: the first pause, doubled each time, up to the last."""

    first_s: float = 2.0
    longest_s: float = 300.0


class Outbox:
    """Signs, seals and keeps messages. Every method runs in the caller's open transaction."""

    def __init__(self, sealer: Sealer, key: SigningKey, patience: Patience = Patience()) -> None:
        self._sealer = sealer
        self._key = key
        self._patience = patience

    def put(self, db: Rows, envelope: Envelope) -> None:
        """Keep a message beside its cause. The signed bytes are made here, once and for all.

        Putting the same envelope again changes nothing.

        Raises:
            BadEnvelope: TOO_LARGE.
            OutboxConflict: MESSAGE_ID_REUSED, the id already says something else.
        """
        payload = sign(envelope, self._key)
        kept = _find(db, envelope.id)
        if kept is None:
            sealed = seal_payload(self._sealer, envelope.id, payload)
            _insert(db, envelope, digest(payload), sealed)
        elif kept["sha256"] != digest(payload):
            raise OutboxConflict(MESSAGE_ID_REUSED, field="id")

    def claim_due(self, db: Rows, now: datetime, limit: int) -> tuple[Claimed, ...]:
        """Mark the messages that may be sent now as ``sending`` and return them, oldest first.

        Of each stay only the oldest undelivered message is ever due; stays do not wait for each
        other. A message that cannot be opened is parked for a person and holds up only its stay.
        """
        claimed: list[Claimed] = []
        while len(claimed) < limit:
            due = list(db.query(_DUE, [*_window(now), limit - len(claimed)]))
            if not due:
                break
            claimed += filter(None, [self._claim(db, row, now) for row in due])
        return tuple(claimed)

    def record(self, db: Rows, message_id: str, outcome: Outcome, now: datetime) -> Message:
        """Write down one try and return the message as it stands after it.

        What is accepted or resolved stays so, whatever a slower try says later.
        """
        row = _must_find(db, message_id)
        late = row["state"] != State.SENDING and not isinstance(outcome, Accepted)
        if row["state"] != State.ACCEPTED and not row["resolved_at"] and not late:
            self._stand(db, row, outcome, now)
        return self.get(db, message_id)

    def recover(self, db: Rows, now: datetime) -> int:
        """Take what a crash left in ``sending`` as ``unknown``, due at once; return how many.

        Call it before the first claim of a process.
        """
        left = list(db.query("select * from outbox where state = 'sending'", []))
        for row in left:
            self._note_attempt(db, row, now, "interrupted", INTERRUPTED)
            self._move(db, row, State.UNKNOWN, Explanation(reason=INTERRUPTED), next_try_at=None)
        return len(left)

    def next_due(self, db: Rows, now: datetime) -> datetime | None:
        """Return when the next message may be sent (``now`` if at once), or None if none waits."""
        start, end = _window(now)
        return moment_of(_only(db.query(_NEXT_DUE, [end, start]))["at"])

    def retry(self, db: Rows, message_id: str) -> Message:
        """Make a rejected or waiting message due at once: somebody mended what was wrong.

        Raises:
            OutboxConflict: MESSAGE_NOT_FOUND; MESSAGE_STATE, when it is accepted, under way or
                resolved.
        """
        row = _must_find(db, message_id)
        if row["state"] in {State.ACCEPTED, State.SENDING} or row["resolved_at"]:
            raise OutboxConflict(MESSAGE_STATE, field="state")
        db.execute(
            "update outbox set next_try_at = null,"
            " state = case state when 'rejected' then 'pending' else state end where id = ?",
            [message_id],
        )
        return self.get(db, message_id)

    def resolve(
        self, db: Rows, message_id: str, *, note: str, operator: str, now: datetime
    ) -> Message:
        """Note how a rejected message was settled outside the wire; its stay goes on without it.

        Only a refusal can be resolved: an unknown outcome is asked for, never decided here.

        Raises:
            OutboxConflict: MESSAGE_NOT_FOUND; MESSAGE_STATE, when it does not wait for a person;
                NOTE_MISSING.
        """
        row = _must_find(db, message_id)
        if row["state"] != State.REJECTED or row["resolved_at"]:
            raise OutboxConflict(MESSAGE_STATE, field="state")
        if not note.strip():
            raise OutboxConflict(NOTE_MISSING, field="note")
        sealed = seal_note(self._sealer, message_id, note[:NOTE_MAX])
        db.execute(
            "update outbox set resolved_at = ?, resolved_by = ?, note_sealed = ? where id = ?",
            [stored(now), operator, sealed, message_id],
        )
        return self.get(db, message_id)

    def get(self, db: Rows, message_id: str) -> Message:
        """Return one message.

        Raises:
            OutboxConflict: MESSAGE_NOT_FOUND.
        """
        return read_message(self._sealer, _must_find(db, message_id))

    def messages(
        self, db: Rows, *, state: State | None = None, before: int | None = None, limit: int = 50
    ) -> tuple[Message, ...]:
        """Return a page of messages, newest first; ``before`` is the last page's smallest seq."""
        only = state.value if state else None
        rows = db.query(_PAGE, [only, only, before, before, min(limit, PAGE_MAX)])
        return tuple(read_message(self._sealer, row) for row in rows)

    def of_case(self, db: Rows, order_key: str) -> tuple[Message, ...]:
        """Return the messages of one stay or fitting, oldest first, ``PAGE_MAX`` at most."""
        sql = "select * from outbox where order_key = ? order by seq limit ?"
        rows = db.query(sql, [order_key, PAGE_MAX])
        return tuple(read_message(self._sealer, row) for row in rows)

    def attempts(self, db: Rows, message_id: str) -> tuple[Attempt, ...]:
        """Return the tries of one message, oldest first."""
        sql = "select * from outbox_attempts where message = ? order by number"
        return tuple(read_attempt(self._sealer, row) for row in db.query(sql, [message_id]))

    def status(self, db: Rows) -> Counts:
        """Count the messages by state."""
        rows = db.query(_COUNTS, [])
        counted = {(row["state"], bool(row["resolved"])): row["messages"] for row in rows}
        return Counts(
            **{state.value: counted.get((state.value, False), 0) for state in State},
            resolved=counted.get((State.REJECTED.value, True), 0),
            oldest_undelivered=moment_of(_only(db.query(_OLDEST, []))["at"]),
        )

    def _claim(self, db: Rows, row: Row, now: datetime) -> Claimed | None:
        try:
            payload = open_payload(self._sealer, row)
        except Exception:  # noqa: BLE001 - whatever a sealer raises, only this stay is held up
            self._stand(db, row, NeedsPerson(reason=SEAL_BROKEN), now)
            return None
        db.execute("update outbox set state = 'sending' where id = ?", [row["id"]])
        return Claimed(
            id=row["id"],
            order_key=row["order_key"],
            payload=payload,
            ask_first=row["state"] == State.UNKNOWN,
        )

    def _stand(self, db: Rows, row: Row, outcome: Outcome, now: datetime) -> None:
        match outcome:
            case Accepted():
                self._note_attempt(db, row, now, "accepted", None)
                db.execute(_ACCEPT, [outcome.receipt, row["id"]])
            case NeedsPerson():
                self._note_attempt(db, row, now, "rejected", outcome.reason)
                why = Explanation(reason=outcome.reason, field=outcome.field, lines=outcome.lines)
                self._move(db, row, State.REJECTED, why, next_try_at=None)
            case RetryAt():
                self._note_attempt(db, row, now, "retry", outcome.reason)
                self._wait(db, row, State.PENDING, outcome, now)
            case Unknown():
                self._note_attempt(db, row, now, "unknown", outcome.reason)
                self._wait(db, row, State.UNKNOWN, outcome, now)
            case _:
                assert_never(outcome)

    def _wait(
        self, db: Rows, row: Row, state: State, outcome: RetryAt | Unknown, now: datetime
    ) -> None:
        pause = _pause(self._patience, row["id"], row["tries"])
        at = min(max(outcome.at, now + pause), now + PAUSE_MAX)
        self._move(db, row, state, Explanation(reason=outcome.reason), next_try_at=stored(at))

    def _move(
        self, db: Rows, row: Row, state: State, why: Explanation, *, next_try_at: str | None
    ) -> None:
        sealed = seal_explanation(self._sealer, row["id"], why)
        db.execute(_MOVE, [state.value, next_try_at, why.reason.code, sealed, row["id"]])

    def _note_attempt(
        self, db: Rows, row: Row, now: datetime, outcome: str, reason: Reason | None
    ) -> None:
        number = row["tries"] + 1
        text = seal_attempt(self._sealer, row["id"], number, reason.text) if reason else None
        code = reason.code if reason else None
        db.execute(_ATTEMPT, [row["id"], number, stored(now), outcome, code, text])


_HEADS = """\
from outbox as head
where head.state in ('pending', 'unknown') and head.state <> 'accepted'
and head.resolved_at is null
and not exists (
    select 1 from outbox as earlier
    where earlier.order_key = head.order_key and earlier.seq < head.seq
    and earlier.state <> 'accepted' and earlier.resolved_at is null
)"""
_DUE = f"""\
select head.* {_HEADS}
and (head.next_try_at is null or head.next_try_at <= ? or head.next_try_at > ?)
order by head.seq limit ?"""
_NEXT_DUE = f"""\
select min(case when head.next_try_at <= ? then head.next_try_at else ? end) as at {_HEADS}"""
_ATTEMPT = """\
insert into outbox_attempts (message, number, at, outcome, code, text_sealed)
values (?, ?, ?, ?, ?, ?)"""
_MOVE = """\
update outbox set state = ?, next_try_at = ?, code = ?, answer_sealed = ?, tries = tries + 1
where id = ?"""
_ACCEPT = """\
update outbox set state = 'accepted', receipt = ?, next_try_at = null, code = null,
answer_sealed = null, tries = tries + 1 where id = ?"""
_PAGE = """\
select * from outbox where (? is null or state = ?) and (? is null or seq < ?)
order by seq desc limit ?"""
_COUNTS = """\
select state, resolved_at is not null as resolved, count(*) as messages
from outbox group by state, resolved"""
_OLDEST = """\
select min(created_at) as at from outbox where state <> 'accepted' and resolved_at is null"""


def _insert(db: Rows, envelope: Envelope, sha256: str, sealed: bytes) -> None:
    db.execute(
        "insert into outbox (id, kind, order_key, sha256, payload_sealed, created_at)"
        " values (?, ?, ?, ?, ?, ?)",
        [
            envelope.id,
            envelope.kind.value,
            envelope.order_key,
            sha256,
            sealed,
            stored(envelope.moment),
        ],
    )


def _window(now: datetime) -> tuple[str, str]:
    """Return the bounds between which a message waits: before is due, beyond is a jumped clock."""
    return stored(now), stored(now + PAUSE_MAX)


def _pause(patience: Patience, message_id: str, tries: int) -> timedelta:
    """Double the pause with each try, less up to half of it, so that edges do not march in step."""
    whole_s = min(patience.first_s * 2 ** min(tries, 30), patience.longest_s)
    share = zlib.crc32(f"{message_id}:{tries}".encode()) / 2**32
    return timedelta(seconds=whole_s * (1 - share / 2))


def _find(db: Rows, message_id: str) -> Row | None:
    rows = list(db.query("select * from outbox where id = ?", [message_id]))
    return rows[0] if rows else None


def _must_find(db: Rows, message_id: str) -> Row:
    row = _find(db, message_id)
    if row is None:
        raise OutboxConflict(MESSAGE_NOT_FOUND, field="id")
    return row


def _only(rows: Iterator[Row]) -> Row:
    [row] = rows
    return row
