"""A bill ruled, line by line: first those that stand alone, then those that share.

Which lines can be ruled at all is decided in ``edge.core.charges``.
"""

from edge.core.adjudication.alone import rule_alone
from edge.core.adjudication.bill import Bill, BillRules, require_sound
from edge.core.adjudication.ruling import RuledLine, Ruling, proven
from edge.core.adjudication.tally import Tally
from edge.core.adjudication.together import rule_together
from edge.core.catalogue import Catalogue, catalogue_of


def adjudicate(bill: Bill, rules: BillRules, catalogue: Catalogue | None = None) -> Ruling:
    """Rule a bill: every line split between the fund and the worker, with reason and article.

    The same inputs give the same ruling. ``catalogue`` is the site's own, already in order;
    without it the rows that the bill carries count.

    Raises:
        BadInput: BAD_BILL or CATALOGUE_ROW, when the bill or one of its rows contradicts itself.
        Fault: RULING_IDENTITY, when fund + personal = total does not hold.
    """
    require_sound(bill)
    catalogue = catalogue or catalogue_of(bill.catalogue)
    codes = {charge.code for charge in bill.lines}
    entries = catalogue.entries(codes, lists=rules.lists, service=bill.service)
    ruled: list[RuledLine | None] = [None] * len(bill.lines)
    tally = Tally()
    others = rule_alone(bill, rules, entries, ruled, tally)
    refused = rule_together(bill, rules, entries, others, ruled, tally) if others else ()
    kinds = tally.sums_by_kind()
    total = sum([sums.total_fen for sums in kinds.values()])
    fund = sum([sums.fund_fen for sums in kinds.values()])
    return proven(
        Ruling(
            total_fen=total,
            fund_fen=fund,
            personal_fen=total - fund,
            personal=tally.personal(),
            lines=tuple(filter(None, ruled)),
            refused=refused,
            kinds=kinds,
            days=tally.sums_by_day(),
        )
    )
