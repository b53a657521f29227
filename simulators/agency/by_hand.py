"""Manual reimbursement, and the check that nothing is paid twice (鲁 第二十条, 吉规 第二十六条).

The agency looks at what it received, asks the facility itself, and pays only when both say that
the stay was not settled directly.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from edge import codec
from edge.clock import Clock, FreshId
from edge.store.database import Row, Rows, Store
from simulators.agency.downward import Downward
from simulators.agency.refusals import AgencyRefuses
from sync.dispatch import DispatchKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What a worker brings home: where and when they were treated, and whose fund is asked."""

    id_number: str
    facility: str
    region: str
    since: date
    until: date


class ByHand:
    """Applications for manual reimbursement."""

    def __init__(self, store: Store, downward: Downward, clock: Clock, ids: FreshId) -> None:
        self._store = store
        self._downward = downward
        self._clock = clock
        self._ids = ids

    def apply(self, given: Application) -> str:
        """Check an application, ask the facility, and return the inquiry's number.

        Raises:
            AgencyRefuses: ALREADY_SETTLED_DIRECTLY, ALREADY_REIMBURSED.
        """
        inquiry = self._ids()
        with self._store.transaction() as db:
            self._require_unpaid(db, given)
            db.execute(
                "insert into reimbursements (inquiry, id_number, facility, region, since, until,"
                " state, asked_at) values (?, ?, ?, ?, ?, ?, 'asked', ?)",
                [
                    inquiry,
                    given.id_number,
                    given.facility,
                    given.region,
                    given.since.isoformat(),
                    given.until.isoformat(),
                    self._clock().isoformat(),
                ],
            )
            body = {
                "inquiry": inquiry,
                "id_number": given.id_number,
                "region": given.region,
                "since": given.since.isoformat(),
                "until": given.until.isoformat(),
            }
            self._downward.tell(db, given.facility, DispatchKind.SETTLEMENT_INQUIRY, inquiry, body)
        return inquiry

    def pay(self, inquiry: str) -> None:
        """Pay by hand what the facility says it has not settled, and tell it so, for good.

        Raises:
            AgencyRefuses: INQUIRY_STATE, before the answer or when it was settled directly.
        """
        self._end(inquiry, allowed=("clear",), becomes="reimbursed")

    def withdraw(self, inquiry: str) -> None:
        """Do not pay after all: the facility may settle again.

        Raises:
            AgencyRefuses: INQUIRY_STATE.
        """
        self._end(inquiry, allowed=("asked", "clear", "refused"), becomes="withdrawn")

    def state(self, inquiry: str) -> str:
        """Return asked, clear, refused, reimbursed or withdrawn.

        Raises:
            AgencyRefuses: INQUIRY_NOT_KNOWN.
        """
        return str(_known(self._store.read(), inquiry)["state"])

    def _require_unpaid(self, db: Rows, given: Application) -> None:
        days = [given.id_number, given.facility, given.until.isoformat(), given.since.isoformat()]
        if db.one(_SETTLED, days):
            raise AgencyRefuses("ALREADY_SETTLED_DIRECTLY", "该次就医已在就医地直接结算")
        if db.one(_PAID, days):
            raise AgencyRefuses("ALREADY_REIMBURSED", "该次就医已手工报销或正在办理")

    def _end(self, inquiry: str, *, allowed: tuple[str, ...], becomes: str) -> None:
        with self._store.transaction() as db:
            row = _known(db, inquiry)
            if row["state"] not in allowed:
                raise AgencyRefuses("INQUIRY_STATE", f"该申请当前为 {row['state']}")
            db.execute("update reimbursements set state = ? where inquiry = ?", [becomes, inquiry])
            stays: list[dict[str, Any]] = codec.decode(row["stays"], list[dict[str, Any]])
            for stay in stays:
                if stay.get("settled_directly"):
                    continue
                body = {"inquiry": inquiry, "stay": stay["stay"], "outcome": becomes}
                self._downward.tell(db, row["facility"], DispatchKind.REIMBURSEMENT, inquiry, body)


def _known(db: Rows, inquiry: str) -> Row:
    row = db.one("select * from reimbursements where inquiry = ?", [inquiry])
    if row is None:
        raise AgencyRefuses("INQUIRY_NOT_KNOWN", "没有该申请")
    return row


# A stay touches the days asked about; times are compared by their day in Shanghai.
_SETTLED = """\
select 1 from cases as c join settlements as s
on s.facility = c.facility and s.order_key = c.order_key
where c.id_number = ? and c.facility = ? and s.reversed_at is null
and date(c.opened_at, '+8 hours') <= ?
and date(coalesce(c.discharged_at, c.opened_at), '+8 hours') >= ?"""
_PAID = """\
select 1 from reimbursements
where id_number = ? and facility = ? and state in ('asked', 'clear', 'reimbursed')
and since <= ? and until >= ?"""
