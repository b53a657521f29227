"""The heads of the campuses' ledgers, each held against those before it.

Runs in the caller's transaction. A head is compared with what the office has kept of that campus,
whichever way the stream ordered them: it is the signed moment that says which is the later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.office.books import Rows
from edge.office.intake import HEAD_CHANGED, HEAD_CUT, Checked, Refused
from sync.errors import Reason
from sync.ledger_head import LedgerHead

_ONE_AT_A_TIME = 0x6865616473  # "heads": the advisory lock of whoever compares them


@dataclass(frozen=True, slots=True)
class _Told:
    """A head, and the message that told it."""

    message: Checked
    head: LedgerHead


def continued(db: Rows, given: Sequence[Checked]) -> tuple[list[Checked], list[Refused]]:
    """Part off the heads that contradict what their campus has told before; keep the others."""
    told = [_Told(one, one.head) for one in given if one.head]
    if not told:
        return list(given), []
    db.execute("select pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
    broken: list[Refused] = []
    for one in sorted(told, key=lambda one: (one.head.at, one.head.seq)):
        reason = _contradiction(db, one.message.envelope.facility, one.head)
        if reason:
            broken.append(_refused(one.message, reason))
        else:
            _keep(db, one)
    apart = {id(one.arrival) for one in broken}
    return [one for one in given if id(one.arrival) not in apart], broken


def newest_head(db: Rows, facility: str) -> tuple[int, datetime] | None:
    """Return the newest head that stands: its number and its moment."""
    row = db.one(
        "select seq, at from heads where facility = %s order by seq desc limit 1", [facility]
    )
    return (row["seq"], row["at"]) if row else None


def _contradiction(db: Rows, facility: str, head: LedgerHead) -> Reason | None:
    """Say how a head contradicts the books, if it does.

    An honest ledger has one MAC at a number, and never gets shorter. One that was told late (a
    smaller number at an earlier moment) contradicts nothing.
    """
    same = db.one("select mac from heads where facility = %s and seq = %s", [facility, head.seq])
    if same:
        return None if bytes(same["mac"]) == head.mac else HEAD_CHANGED
    later = db.one(
        "select 1 from heads where facility = %s and seq > %s and at < %s limit 1",
        [facility, head.seq, head.at],
    )
    return HEAD_CUT if later else None


def _keep(db: Rows, one: _Told) -> None:
    envelope = one.message.envelope
    db.execute(
        "insert into heads (facility, seq, mac, at, message) values (%s, %s, %s, %s, %s)"
        " on conflict (facility, seq) do nothing",
        [envelope.facility, one.head.seq, one.head.mac, one.head.at, envelope.id],
    )


def _refused(one: Checked, reason: Reason) -> Refused:
    envelope = one.envelope
    return Refused(
        arrival=one.arrival, facility=envelope.facility, reason=reason, message=envelope.id
    )
