"""A message on its way: as the relay sends it, as a screen shows it, and how a row holds it.

Changes nothing; moments are stored as ISO 8601 in UTC, what may name a person is sealed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from sync import codec
from sync.envelope import Kind
from sync.errors import Reason
from sync.frame import unpack
from sync.outcome import LineRefusal

Row = dict[str, Any]


class Sealer(Protocol):
    """Encrypts what names a person; ``place`` (``table.column:row``) is bound to the bytes."""

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt for this place."""

    def unseal(self, sealed: bytes, place: str) -> bytes:
        """Return the plain bytes; raises when they were changed or moved."""


class State(StrEnum):
    """Where a message is."""

    PENDING = "pending"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message taken for sending. ``ask_first`` when the platform may have it already.

    ``stored`` is its frame; ``sha256`` is of ``payload``, the signed bytes in compact form.
    """

    id: str
    order_key: str
    stored: bytes
    sha256: str
    ask_first: bool

    @property
    def payload(self) -> bytes:
        """The signed bytes in compact form."""
        return unpack(self.stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as a screen shows it. ``reason`` is the platform's or ours, once there is one."""

    seq: int
    id: str
    kind: Kind
    order_key: str
    state: State
    created_at: datetime
    tries: int
    next_try_at: datetime | None
    reason: Reason | None
    field: str
    lines: tuple[LineRefusal, ...]
    receipt: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try: ``outcome`` is accepted, retry, rejected, unknown or interrupted."""

    number: int
    at: datetime
    outcome: str
    code: str | None
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many messages stand where. ``rejected`` wait for a person; ``resolved`` had one."""

    pending: int
    sending: int
    accepted: int
    rejected: int
    unknown: int
    resolved: int
    oldest_undelivered: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a message stands where it stands; the platform's words may name a person."""

    reason: Reason
    field: str = ""
    lines: tuple[LineRefusal, ...] = ()


def stored(moment: datetime) -> str:
    """Write a moment so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def seal_explanation(sealer: Sealer, message_id: str, why: Explanation) -> bytes:
    """Seal the explanation for its row."""
    return sealer.seal(codec.encode(why), f"outbox.answer:{message_id}")


def seal_note(sealer: Sealer, message_id: str, note: str) -> bytes:
    """Seal a person's note for its row."""
    return sealer.seal(note.encode(), f"outbox.note:{message_id}")


def seal_attempt(sealer: Sealer, message_id: str, number: int, text: str) -> bytes:
    """Seal what one try was told."""
    return sealer.seal(text.encode(), f"outbox_attempts.text:{message_id}:{number}")


def seal_frame(sealer: Sealer, message_id: str, frame: bytes) -> bytes:
    """Seal the packed and signed bytes for their row."""
    return sealer.seal(frame, f"outbox.payload:{message_id}")


def open_frame(sealer: Sealer, row: Row) -> bytes:
    """Return the packed and signed bytes of a row; raises what the sealer raises."""
    return sealer.unseal(row["payload_sealed"], f"outbox.payload:{row['id']}")


def read_message(sealer: Sealer, row: Row) -> Message:
    """Read a row of ``outbox``; raises what the sealer raises."""
    why = _explanation(sealer, row)
    note = row["note_sealed"]
    return Message(
        seq=row["seq"],
        id=row["id"],
        kind=Kind(row["kind"]),
        order_key=row["order_key"],
        state=State(row["state"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        tries=row["tries"],
        next_try_at=moment_of(row["next_try_at"]),
        reason=why.reason if why else None,
        field=why.field if why else "",
        lines=why.lines if why else (),
        receipt=row["receipt"],
        resolved_at=moment_of(row["resolved_at"]),
        resolved_by=row["resolved_by"],
        note=sealer.unseal(note, f"outbox.note:{row['id']}").decode() if note else None,
    )


def read_attempt(sealer: Sealer, row: Row) -> Attempt:
    """Read a row of ``outbox_attempts``; raises what the sealer raises."""
    place = f"outbox_attempts.text:{row['message']}:{row['number']}"
    sealed = row["text_sealed"]
    return Attempt(
        number=row["number"],
        at=datetime.fromisoformat(row["at"]),
        outcome=row["outcome"],
        code=row["code"],
        text=sealer.unseal(sealed, place).decode() if sealed else None,
    )


def moment_of(text: str | None) -> datetime | None:
    """Read what ``stored`` wrote."""
    return datetime.fromisoformat(text) if text else None


def _explanation(sealer: Sealer, row: Row) -> Explanation | None:
    sealed = row["answer_sealed"]
    if not sealed:
        return None
    return codec.decode(sealer.unseal(sealed, f"outbox.answer:{row['id']}"), Explanation)
