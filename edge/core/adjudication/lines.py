"""A bill ruled, line by line: first those that stand alone, then those that share.

Which lines can be ruled at all is decided in ``edge.core.charges``.
"""

from edge.core.adjudication.alone import rule_alone
from edge.core.adjudication.bill import Bill, BillRules, require_sound
from edge.core.adjudication.ruling import Ruling, proven
from edge.core.adjudication.tally import Tally
from edge.core.adjudication.together import rule_together
from edge.core.catalogue import Catalogue, catalogue_of
from edge.core.charges import entangled


def adjudicate(bill: Bill, rules: BillRules, catalogue: Catalogue | None = None) -> Ruling:
    """Rule a bill: every line split between the fund and the worker, with reason and article.

    The same inputs give the same ruling. ``catalogue`` is the site's own, already in order;
    without it the rows that the bill carries count.

    Raises:
        BadInput: BAD_BILL or CATALOGUE_ROW, when the bill or one of its rows contradicts itself.
        Fault: RULING_IDENTITY, when fund + personal = total does not hold.
    """
    ids = {charge.id for charge in bill.lines}
    require_sound(bill, ids)
    catalogue = catalogue or catalogue_of(bill.catalogue)
    codes = {charge.code for charge in bill.lines}
    entries = catalogue.entries(codes, lists=rules.lists, service=bill.service)
    tally = Tally()
    ruled, others = rule_alone(bill, rules, entries, entangled(bill.lines, ids), tally)
    refused = rule_together(bill, rules, entries, others, ruled, tally) if others else ()
    total = sum(tally.totals)
    fund = total - sum(filter(None, tally.personals))
    return proven(
        Ruling(
            total_fen=total,
            fund_fen=fund,
            personal_fen=total - fund,
            personal=tally.personal(),
            lines=tuple(filter(None, ruled)),
            refused=refused,
            kinds=tally.sums_by_kind(),
            days=tally.sums_by_day(),
        )
    )
