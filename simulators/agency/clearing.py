"""What was cleared between regions in some months: the rows from which every form is computed.

Only what a facility claimed, the agency approved and the facility confirmed counts (鲁 第二十三条,
吉规 第二十五条); corrections count negative. Sums nothing itself.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from edge.clock import Clock
from edge.core.dates import local_day
from edge.core.verification import Service
from edge.store.database import Row, Rows, Store
from simulators.agency.refusals import AgencyRefuses
from simulators.agency.terms import CLEARINGS, clearing_days

MEDICAL = frozenset({Service.INPATIENT_MEDICAL, Service.OUTPATIENT_MEDICAL})
REHAB = frozenset({Service.INPATIENT_REHAB, Service.OUTPATIENT_REHAB})
DEVICE = frozenset({Service.DEVICE})
INPATIENT = frozenset({Service.INPATIENT_MEDICAL})
OUTPATIENT = frozenset({Service.OUTPATIENT_MEDICAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """One approved item. Cities are empty where a region has none (省本级: provincial pool)."""

    facility: str
    facility_name: str
    treatment_region: str
    treatment_city: str
    insured_region: str
    insured_city: str
    service: Service
    fund_fen: int


def cleared(db: Rows, months: Sequence[str], *, confirmed: bool = True) -> tuple[Cleared, ...]:
    """Return what was cleared in ``months``; not ``confirmed``: what is claimed and not yet so."""
    marks = ", ".join("?" for _ in months)
    only = "c.confirmed_at is not null" if confirmed else "c.confirmed_at is null"
    rows = db.query(_CLEARED.format(marks=marks, only=only), list(months))
    return tuple(map(_read, rows))


class Clearings:
    """The periods that regions confirmed between them (川 28, 鲁 23, 津 35)."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def confirm(self, region: str, period: str) -> int:
        """Confirm a period once, from the day on which it is generated; return its sum, in fen.

        Raises:
            AgencyRefuses: NO_CLEARING, CLEARING_TOO_EARLY, CLEARING_CONFIRMED.
        """
        today = local_day(self._clock())
        rule = CLEARINGS.get(region)
        if rule is None or rule.quarterly != ("Q" in period):
            raise AgencyRefuses("NO_CLEARING", f"{region} 没有 {period} 的清算")
        if today < (first := clearing_days(rule, period)[0]):
            raise AgencyRefuses("CLEARING_TOO_EARLY", f"清算信息于 {first} 生成")
        with self._store.transaction() as db:
            if db.one("select 1 from clearings where region = ? and period = ?", [region, period]):
                raise AgencyRefuses("CLEARING_CONFIRMED", "该期清算已确认")
            rows = cleared(db, quarter_months(period) if rule.quarterly else (period,))
            total = summed(rows, lambda row: row.treatment_region == region)
            db.execute(
                "insert into clearings (region, period, confirmed_on, fund_fen)"
                " values (?, ?, ?, ?)",
                [region, period, today.isoformat(), total],
            )
        return total


def summed(rows: Iterable[Cleared], fits: Callable[[Cleared], bool]) -> int:
    """Add up the rows that fit, in fen."""
    return sum(row.fund_fen for row in rows if fits(row))


def is_cross(row: Cleared) -> bool:
    """Tell whether the worker crossed a provincial border."""
    return row.treatment_region != row.insured_region


def quarter_months(quarter: str) -> tuple[str, ...]:
    """Return the months of ``2026Q4``."""
    year, _, number = quarter.partition("Q")
    first = (int(number) - 1) * 3 + 1
    return tuple(f"{year}-{month:02}" for month in range(first, first + 3))


def _read(row: Row) -> Cleared:
    return Cleared(
        facility=row["facility"],
        facility_name=row["name"],
        treatment_region=row["region"],
        treatment_city=row["city"],
        insured_region=row["insured_region"],
        insured_city=row["insured_city"] or "",
        service=Service(row["service"]),
        fund_fen=row["fen"],
    )


_CLEARED = """\
select c.facility, f.name, f.region, f.city, k.service, k.insured_region, w.insured_city,
    coalesce(i.approved_fen, i.claimed_fen) as fen
from claims as c
join claim_items as i on i.claim = c.id
join facilities as f on f.id = c.facility
join settlements as s on s.facility = c.facility and s.settlement = i.settlement
join cases as k on k.facility = s.facility and k.order_key = s.order_key
left join workers as w on w.id_number = k.id_number
where c.month in ({marks}) and {only}
order by c.month, c.facility, i.settlement"""
