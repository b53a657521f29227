"""Envelopes written down: each once, by COPY; what fails its check stands in quarantine.

Runs in the caller's transaction, whose commit comes before any acknowledgement. What came twice
changes nothing, but for an answer that its campus has not heard, or a refusal to be tried again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.office.books import AlreadyThere, Row, Rows
from edge.office.heads import continued
from edge.office.intake import Checked, Refused
from edge.office.receipts import owe, owe_again, refusal
from edge.store.vault import Vault
from sync.errors import MESSAGE_ID_REUSED
from sync.jws import Signed

_COPY = (
    "copy envelopes (id, facility, order_key, kind, place, moment, received_at, sha256,"
    " lines_sealed, fund_fen, about, happened_at, due_at) from stdin (format binary)"
)
_TYPES = (
    "text", "text", "text", "text", "int8", "timestamptz", "timestamptz", "bytea",
    "bytea", "int8", "text", "timestamptz", "timestamptz",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a batch: how many were new, came again, and were put in quarantine."""

    new: int
    again: int
    quarantined: int


def keep(db: Rows, vault: Vault, given: Sequence[Checked | Refused], now: datetime) -> Kept:
    """Write down what came.

    Raises:
        Fault: BOOKS_UNAVAILABLE.
        AlreadyThere: another worker writes the same id now; the batch is to come again.
    """
    refused = [one for one in given if isinstance(one, Refused)]
    good, broken = continued(db, [one for one in given if isinstance(one, Checked)])
    fresh, seen = _copied(db, vault, good, now)
    reused = [one for one in seen if not _is_the_same(db, one, now)]
    refused += broken
    refused += [_refused_as_reused(one) for one in reused]
    for one in refused:
        _quarantine(db, vault, one, now)
    return Kept(fresh, len(seen) - len(reused), len(refused))


def lines_place(message: str) -> str:
    """Return the place to which the lines of a message are bound."""
    return f"envelopes.lines:{message}"


def quarantine_place(sha256: bytes) -> str:
    """Return the place to which what stands in quarantine is bound."""
    return f"quarantine.bytes:{sha256.hex()}"


def _copied(
    db: Rows, vault: Vault, good: Sequence[Checked], now: datetime
) -> tuple[int, list[Checked]]:
    """Copy what is new; return how many that were, and what the books have already."""
    first: dict[str, Checked] = {}
    seen = [one for one in good if first.setdefault(one.envelope.id, one) is not one]
    new = list(first.values())
    try:
        with db.part():  # mostly all is new; only then nothing has to be looked up
            _copy(db, vault, new, now)
    except AlreadyThere:
        rows = db.query("select id from envelopes where id = any(%s)", [list(first)])
        known = {row["id"] for row in rows}
        seen = [one for one in new if one.envelope.id in known] + seen
        new = [one for one in new if one.envelope.id not in known]
        _copy(db, vault, new, now)
    return len(new), seen


def _copy(db: Rows, vault: Vault, given: Sequence[Checked], now: datetime) -> None:
    if given:
        db.copy(_COPY, _TYPES, (_row(vault, one, now) for one in given))


def _row(vault: Vault, one: Checked, now: datetime) -> tuple[object, ...]:
    envelope, facts = one.envelope, one.facts
    return (
        envelope.id,
        envelope.facility,
        envelope.order_key,
        envelope.kind.value,
        one.arrival.place,
        envelope.moment,
        now,
        one.sha256,
        vault.seal(_lines(one), lines_place(envelope.id)),
        facts.fund_fen,
        facts.about,
        facts.happened_at,
        now,
    )


def _lines(one: Checked) -> bytes:
    """Return the same signature over the same bytes in the form that packs best."""
    header, _, signature = one.arrival.body.split(b".")
    return Signed(header, one.payload, signature).lines()


def _is_the_same(db: Rows, one: Checked, now: datetime) -> bool:
    """Deal with what the books have already; False when it says something else by an old id.

    The same place is the stream's own redelivery: that changes nothing. Another was published
    again, by a campus that heard no answer or asks for another.
    """
    row = db.one(
        "select facility, sha256, place, state from envelopes where id = %s for update",
        [one.envelope.id],
    )
    if row is None or not _says_the_same(row, one):
        return False
    if one.arrival.place == row["place"]:
        return True
    if row["state"] == "rejected":
        db.execute(
            "update envelopes set place = %s, state = 'pending', answered_at = null, code = null,"
            " tries = 0, due_at = %s where id = %s",
            [one.arrival.place, now, one.envelope.id],
        )
    else:
        db.execute(
            "update envelopes set place = %s where id = %s",
            [one.arrival.place, one.envelope.id],
        )
    if row["state"] == "accepted":
        owe_again(db, one.envelope.id, now)
    return True


def _says_the_same(row: Row, one: Checked) -> bool:
    same = (one.envelope.facility, one.sha256)
    return (row["facility"], bytes(row["sha256"])) == same


def _refused_as_reused(one: Checked) -> Refused:
    return Refused(
        arrival=one.arrival,
        facility=one.envelope.facility,
        reason=MESSAGE_ID_REUSED,
        message=one.envelope.id,
    )


def _quarantine(db: Rows, vault: Vault, one: Refused, now: datetime) -> None:
    """Keep what failed, with why; tell its campus when it was the campus that signed it."""
    sha256 = hashlib.sha256(one.arrival.body).digest()
    db.execute(
        "insert into quarantine (subject, facility, message, place, sha256, code, text, text_en,"
        " next_action, next_action_en, came_at, bytes_sealed)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (subject, sha256, code) do update"
        " set times = quarantine.times + 1, came_again_at = excluded.came_at, open = true",
        [
            one.arrival.subject,
            one.facility,
            one.message,
            one.arrival.place,
            sha256,
            one.reason.code,
            one.reason.text,
            one.reason.text_en,
            one.reason.next_action,
            one.reason.next_action_en,
            now,
            vault.seal(one.arrival.body, quarantine_place(sha256)),
        ],
    )
    if one.message:
        owe(db, vault, one.facility, refusal(one.message, one.reason), now)
