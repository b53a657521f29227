"""Prepayments between provinces: decided, used, warned about, raised in an emergency (津 30–33)."""

from collections.abc import Sequence

from edge.clock import Clock
from edge.store.database import Store
from simulators.agency.clearing import cleared, is_cross, quarter_months, summed
from simulators.agency.forms.sichuan import initial_fen
from simulators.agency.forms.table import insured_in_province
from simulators.agency.forms.tianjin import Usage, annual_fen
from simulators.agency.refusals import AgencyRefuses


class Prepayments:
    """What each province has prepaid to each other."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def decide(self, payer: str, payee: str, quarter: str, last_year: Sequence[int]) -> int:
        """Decide a year's prepayment from last year's four quarters; return it, in fen."""
        amount_fen = annual_fen(last_year)
        self._keep(payer, payee, quarter, ("annual", amount_fen))
        return amount_fen

    def begin(self, city: str, quarter: str, month_before_fen: int) -> int:
        """Decide a Sichuan city's first prepayment: a tenth of the month before (川 27)."""
        amount_fen = initial_fen(month_before_fen)
        self._keep("510000", city, quarter, ("annual", amount_fen))
        return amount_fen

    def request(self, payer: str, payee: str, quarter: str, amount_fen: int) -> None:
        """Ask for more in an emergency: when red, once a quarter, at most twice the pending.

        Raises:
            AgencyRefuses: EMERGENCY_REQUESTED, EMERGENCY_NOT_RED, EMERGENCY_TOO_MUCH.
        """
        usage = self.usage(payer, payee, quarter)
        if usage.requested:
            raise AgencyRefuses("EMERGENCY_REQUESTED", "本季度已提出过紧急调增申请")
        if usage.grade.name != "RED":
            raise AgencyRefuses("EMERGENCY_NOT_RED", "使用率未达红色预警")
        if not 0 < amount_fen <= usage.request_fen_max:
            raise AgencyRefuses("EMERGENCY_TOO_MUCH", "超过待与协议机构月结金额的两倍")
        self._keep(payer, payee, quarter, ("emergency", amount_fen))

    def usages(self, payee: str, quarter: str) -> tuple[Usage, ...]:
        """Return the usage of every province that has prepaid, or whose workers were treated."""
        db = self._store.read()
        months = quarter_months(quarter)
        rows = [*cleared(db, months), *cleared(db, months, confirmed=False)]
        came = {r.insured_region for r in rows if r.treatment_region == payee and is_cross(r)}
        prepaid = db.query("select distinct payer from prepayments where payee = ?", [payee])
        came |= {str(row["payer"]) for row in prepaid}
        return tuple(self.usage(payer, payee, quarter) for payer in sorted(came))

    def usage(self, payer: str, payee: str, quarter: str) -> Usage:
        """Return how much of one province's prepayment the quarter used."""
        db = self._store.read()
        months = quarter_months(quarter)
        theirs = insured_in_province(payer)
        done = [r for r in cleared(db, months) if r.treatment_region == payee]
        open_ = [r for r in cleared(db, months, confirmed=False) if r.treatment_region == payee]
        row = db.one(
            "select coalesce(sum(amount_fen), 0) as fen from prepayments"
            " where payer = ? and payee = ? and quarter <= ? and substr(quarter, 1, 4) = ?",
            [payer, payee, quarter, quarter[:4]],
        )
        asked = db.one(
            "select 1 from prepayments where payer = ? and payee = ? and quarter = ?"
            " and kind = 'emergency'",
            [payer, payee, quarter],
        )
        return Usage(
            payer=payer,
            prepaid_fen=int(row["fen"]) if row else 0,
            cleared_fen=summed(done, theirs),
            pending_fen=summed(open_, theirs),
            requested=asked is not None,
        )

    def _keep(self, payer: str, payee: str, quarter: str, what: tuple[str, int]) -> None:
        kind, amount_fen = what
        with self._store.transaction() as db:
            db.execute(
                "insert into prepayments (payer, payee, kind, amount_fen, quarter, decided_at)"
                " values (?, ?, ?, ?, ?, ?)",
                [payer, payee, kind, amount_fen, quarter, self._clock().isoformat()],
            )
