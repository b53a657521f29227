"""The agency's month: audit a claim, answer objections, state and pay. Each act is one transaction.

What the facility reads of it goes down as dispatches.
"""

from collections.abc import Sequence

from edge.clock import Clock, FreshId
from edge.core.dates import local_day
from edge.store.database import Row, Rows, Store
from simulators.agency.catalogues import AgencyCatalogues
from simulators.agency.downward import Downward
from simulators.agency.proposing import proposed
from simulators.agency.refusals import AgencyRefuses, Deducted
from sync.dispatch import DispatchKind


class Audits:
    """Claims, from receipt to payment."""

    def __init__(
        self,
        store: Store,
        downward: Downward,
        catalogues: AgencyCatalogues,
        clock: Clock,
        ids: FreshId,
    ) -> None:
        self._store = store
        self._downward = downward
        self._catalogues = catalogues
        self._clock = clock
        self._ids = ids

    def proposals(self, claim_id: str) -> tuple[Deducted, ...]:
        """Return what the rules would deduct of a claim, for staff to look at.

        Raises:
            AgencyRefuses: CLAIM_NOT_KNOWN.
        """
        db = self._store.read()
        claim = _claim(db, claim_id)
        items = list(db.query(_ITEMS, [claim_id]))
        return tuple(one for item in items for one in self._proposed(db, claim, item))

    def audit(
        self, claim_id: str, deductions: Sequence[Deducted] = (), *, by_rules: bool = False
    ) -> None:
        """Audit a claim once: what was really received is approved, less what is deducted.

        ``by_rules``: what the rules find is deducted too, of lines of which staff say nothing.

        Raises:
            AgencyRefuses: CLAIM_NOT_KNOWN, CLAIM_AUDITED, DEDUCTION_TOO_LARGE.
        """
        with self._store.transaction() as db:
            claim = _claim(db, claim_id)
            if claim["audited_at"]:
                raise AgencyRefuses("CLAIM_AUDITED", "该月结申请已审核")
            items = list(db.query(_ITEMS, [claim_id]))
            found = [
                *deductions,
                *(self._beside(db, claim, items, deductions) if by_rules else ()),
            ]
            told = [self._audited(db, claim, item, found) for item in items]
            db.execute(
                "update claims set audited_at = ? where id = ?",
                [self._clock().isoformat(), claim_id],
            )
            body = {
                "claim": claim_id,
                "month": claim["month"],
                "items": [one for one in told if one],
            }
            self._tell(db, claim, DispatchKind.AUDIT_RESULT, body)

    def answer(self, objection_id: str, *, lifted_fen: int, text: str, article: str = "") -> None:
        """Answer an objection once; what is lifted is approved after all.

        Raises:
            AgencyRefuses: OBJECTION_NOT_KNOWN, OBJECTION_ANSWERED, DEDUCTION_TOO_LARGE.
        """
        with self._store.transaction() as db:
            objection = db.one("select * from objections where id = ?", [objection_id])
            deduction = db.one(
                "select d.*, c.facility from deductions as d join claims as c on c.id = d.claim"
                " where d.id = ?",
                [objection["deduction"] if objection else ""],
            )
            if not objection or not deduction or deduction["facility"] != objection["facility"]:
                raise AgencyRefuses("OBJECTION_NOT_KNOWN", "没有该异议")
            if objection["answered_at"]:
                raise AgencyRefuses("OBJECTION_ANSWERED", "该异议已答复")
            if not 0 <= lifted_fen <= deduction["amount_fen"]:
                raise AgencyRefuses("DEDUCTION_TOO_LARGE", "核减金额超过扣除金额")
            db.execute(
                "update objections set answered_at = ? where id = ?",
                [self._clock().isoformat(), objection_id],
            )
            db.execute(
                "update deductions set lifted_fen = ? where id = ?", [lifted_fen, deduction["id"]]
            )
            db.execute(
                "update claim_items set approved_fen = approved_fen + ?"
                " where claim = ? and settlement = ?",
                [lifted_fen, deduction["claim"], deduction["settlement"]],
            )
            body = {
                "objection": objection_id,
                "lifted_fen": lifted_fen,
                "text": text,
                "article": article,
            }
            self._tell(db, objection, DispatchKind.OBJECTION_ANSWER, body)

    def state(self, facility: str, month: str) -> None:
        """Publish the month's statement.

        Raises:
            AgencyRefuses: CLAIM_NOT_KNOWN, CLAIM_NOT_AUDITED.
        """
        with self._store.transaction() as db:
            claim = _of_month(db, facility, month)
            sums = db.one(_SUMS, [claim["id"]]) or {}
            body = {
                "month": month,
                "count": sums["count"],
                "claimed_fen": sums["claimed_fen"],
                "deducted_fen": sums["found_fen"] - sums["approved_fen"],
                "approved_fen": sums["approved_fen"],
            }
            self._tell(db, claim, DispatchKind.STATEMENT, body)

    def pay(self, facility: str, month: str) -> int:
        """Pay what is approved and confirmed and was not paid yet; return it, in fen.

        Raises:
            AgencyRefuses: CLAIM_NOT_KNOWN, CLAIM_NOT_CONFIRMED, NOTHING_TO_PAY.
        """
        with self._store.transaction() as db:
            claim = _of_month(db, facility, month)
            if not claim["confirmed_at"]:
                raise AgencyRefuses("CLAIM_NOT_CONFIRMED", "机构尚未对账确认")
            sums = db.one(_SUMS, [claim["id"]]) or {}
            before = db.one(
                "select coalesce(sum(amount_fen), 0) as fen from payments"
                " where facility = ? and month = ?",
                [facility, month],
            )
            amount_fen = int(sums["approved_fen"]) - int(before["fen"] if before else 0)
            if not amount_fen:
                raise AgencyRefuses("NOTHING_TO_PAY", "没有未拨付的金额")
            self._paid(db, claim, amount_fen)
        return amount_fen

    def _paid(self, db: Rows, claim: Row, amount_fen: int) -> None:
        payment_id, day = self._ids(), local_day(self._clock()).isoformat()
        db.execute(
            "insert into payments (id, facility, month, amount_fen, paid_on)"
            " values (?, ?, ?, ?, ?)",
            [payment_id, claim["facility"], claim["month"], amount_fen, day],
        )
        body = {
            "id": payment_id,
            "month": claim["month"],
            "amount_fen": amount_fen,
            "paid_on": day,
            "reference": f"工伤异地 {claim['month']}",
        }
        self._tell(db, claim, DispatchKind.PAYMENT, body)

    def _beside(
        self, db: Rows, claim: Row, items: Sequence[Row], deductions: Sequence[Deducted]
    ) -> list[Deducted]:
        said = {(one.settlement, one.line) for one in deductions}
        whole = {settlement for settlement, line in said if not line}
        return [
            one
            for item in items
            for one in self._proposed(db, claim, item)
            if (one.settlement, one.line) not in said and one.settlement not in whole
        ]

    def _proposed(self, db: Rows, claim: Row, item: Row) -> tuple[Deducted, ...]:
        """Return what the rules find in an item; of one deducted or taken back whole, nothing."""
        if item["kind"] == "correction" or _is_reversed(db, claim, item):
            return ()
        return proposed(db, self._catalogues, claim["facility"], item["settlement"])

    def _tell(self, db: Rows, about: Row, kind: DispatchKind, body: object) -> None:
        order_key = f"claim-{about['month']}"
        self._downward.tell(db, about["facility"], kind, order_key, body)

    def _audited(
        self, db: Rows, claim: Row, item: Row, deductions: Sequence[Deducted]
    ) -> dict[str, object] | None:
        """Audit one item; None: the agency never received such a settlement."""
        found = _found_fen(db, claim, item)
        if found is None:
            return None
        theirs = [one for one in deductions if one.settlement == item["settlement"]]
        theirs += _reversed_since(db, claim, item, found)
        total = sum(one.amount_fen for one in theirs)
        if theirs and (total > found or any(one.amount_fen <= 0 for one in theirs)):
            raise AgencyRefuses("DEDUCTION_TOO_LARGE", f"{item['settlement']} 的扣除超过其金额")
        db.execute(
            "update claim_items set found_fen = ?, approved_fen = ?"
            " where claim = ? and settlement = ?",
            [found, found - total, claim["id"], item["settlement"]],
        )
        return {
            "settlement": item["settlement"],
            "fund_fen": found,
            "approved_fen": found - total,
            "deductions": [self._deduct(db, claim["id"], one) for one in theirs],
        }

    def _deduct(self, db: Rows, claim_id: str, one: Deducted) -> dict[str, object]:
        deduction_id = f"K-{self._ids()}"
        db.execute(
            "insert into deductions (id, claim, settlement, line, amount_fen, kind, reason,"
            " article, points) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                deduction_id,
                claim_id,
                one.settlement,
                one.line,
                one.amount_fen,
                one.kind,
                one.reason,
                one.article,
                one.points,
            ],
        )
        return {
            "id": deduction_id,
            "line": one.line,
            "amount_fen": one.amount_fen,
            "kind": one.kind,
            "reason": one.reason,
            "article": one.article,
            "points": one.points,
        }


def _found_fen(db: Rows, claim: Row, item: Row) -> int | None:
    """Return what the agency itself has for an item, from what it received."""
    if item["kind"] == "correction":
        before = db.one(_APPROVED_BEFORE, [claim["facility"], item["settlement"]])
        return -int(before["approved_fen"]) if before else None
    row = db.one(
        "select fund_fen from settlements where facility = ? and settlement = ?",
        [claim["facility"], item["settlement"]],
    )
    return int(row["fund_fen"]) if row else None


def _reversed_since(db: Rows, claim: Row, item: Row, found: int) -> list[Deducted]:
    """Deduct the whole of a settlement that was reversed before its audit."""
    if item["kind"] == "correction" or not _is_reversed(db, claim, item) or found <= 0:
        return []
    return [
        Deducted(
            settlement=item["settlement"],
            amount_fen=found,
            kind="other_breach",
            reason="结算已冲正",
        )
    ]


def _is_reversed(db: Rows, claim: Row, item: Row) -> bool:
    undone = db.one(
        "select 1 from settlements where facility = ? and settlement = ?"
        " and reversed_at is not null",
        [claim["facility"], item["settlement"]],
    )
    return undone is not None


def _claim(db: Rows, claim_id: str) -> Row:
    row = db.one("select * from claims where id = ?", [claim_id])
    if row is None:
        raise AgencyRefuses("CLAIM_NOT_KNOWN", "没有该月结申请")
    return row


def _of_month(db: Rows, facility: str, month: str) -> Row:
    row = db.one(
        "select * from claims where facility = ? and month = ? order by claimed_at desc limit 1",
        [facility, month],
    )
    if row is None:
        raise AgencyRefuses("CLAIM_NOT_KNOWN", "该机构没有申请该月")
    if not row["audited_at"]:
        raise AgencyRefuses("CLAIM_NOT_AUDITED", "该月结申请尚未审核")
    return row


_ITEMS = "select * from claim_items where claim = ? order by settlement"
_SUMS = """\
select count(*) as count, coalesce(sum(claimed_fen), 0) as claimed_fen,
    coalesce(sum(found_fen), 0) as found_fen, coalesce(sum(approved_fen), 0) as approved_fen
from claim_items where claim = ?"""
_APPROVED_BEFORE = """\
select i.approved_fen from claim_items as i join claims as c on c.id = i.claim
where c.facility = ? and i.settlement = ? and i.kind = 'settlement'
and i.approved_fen is not null"""
