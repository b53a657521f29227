"""What came with the cached list and what became of it; the platform's library of facilities."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from edge import codec
from edge.store.database import Row, Rows


class DeliveryState(StrEnum):
    """What became of a delivered file."""

    TAKEN = "taken"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivered file. ``why`` is the first reason of a refusal; else empty."""

    sha256: str
    kind: str
    name: str
    state: DeliveryState
    why: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFacility:
    """A facility as the platform's library has it; ``live_on`` None: direct since always."""

    id: str
    name: str
    region: str
    city: str
    kinds: tuple[str, ...]
    direct: bool = True
    suspended: bool = False
    live_on: date | None = None


def note_delivery(db: Rows, delivery: Delivery) -> None:
    """Keep what became of a file."""
    db.execute(
        "insert into deliveries (sha256, kind, name, state, why, at) values (?, ?, ?, ?, ?, ?)",
        [
            delivery.sha256,
            delivery.kind,
            delivery.name,
            delivery.state,
            delivery.why,
            delivery.at.isoformat(),
        ],
    )


def deliveries(db: Rows) -> list[Delivery]:
    """Return all of them, newest first."""
    rows = db.query("select * from deliveries order by at desc, sha256")
    return [_delivery(row) for row in rows]


def is_noted(db: Rows, sha256: str) -> bool:
    """Tell whether a file of this hash was looked at before."""
    return db.one("select 1 from deliveries where sha256 = ?", [sha256]) is not None


def replace_library(db: Rows, facilities: Iterable[ListedFacility]) -> int:
    """Put a whole new library in the place of the old one and return how many it holds."""
    db.execute("delete from facilities")
    count = 0
    for one in facilities:
        db.execute(
            "insert into facilities (id, name, region, city, kinds, direct, suspended, live_on)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                one.id,
                one.name,
                one.region,
                one.city,
                codec.encode(one.kinds).decode(),
                one.direct,
                one.suspended,
                one.live_on.isoformat() if one.live_on else None,
            ],
        )
        count += 1
    return count


def facility_named(db: Rows, facility_id: str) -> ListedFacility | None:
    """Return the facility of this id, if the library has it."""
    row = db.one("select * from facilities where id = ?", [facility_id])
    return _facility(row) if row else None


def _delivery(row: Row) -> Delivery:
    return Delivery(
        sha256=row["sha256"],
        kind=row["kind"],
        name=row["name"],
        state=DeliveryState(row["state"]),
        why=row["why"],
        at=datetime.fromisoformat(row["at"]),
    )


def _facility(row: Row) -> ListedFacility:
    return ListedFacility(
        id=row["id"],
        name=row["name"],
        region=row["region"],
        city=row["city"],
        kinds=codec.decode(row["kinds"].encode(), tuple[str, ...]),
        direct=bool(row["direct"]),
        suspended=bool(row["suspended"]),
        live_on=date.fromisoformat(row["live_on"]) if row["live_on"] else None,
    )
