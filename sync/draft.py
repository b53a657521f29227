"""A message that is made when it is first sent: until then its lines lie with its cause alone.

A draft is kept in the outbox like any message, in the same transaction as its cause; what is signed
is made from it once, kept, and sent unchanged. Knows no cause: ``Compose`` reads it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sync import tables
from sync.envelope import (
    Envelope,
    SigningKey,
    digest,
    payload_of_envelope,
    read_payload,
    signed_envelope,
)
from sync.frame import pack
from sync.message import Row, Sealer, open_frame

_PLACE = "outbox_signed.payload"


@dataclass(frozen=True, slots=True)
class Draft:
    """An envelope whose body lacks its lines; ``source`` names what its cause kept."""

    envelope: Envelope
    source: str

    def kept(self) -> bytes:
        """Return the two lines that lie in the outbox."""
        return b"\n".join((payload_of_envelope(self.envelope), self.source.encode()))


Compose = Callable[[Draft], bytes]
"""Returns the whole body of a draft: the same bytes each time. Raises when its cause is broken."""


def no_drafts(draft: Draft) -> bytes:
    """Compose nothing: whoever puts no drafts needs none."""
    raise LookupError(draft.source)


@dataclass(frozen=True, slots=True)
class Made:
    """A draft made into a message: ``frame`` is packed and signed."""

    id: str
    sha256: str
    frame: bytes


class Rows(Protocol):
    """The caller's connection, its transaction open. ``query`` may be lazy: read it to the end."""

    def execute(self, sql: str, params: Sequence[object], /) -> object:
        """Run a statement that returns no rows."""

    def query(self, sql: str, params: Sequence[object], /) -> Iterator[dict[str, Any]]:
        """Run a statement that returns rows."""


class Drafts:
    """Makes messages from drafts, and keeps what was signed."""

    def __init__(self, sealer: Sealer, key: SigningKey, compose: Compose) -> None:
        self._sealer = sealer
        self._key = key
        self._compose = compose

    def waiting(self, db: Rows, limit: int) -> list[Row]:
        """Return the drafts that are next to be sent and are not made yet."""
        return list(db.query(tables.DRAFTS, [limit]))

    def made(self, row: Row) -> Made:
        """Compose, sign and pack one; needs no transaction, for a long bill takes a while.

        Raises whatever composing or the sealer raises.
        """
        kept, _, source = open_frame(self._sealer, row).rpartition(b"\n")
        draft = Draft(read_payload(kept), source.decode())
        whole = replace(draft.envelope, body=self._compose(draft))
        signed = signed_envelope(whole, self._key)
        return Made(row["id"], digest(signed.compact()), pack(signed))

    def keep(self, db: Rows, made: Made) -> None:
        """Keep what was signed, unless another hand was first."""
        sealed = self._sealer.seal(made.frame, f"{_PLACE}:{made.id}")
        db.execute(tables.KEEP_SIGNED, [made.id, made.sha256, sealed])

    def signed(self, db: Rows, row: Row) -> Made:
        """Return what is sent of a row of ``outbox``, draft or not; a draft is made here at last.

        Raises what ``made`` raises.
        """
        if not row["draft"]:
            return Made(row["id"], row["sha256"], open_frame(self._sealer, row))
        kept = self._kept(db, row)
        if kept is None:
            self.keep(db, self.made(row))
            kept = self._kept(db, row)
        if kept is None:
            raise LookupError(row["id"])
        return kept

    def kept(self, row: Row) -> bytes:
        """Return the draft's own bytes."""
        return open_frame(self._sealer, row)

    def _kept(self, db: Rows, row: Row) -> Made | None:
        found = list(db.query(tables.SIGNED, [row["id"]]))
        if not found:
            return None
        frame = self._sealer.unseal(found[0]["payload_sealed"], f"{_PLACE}:{row['id']}")
        return Made(row["id"], found[0]["sha256"], frame)
