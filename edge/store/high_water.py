"""The latest moment that the site has ever seen, kept so that no clock set back undoes a deadline.

It is the newest ledger entry's moment or the kept mark, whichever is later. Reads no clock.
"""

from datetime import UTC, datetime

from edge.store.database import Rows


def high_water(db: Rows) -> datetime | None:
    """Return the latest moment that was seen; None on a site that has seen none."""
    rows = db.query(
        "select at from high_water"
        " union all select at from (select at from ledger order by seq desc limit 1)"
    )
    return max((datetime.fromisoformat(row["at"]) for row in rows), default=None)


def raise_high_water(db: Rows, at: datetime) -> None:
    """Keep ``at`` if it is later than the mark; call inside a transaction."""
    db.execute(
        "insert into high_water (one, at) values (1, ?)"
        " on conflict (one) do update set at = max(at, excluded.at)",
        [_stored(at)],
    )


def lower_high_water(db: Rows, at: datetime) -> None:
    """Set the mark to ``at``: a person has said that a later moment was the clock's mistake."""
    db.execute(
        "insert into high_water (one, at) values (1, ?)"
        " on conflict (one) do update set at = excluded.at",
        [_stored(at)],
    )


def _stored(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
