"""The passes that take a line whole, then the limits; a refund carries the difference it makes.

Lines are ruled in the bill's order: a limit pays the earlier ones first. Which lines can be ruled
at all is decided in ``edge.core.charges``.
"""

from collections import Counter

from edge.core.adjudication.bill import Bill, BillRules, require_sound
from edge.core.adjudication.entries import Entry, entries_of
from edge.core.adjudication.limits import Asked, Limits, Taken
from edge.core.adjudication.ruling import (
    Bucket,
    LineReason,
    RuledLine,
    Ruling,
    proven,
)
from edge.core.adjudication.tally import Tally
from edge.core.catalogue import Catalogue, CatalogueRow, CostKind, catalogue_of, row_nearest, row_on
from edge.core.charges import Charge, Counted, Sifted, sift


def adjudicate(bill: Bill, rules: BillRules, catalogue: Catalogue | None = None) -> Ruling:
    """Rule a bill: every line split between the fund and the worker, with reason and article.

    The same inputs give the same ruling. ``catalogue`` is the site's own, already in order;
    without it the rows that the bill carries count.

    Raises:
        BadInput: BAD_BILL or CATALOGUE_ROW, when the bill or one of its rows contradicts itself.
        Fault: RULING_IDENTITY, when fund + personal = total does not hold.
    """
    require_sound(bill)
    entries = entries_of(bill, rules, catalogue or catalogue_of(bill.catalogue))
    sifted = sift(bill.lines, first=bill.admitted_on, last=bill.discharged_on, known=entries)
    return proven(_Judgement(bill, rules, entries, sifted).ruling())


class _Judgement:
    """The ruling of one bill in the making."""

    def __init__(
        self, bill: Bill, rules: BillRules, entries: dict[str, Entry], sifted: Sifted
    ) -> None:
        self._bill, self._rules, self._entries, self._sifted = bill, rules, entries, sifted
        self._approved = bill.device_limits
        self._limits = Limits(bed_day_fen=bill.bed_day_fen, device_limits=self._approved)
        self._tally = Tally()
        self._ruled: list[RuledLine] = []

    def ruling(self) -> Ruling:
        self._expect_devices()
        self._rule_lines()
        self._tally.add_in_full(self._entries.values())
        kinds = self._tally.kinds()
        total = sum([sums.total_fen for sums in kinds.values()])
        fund = sum([sums.fund_fen for sums in kinds.values()])
        return Ruling(
            total_fen=total,
            fund_fen=fund,
            personal_fen=total - fund,
            personal=self._tally.personal(),
            lines=tuple(self._ruled),
            refused=tuple(self._sifted.refused),
            kinds=kinds,
            days=self._tally.days(),
        )

    def _expect_devices(self) -> None:
        """Tell the limits how many of each device there are: the room of one serves another."""
        if not any(entry.kind is CostKind.DEVICE for entry in self._entries.values()):
            return
        for charge, quantity, _ in self._sifted.lines:
            row, taken_whole = self._passed(charge)
            if row.kind is CostKind.DEVICE and taken_whole is None:
                back = sum(refund[1] for refund in self._sifted.refunds.get(charge.id, ()))
                self._limits.expect_device(row, quantity + back)

    def _rule_lines(self) -> None:
        entries, refunds = self._entries, self._sifted.refunds
        days, in_full = self._tally.days_in_full, self._ruled.append
        in_scope = LineReason.IN_SCOPE
        for line in self._sifted.lines:
            charge, _, price = line
            entry, amount = entries[charge.code], charge.amount_fen
            if (
                entry.plain
                and charge.injury_related
                and price <= entry.price_max
                and charge.id not in refunds
            ):
                # Most lines are like this; nothing more is called for them, for speed.
                entry.in_full_fen += amount
                days[charge.date] += amount
                label, article = entry.label, entry.article
                in_full(RuledLine(charge.id, amount, amount, 0, None, label, in_scope, article))
            else:
                self._rule(line)
        if refunds:
            self._restore_order()

    def _rule(self, line: Counted) -> None:
        charge, quantity, price = line
        row, taken_whole = self._passed(charge)
        refunds = self._sifted.refunds.get(charge.id, [])
        asked = Asked(
            row=row,
            day=charge.date,
            price=price,
            quantity=quantity,
            amount_fen=charge.amount_fen,
            given_back=-sum(back for _, back, _ in refunds),
        )
        taken = self._taken(asked, taken_whole)
        article = self._rules.articles.of(row.kind)[taken.reason]
        self._ruled.append(_ruled(charge.id, taken, row, article))
        for refund, back, _ in refunds:
            before = taken
            asked = asked.after(refund, back)
            taken = self._taken(asked, taken_whole)
            self._ruled.append(_reversed(refund, before, taken, row, article))
        if taken_whole is None:
            self._limits.keep(asked, taken)
        self._tally.add(row.kind, charge.date, taken)

    def _taken(self, asked: Asked, taken_whole: LineReason | None) -> Taken:
        if taken_whole is None:
            return self._limits.weigh(asked)
        return Taken(asked.amount_fen, 0, taken_whole)

    def _passed(self, charge: Charge) -> tuple[CatalogueRow, LineReason | None]:
        """Return the row that decides, and the pass that takes the line whole, if one does."""
        rows = self._entries[charge.code].rows
        valid = row_on(rows, charge.date)
        row = valid or row_nearest(rows, charge.date)
        if row.kind in self._rules.excluded:
            return row, LineReason.EXCLUDED
        if not charge.injury_related:
            return row, LineReason.NON_INJURY
        if valid is None or not row.in_scope:
            return row, LineReason.OUT_OF_CATALOGUE
        if row.kind is CostKind.DEVICE and not self._is_approved(row.code):
            return row, LineReason.DEVICE_NOT_APPROVED
        return row, None

    def _is_approved(self, code: str) -> bool:
        return self._approved is None or code in self._approved

    def _restore_order(self) -> None:
        """Put refunds, ruled beside their originals, back where the bill has them."""
        ruled = {line.id: line for line in self._ruled}
        self._ruled = [ruled.pop(charge.id) for charge in self._bill.lines if charge.id in ruled]


def _ruled(line_id: str, taken: Taken, row: CatalogueRow, article: str) -> RuledLine:
    return RuledLine(
        line_id,
        taken.amount_fen,
        taken.fund_fen,
        taken.personal_fen,
        taken.bucket,
        row.label,
        taken.reason,
        article,
    )


def _reversed(
    refund: Charge, before: Taken, after: Taken, row: CatalogueRow, article: str
) -> RuledLine:
    """Rule a refund: what its original comes to with it, less what it came to without."""
    moved: Counter[Bucket] = Counter()
    for taken, sign in ((after, 1), (before, -1)):
        if taken.bucket is not None:
            moved[taken.bucket] += sign * taken.personal_fen
    split = {bucket: fen for bucket, fen in moved.items() if fen}
    return RuledLine(
        id=refund.id,
        amount_fen=refund.amount_fen,
        fund_fen=after.fund_fen - before.fund_fen,
        personal_fen=after.personal_fen - before.personal_fen,
        bucket=before.bucket if len(split) != 1 else next(iter(split)),
        catalogue_row=row.label,
        reason=LineReason.REVERSED,
        article=article,
        split=split if len(split) > 1 else None,
    )
