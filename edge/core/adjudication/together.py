"""The lines that others bear on: refunds, limits that several lines share, rows that change.

The passes that take a line whole, then the limits; a refund carries the difference it makes. Lines
are ruled in the bill's order: a limit pays the earlier ones first.
"""

from collections import Counter

from edge.core.adjudication.bill import Bill, BillRules
from edge.core.adjudication.limits import Asked, Limits, Taken
from edge.core.adjudication.ruling import Bucket, LineReason, RuledLine
from edge.core.adjudication.tally import Tally
from edge.core.catalogue import CatalogueRow, CostKind, Entry, Standards, row_nearest, row_on
from edge.core.charges import Charge, Counted, RefusedLine, Sifted, sift


def rule_together(
    bill: Bill,
    rules: BillRules,
    entries: dict[str, Entry],
    places: list[int],
    ruled: list[RuledLine | None],
    tally: Tally,
) -> tuple[RefusedLine, ...]:
    """Rule the lines at ``places`` into ``ruled``; return those that cannot be ruled."""
    sifted = sift(
        [bill.lines[place] for place in places],
        first=bill.admitted_on,
        last=bill.discharged_on,
        known=entries,
    )
    lines = _Judgement(bill, rules, entries, sifted, tally).lines()
    for place in places:
        ruled[place] = lines.pop(bill.lines[place].id, None)  # of two that share an id, the first
    return tuple(sifted.refused)


class _Judgement:
    """The ruling of lines that share, in the making."""

    def __init__(
        self, bill: Bill, rules: BillRules, entries: dict[str, Entry], sifted: Sifted, tally: Tally
    ) -> None:
        self._rules, self._entries, self._sifted, self._tally = rules, entries, sifted, tally
        self._approved = bill.device_limits
        self._limits = Limits(
            bill.standards or Standards(), self._approved, co_payments=rules.co_payments
        )
        self._ruled: dict[str, RuledLine] = {}

    def lines(self) -> dict[str, RuledLine]:
        """Return each line's ruling by its id."""
        self._expect_devices()
        for line in self._sifted.lines:
            self._rule(line)
        return self._ruled

    def _expect_devices(self) -> None:
        """Tell the limits how many of each device there are: the room of one serves another."""
        if not any(entry.kind is CostKind.DEVICE for entry in self._entries.values()):
            return
        for charge, quantity, _ in self._sifted.lines:
            row, taken_whole = self._passed(charge)
            if row.kind is CostKind.DEVICE and taken_whole is None:
                back = sum(refund[1] for refund in self._sifted.refunds.get(charge.id, ()))
                self._limits.expect_device(row, quantity + back)

    def _rule(self, line: Counted) -> None:
        charge, quantity, price = line
        row, taken_whole = self._passed(charge)
        refunds = self._sifted.refunds.get(charge.id, ())
        given_back = -sum([back for _, back, _ in refunds]) if refunds else 0
        asked = Asked(row, charge.date, price, quantity, charge.amount_fen, given_back)
        taken = self._taken(asked, taken_whole)
        label = row.label
        article = self._rules.article(row.kind, taken.reason)
        self._ruled[charge.id] = RuledLine(
            charge.id,
            taken.amount_fen,
            taken.fund_fen,
            taken.personal_fen,
            taken.bucket,
            label,
            taken.reason,
            article,
        )
        for refund, back, _ in refunds:
            before = taken
            asked = asked.after(refund, back)
            taken = self._taken(asked, taken_whole)
            self._ruled[refund.id] = _reversed(refund, before, taken, label, article)
        if taken_whole is None:
            self._limits.keep(asked, taken)
        self._tally.add_line(
            row.kind,
            charge.date,
            total_fen=taken.amount_fen,
            personal_fen=taken.personal_fen,
            bucket=taken.bucket,
        )

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


def _reversed(refund: Charge, before: Taken, after: Taken, label: str, article: str) -> RuledLine:
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
        catalogue_row=label,
        reason=LineReason.REVERSED,
        article=article,
        split=split if len(split) > 1 else None,
    )
