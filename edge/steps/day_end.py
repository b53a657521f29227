"""The day-end sheet's data: the day's money by clerk and in all, what waits, the ledger's head.

Stores nothing. The head is signed as it is now: printed, it is an anchor that nobody can reach.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from edge import codec
from edge.core.dates import SHANGHAI
from edge.core.day_end import KINDS, ClerkDay, MoneyAct, by_clerk, in_all
from edge.core.deadline import Urgency
from edge.site import Site
from edge.store.database import Rows
from edge.store.deadlines import count_due
from edge.store.ledger import acts_between


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Messages that the platform does not have: under way, and those that wait for a person."""

    waiting: int
    refused: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedHead:
    """The ledger's newest entry as it is printed; ``mac`` in hexadecimal, ``signed`` a JWS."""

    seq: int
    mac: str
    signed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEnd:
    """One day in Asia/Shanghai; what is overdue or waits is so at ``as_of``."""

    date: date
    as_of: datetime
    by_clerk: tuple[ClerkDay, ...]
    total: ClerkDay
    overdue_now: int
    messages: Waiting
    head: PrintedHead | None


def day_end(site: Site, day: date) -> DayEnd:
    """Add up ``day``.

    Raises:
        Fault: STORE_UNAVAILABLE.
    """
    db, now = site.store.read(), site.high_water()
    acts = list(_acts(db, day))
    counts = site.outbox.status(db)
    return DayEnd(
        date=day,
        as_of=now,
        by_clerk=by_clerk(acts),
        total=in_all(acts),
        overdue_now=count_due(db, now)[Urgency.OVERDUE],
        messages=Waiting(
            waiting=counts.pending + counts.sending + counts.unknown,
            refused=counts.rejected,
            oldest=counts.oldest_undelivered,
        ),
        head=_head(site, db, now),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    total_fen: int = 0
    fund_fen: int = 0
    personal_fen: int = 0
    overdue_reason: str | None = None


def _acts(db: Rows, day: date) -> Iterator[MoneyAct]:
    start = datetime.combine(day, time(), SHANGHAI)
    for act in acts_between(db, KINDS, start, start + timedelta(days=1)):
        facts = codec.decode(act.body, _Facts)
        yield MoneyAct(
            kind=act.kind,
            clerk=act.operator,
            total_fen=facts.total_fen,
            fund_fen=facts.fund_fen,
            personal_fen=facts.personal_fen,
            late=facts.overdue_reason is not None,
        )


def _head(site: Site, db: Rows, now: datetime) -> PrintedHead | None:
    signed = site.ledger.head(db, now)
    if signed is None:
        return None
    head = site.ledger.opened(signed)
    return PrintedHead(seq=head.seq, mac=head.mac.hex().upper(), signed=signed.decode())
