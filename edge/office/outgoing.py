"""Messages on their way to the platform: taken one a stay, handed over unchanged, answered once.

Runs in the caller's transaction, which stays open while the platform is spoken to: a row is locked
for as long as its message is under way, and a worker that dies gives it back by its death alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from edge.core.errors import Fault
from edge.office.books import Row, Rows
from edge.office.kept import lines_place
from edge.office.receipts import owe, refusal
from edge.store.vault import Vault
from sync.frame import messages_in
from sync.group import GroupReceipt
from sync.line import Reply
from sync.outcome import Accepted, NeedsPerson, Outcome, RetryAt, Unknown

OUT_OF_ORDER = "OUT_OF_ORDER"
PAUSE_FIRST = timedelta(seconds=2)
PAUSE_LONGEST = timedelta(minutes=5)
_DOUBLINGS_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message taken for handing over; ``payload`` is what its campus signed, byte for byte.

    ``waits_for`` is the code by which the platform put it off last.
    """

    id: str
    facility: str
    sha256: str
    tries: int
    waits_for: str | None
    payload: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """A message, what became of it, and the platform's own words, where there were any."""

    message: Outgoing
    outcome: Outcome
    reply: Reply | None


def claim(db: Rows, vault: Vault, now: datetime, *, limit: int) -> list[Outgoing]:
    """Take what may be sent now, one message a stay, oldest first; locked to the end.

    What another worker has taken is passed over, and with it all that follows it in its stay.
    """
    taken = []
    for row in db.query(_CLAIM, [now, limit]):
        try:
            taken.append(_opened(vault, row))
        except (Fault, ValueError):  # changed, or another key: only this stay is held up
            db.execute(_WAIT, ["SEAL_BROKEN", now + PAUSE_LONGEST, row["id"]])
    return taken


def settle(db: Rows, vault: Vault, answers: Sequence[Answered], now: datetime) -> None:
    """Write down what became of each, and what its campus is to hear."""
    for one in answers:
        match one.outcome:
            case Accepted():
                _end(db, vault, one, "accepted", None, now)
            case NeedsPerson():
                _end(db, vault, one, "rejected", one.outcome.reason.code, now)
            case RetryAt() | Unknown():
                _wait(db, one.message, one.outcome, now)
                _tell_of_order(db, vault, one, one.outcome, now)
            case _:
                assert_never(one.outcome)


def pending_by_campus(db: Rows) -> dict[str, int]:
    """Return how many messages of each campus the platform has yet to answer."""
    rows = db.query(
        "select facility, count(*) as many from envelopes where state = 'pending' group by facility"
    )
    return {row["facility"]: row["many"] for row in rows}


def next_due(db: Rows) -> datetime | None:
    """Return when the next message is due, None when none waits."""
    row = db.one("select min(due_at) as at from envelopes where state = 'pending'")
    return row["at"] if row else None


def _opened(vault: Vault, row: Row) -> Outgoing:
    lines = vault.unseal(bytes(row["lines_sealed"]), lines_place(row["id"]))
    [payload] = messages_in(lines)
    return Outgoing(
        id=row["id"],
        facility=row["facility"],
        sha256=bytes(row["sha256"]).hex(),
        tries=row["tries"],
        waits_for=row["code"],
        payload=payload,
    )


def _end(
    db: Rows, vault: Vault, one: Answered, state: str, code: str | None, now: datetime
) -> None:
    db.execute(_END, [state, code, now, one.message.id])
    _owe(db, vault, one, now)


def _owe(db: Rows, vault: Vault, one: Answered, now: datetime) -> None:
    if one.reply:
        receipt = GroupReceipt(id=one.message.id, status=one.reply.status, body=one.reply.body)
        if isinstance(one.outcome, NeedsPerson) and not one.outcome.message_id:
            # A bare refusal names no message: told as a standing it would not be believed.
            receipt = refusal(one.message.id, one.outcome.reason)
        owe(db, vault, one.message.facility, receipt, now)


def _tell_of_order(
    db: Rows, vault: Vault, one: Answered, outcome: RetryAt | Unknown, now: datetime
) -> None:
    """Let a campus know once that the platform waits for an earlier message.

    It may know that nobody will ever send that one; the message itself is tried again all the same.
    """
    if outcome.reason.code == OUT_OF_ORDER != one.message.waits_for:
        _owe(db, vault, one, now)


def _wait(db: Rows, message: Outgoing, outcome: RetryAt | Unknown, now: datetime) -> None:
    """Have it sent again, the same bytes: the platform knows it by its id."""
    pause = min(PAUSE_FIRST * 2 ** min(message.tries, _DOUBLINGS_MAX), PAUSE_LONGEST)
    due_at = max(outcome.at, now + pause)
    db.execute(_WAIT, [outcome.reason.code, due_at, message.id])


# One of which the platform says that it waits for another lets what came after it go first.
_CLAIM = """\
select id, facility, sha256, tries, code, lines_sealed from envelopes as head
where state = 'pending' and due_at <= %s
and not exists (
    select 1 from envelopes as earlier
    where earlier.state = 'pending' and earlier.facility = head.facility
    and earlier.order_key = head.order_key and earlier.place < head.place
    and earlier.code is distinct from 'OUT_OF_ORDER'
)
order by place limit %s for update skip locked"""
_END = (
    "update envelopes set state = %s, code = %s, answered_at = %s, tries = tries + 1 where id = %s"
)
_WAIT = "update envelopes set code = %s, due_at = %s, tries = tries + 1 where id = %s"
