"""The agency's office, built by hand on its one file: all that its staff can do, and its forms."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from edge.clock import Clock, FreshId, fresh_id
from edge.core.dates import local_day
from edge.sheets.written import Sheet, workbook
from edge.store.database import Store
from simulators.agency.auditing import Audits
from simulators.agency.by_hand import ByHand
from simulators.agency.catalogues import AgencyCatalogues
from simulators.agency.clearing import Clearings, cleared, quarter_months
from simulators.agency.downward import Downward
from simulators.agency.forms import jilin, shandong, sichuan, tianjin
from simulators.agency.ledger import AgencyJournal, open_agency
from simulators.agency.prepaying import Prepayments
from simulators.agency.refusals import AgencyRefuses
from simulators.agency.registry import Registry
from simulators.agency.terms import Term, terms
from simulators.platform.journal import Keeper
from simulators.platform.register import Register


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """One agency."""

    store: Store
    clock: Clock
    registry: Registry
    journal: AgencyJournal
    downward: Downward
    audits: Audits
    by_hand: ByHand
    prepayments: Prepayments
    catalogues: AgencyCatalogues
    clearings: Clearings

    def forms(self, region: str, period: str) -> bytes:
        """Return a region's forms as one workbook: of a month (川, 吉) or a quarter (鲁, 津).

        Raises:
            AgencyRefuses: NO_FORMS, for a region or period without forms.
        """
        sheets = self._sheets(region, period)
        if not sheets:
            raise AgencyRefuses("NO_FORMS", f"{region} 在 {period} 没有表")
        return workbook(*sheets)

    def terms(self) -> tuple[Term, ...]:
        """Return what the agency owes and by when, what is done included."""
        return terms(self.store.read())

    def today(self) -> date:
        """Return the day by the agency's clock."""
        return local_day(self.clock())

    def _sheets(self, region: str, period: str) -> list[Sheet]:
        db = self.store.read()
        quarterly = "Q" in period
        rows = cleared(db, quarter_months(period) if quarterly else (period,))
        if region == sichuan.REGION and not quarterly:
            return sichuan.sheets(rows, period)
        if region == jilin.REGION and not quarterly:
            return jilin.sheets(rows, period)
        if not quarterly:
            return []
        warnings = tianjin.sheet(self.prepayments.usages(region, period), period, region)
        return [*(shandong.sheets(rows, period) if region == shandong.REGION else ()), warnings]


@contextmanager
def open_office(
    path: Path,
    known: Register,
    clock: Clock,
    *,
    ids: FreshId = fresh_id,
    also: Keeper | None = None,
) -> Iterator[Office]:
    """Open an agency on its file, with a register entered into it; close it at the end.

    ``also`` is another journal of what is received.
    """
    with closing(open_agency(path)) as store:
        downward = Downward(store, clock, ids)
        registry = Registry(store, downward, clock)
        registry.seed(known)
        catalogues = AgencyCatalogues(store, registry.announce)
        yield Office(
            store=store,
            clock=clock,
            registry=registry,
            journal=AgencyJournal(store, also),
            downward=downward,
            audits=Audits(store, downward, catalogues, clock, ids),
            by_hand=ByHand(store, downward, clock, ids),
            prepayments=Prepayments(store, clock),
            catalogues=catalogues,
            clearings=Clearings(store, clock),
        )
