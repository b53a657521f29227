"""Messages to the platform, kept in the caller's database and committed with their cause.

Keeps order within a stay, remembers every try, deletes and sends nothing, opens no transaction.
States (DOMAIN §5): ``pending`` → ``sending`` → ``accepted`` | ``rejected`` (a person must act) |
``unknown`` (ask by its own id first).
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from sync import codec, tables
from sync.draft import Compose, Draft, Drafts, Rows, no_drafts
from sync.envelope import Envelope, Kind, SigningKey, digest, signed_envelope
from sync.errors import (
    INTERRUPTED,
    MESSAGE_ID_REUSED,
    MESSAGE_NOT_FOUND,
    MESSAGE_STATE,
    NOTE_MISSING,
    NOTHING_TO_REVERSE,
    PREDECESSOR_RESOLVED,
    SEAL_BROKEN,
    OutboxConflict,
    Reason,
)
from sync.frame import pack, payload_of
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
    open_frame,
    read_attempt,
    read_message,
    seal_attempt,
    seal_explanation,
    seal_frame,
    seal_note,
    stored,
)
from sync.outcome import PAUSE_MAX, Accepted, NeedsPerson, Outcome, RetryAt, Unknown, speaks_of

PAGE_MAX = 500
NOTE_MAX = 500
OUT_OF_ORDER = "OUT_OF_ORDER"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds between tries: the first pause, doubled each time, up to the last."""

    first_s: float = 2.0
    longest_s: float = 300.0


class Outbox:
    """Signs, seals and keeps messages. Every method runs in the caller's open transaction."""

    def __init__(
        self,
        sealer: Sealer,
        key: SigningKey,
        patience: Patience = Patience(),
        *,
        compose: Compose = no_drafts,
    ) -> None:
        self.drafts = Drafts(sealer, key, compose)
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
        signed = signed_envelope(envelope, self._key)
        sealed = seal_frame(self._sealer, envelope.id, pack(signed))
        kept = _put(db, envelope, digest(signed.compact()), sealed)
        if kept and (kept["draft"] or payload_of(open_frame(self._sealer, kept)) != signed.payload):
            raise OutboxConflict(MESSAGE_ID_REUSED, field="id")

    def put_draft(self, db: Rows, draft: Draft) -> None:
        """Keep a message, likewise, that is composed when it is sent; it must not be too large."""
        envelope, said = draft.envelope, draft.kept()
        sealed = seal_frame(self._sealer, envelope.id, said)
        kept = _put(db, envelope, digest(said), sealed, draft=1)
        if kept and (not kept["draft"] or open_frame(self._sealer, kept) != said):
            raise OutboxConflict(MESSAGE_ID_REUSED, field="id")

    def claim_due(self, db: Rows, now: datetime, limit: int) -> tuple[Claimed, ...]:
        """Mark the messages that may be sent now as ``sending`` and return them, oldest first.

        Of each stay only the oldest undelivered message is ever due; stays do not wait for each
        other. A message that cannot be opened is parked for a person and holds up only its stay.
        """
        claimed: list[Claimed] = []
        while len(claimed) < limit:
            due = list(db.query(tables.DUE, [*_window(now), limit - len(claimed)]))
            if not due:
                break
            claimed += filter(None, [self._claim(db, row, now) for row in due])
        return tuple(claimed)

    def record(self, db: Rows, message_id: str, outcome: Outcome, now: datetime) -> Message:
        """Write down one try and return the message as it stands after it.

        What is accepted or resolved stays so, whatever a slower try says later.
        """
        self.note(db, message_id, outcome, now)
        return self.get(db, message_id)

    def note(self, db: Rows, message_id: str, outcome: Outcome, now: datetime) -> None:
        """Write down one try, as ``record`` does, and return nothing."""
        row = _must_find(db, message_id)
        late = row["state"] != State.SENDING and not isinstance(outcome, Accepted)
        if row["state"] != State.ACCEPTED and not row["resolved_at"] and not late:
            self._stand(db, row, self._hopeful(db, row, outcome), now)

    def hear(self, db: Rows, message_id: str, outcome: Outcome, now: datetime) -> bool:
        """Write down what was heard of a message later; tell whether it says anything new.

        Acceptance counts whatever the state, a refusal while the outcome is not known; what speaks
        of a message that is not ours, or of other bytes than were sent, says nothing.
        """
        row = _find(db, message_id)
        if row is None or row["state"] == State.ACCEPTED or row["resolved_at"]:
            return False
        told = self._hopeful(db, row, outcome)
        open_now = row["state"] in {State.UNKNOWN, State.SENDING}
        counts = isinstance(told, Accepted) or (isinstance(told, NeedsPerson) and open_now)
        sent = _sent(db, row)
        if not (counts and sent and speaks_of(told, message_id=message_id, sha256=sent)):
            return False
        self._stand(db, row, told, now)
        return True

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
        return moment_of(_only(db.query(tables.NEXT_DUE, [end, start]))["at"])

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
        rows = db.query(tables.PAGE, [before, only, only, min(limit, PAGE_MAX)])
        return tuple(read_message(self._sealer, row) for row in rows)

    def undelivered(
        self, db: Rows, *, before: int | None = None, limit: int = 50
    ) -> tuple[Message, ...]:
        """Return a page of what waits for the platform or a person, likewise."""
        rows = db.query(tables.UNDELIVERED, [before, min(limit, PAGE_MAX)])
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
        rows = db.query(tables.COUNTS, [])
        counted = {(row["state"], bool(row["resolved"])): row["messages"] for row in rows}
        return Counts(
            **{state.value: counted.get((state.value, False), 0) for state in State},
            resolved=counted.get((State.REJECTED.value, True), 0),
            oldest_undelivered=moment_of(_only(db.query(tables.OLDEST, []))["at"]),
        )

    def _claim(self, db: Rows, row: Row, now: datetime) -> Claimed | None:
        try:
            signed = self.drafts.signed(db, row)
            undone = row["kind"] == Kind.REVERSAL and _refused_original(db, signed.frame)
        except Exception:  # noqa: BLE001 - whatever a sealer raises, only this stay is held up
            self._stand(db, row, NeedsPerson(reason=SEAL_BROKEN), now)
            return None
        if undone:
            self._close(db, row, undone, now)
            return None
        db.execute("update outbox set state = 'sending' where id = ?", [row["id"]])
        return Claimed(
            id=row["id"],
            order_key=row["order_key"],
            stored=signed.frame,
            sha256=signed.sha256,
            ask_first=row["state"] == State.UNKNOWN,
        )

    def _close(self, db: Rows, row: Row, original: Row, now: datetime) -> None:
        """Withdraw a reversal of what the platform never took, beside the one who resolved it."""
        why = seal_explanation(self._sealer, row["id"], Explanation(reason=NOTHING_TO_REVERSE))
        note = seal_note(self._sealer, row["id"], NOTHING_TO_REVERSE.text)
        who = original["resolved_by"]
        code = NOTHING_TO_REVERSE.code
        db.execute(tables.CLOSE, [code, why, stored(now), who, note, row["id"]])

    def _hopeful(self, db: Rows, row: Row, outcome: Outcome) -> Outcome:
        """Turn "not before its predecessor" into a refusal where that will never come.

        A predecessor which a person resolved is not sent again: whoever waits for it waits for
        ever, unless a person looks.
        """
        waits = isinstance(outcome, RetryAt | Unknown) and outcome.reason.code == OUT_OF_ORDER
        if not waits or not list(db.query(tables.RESOLVED_BEFORE, [row["order_key"], row["seq"]])):
            return outcome
        return NeedsPerson(reason=PREDECESSOR_RESOLVED, message_id=row["id"])

    def _stand(self, db: Rows, row: Row, outcome: Outcome, now: datetime) -> None:
        match outcome:
            case Accepted():
                self._note_attempt(db, row, now, "accepted", None)
                db.execute(tables.ACCEPT, [outcome.receipt, row["id"]])
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
        db.execute(tables.MOVE, [state.value, next_try_at, why.reason.code, sealed, row["id"]])

    def _note_attempt(
        self, db: Rows, row: Row, now: datetime, outcome: str, reason: Reason | None
    ) -> None:
        number = row["tries"] + 1
        text = seal_attempt(self._sealer, row["id"], number, reason.text) if reason else None
        code = reason.code if reason else None
        db.execute(tables.ATTEMPT, [row["id"], number, stored(now), outcome, code, text])


class _Original(codec.Tolerant, frozen=True):
    original: str


class _Reversal(codec.Tolerant, frozen=True):
    """The one body of which the wire reads a member, for the protocol fixes it."""

    body: _Original


def _put(db: Rows, envelope: Envelope, sha256: str, sealed: bytes, *, draft: int = 0) -> Row | None:
    """Keep a message; return the row that has its id already, and then nothing is changed."""
    new = db.query(
        "insert into outbox (id, kind, order_key, sha256, payload_sealed, created_at, draft)"
        " values (?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing returning seq",
        [
            envelope.id,
            envelope.kind.value,
            envelope.order_key,
            sha256,
            sealed,
            stored(envelope.moment),
            draft,
        ],
    )
    return None if list(new) else _must_find(db, envelope.id)


def _window(now: datetime) -> tuple[str, str]:
    """Return the bounds between which a message waits: before is due, beyond is a jumped clock."""
    return stored(now), stored(now + PAUSE_MAX)


def _pause(patience: Patience, message_id: str, tries: int) -> timedelta:
    """Double the pause with each try, less up to half of it, so that edges do not march in step."""
    whole_s = min(patience.first_s * 2 ** min(tries, 30), patience.longest_s)
    share = zlib.crc32(f"{message_id}:{tries}".encode()) / 2**32
    return timedelta(seconds=whole_s * (1 - share / 2))


def _refused_original(db: Rows, stored_frame: bytes) -> Row | None:
    """Return the message that a reversal names, if it was refused and a person resolved it."""
    try:
        said = codec.decode(payload_of(stored_frame), _Reversal)
    except codec.NotThisShape:
        return None  # the platform will say what is wrong with it
    original = _find(db, said.body.original)
    return original if original and original["resolved_at"] else None


def _find(db: Rows, message_id: str) -> Row | None:
    rows = list(db.query("select * from outbox where id = ?", [message_id]))
    return rows[0] if rows else None


def _sent(db: Rows, row: Row) -> str:
    """Return the SHA-256 of the signed bytes; empty while a draft was never signed."""
    if not row["draft"]:
        return str(row["sha256"])
    return next((str(one["sha256"]) for one in db.query(tables.SIGNED, [row["id"]])), "")


def _must_find(db: Rows, message_id: str) -> Row:
    row = _find(db, message_id)
    if row is None:
        raise OutboxConflict(MESSAGE_NOT_FOUND, field="id")
    return row


def _only(rows: Iterator[Row]) -> Row:
    [row] = rows
    return row
