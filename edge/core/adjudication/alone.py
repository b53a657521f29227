"""The lines that need no other, as most lines of most bills: their own row decides.

What this cannot rule it leaves to ``together``, which can rule any line.
"""

from collections.abc import Mapping
from datetime import date

from edge.core.adjudication.bill import Bill, BillRules
from edge.core.adjudication.ruling import BUCKETS, LineReason, RuledLine
from edge.core.adjudication.tally import Tally
from edge.core.catalogue import KINDS, Entry
from edge.core.charges import PRICES, QUANTITIES, Charge
from edge.core.money import FEN_MAX, PRODUCT_PER_FEN, amount_agrees, amount_fen


def rule_alone(
    bill: Bill, rules: BillRules, entries: dict[str, Entry], tangled: set[str], tally: Tally
) -> tuple[list[RuledLine | None], list[int]]:
    """Rule what stands alone, each line in its place; return the places of all others, too."""
    ruled: list[RuledLine | None] = []
    left: list[int] = []
    first, last = bill.admitted_on, bill.discharged_on or date.max
    here = standing = _standing_alone(entries, rules, first, last)
    articles = [rules.articles.of(kind) for kind in KINDS]
    in_scope = [of_class[_WHOLE] for of_class in articles]
    add, totals = ruled.append, tally.totals
    # A day's lines mostly follow each other: a day is looked at once, and its sums are local.
    day, total, personal, any_stood = first, 0, 0, False
    # A loop that calls nothing for most lines but the line's own class, for speed.
    for charge in bill.lines:
        if charge.date != day:
            if any_stood:
                tally.add_day(day, total, personal)
            day, total, personal, any_stood = charge.date, 0, 0, False
            here = standing if first <= day <= last else _NONE
        entry, amount = here.get(charge.code), charge.amount_fen
        price, quantity = PRICES[charge.price], QUANTITIES[charge.quantity]
        if (
            entry is None
            or price is None
            or quantity is None
            or not 0 <= amount <= FEN_MAX
            or quantity < 0
            or not (
                price * quantity == amount * PRODUCT_PER_FEN
                or amount_agrees(amount, price, quantity)
            )
            or (tangled and charge.id in tangled)
        ):
            left.append(len(ruled))
            add(None)
            continue
        any_stood, total, of_class = True, total + amount, entry.class_no
        totals[of_class] += amount
        if price <= entry.paid_whole_to and charge.injury_related:
            article = in_scope[of_class]
            add(RuledLine(charge.id, amount, amount, 0, None, entry.label, _WHOLE, article))
        else:
            one = _in_part(charge, quantity, entry, articles[of_class])
            add(one)
            personal += one.personal_fen
            tally.leave_to_worker(of_class, one.personal_fen, one.bucket)
    if any_stood:
        tally.add_day(day, total, personal)
    return ruled, left


_WHOLE = LineReason.IN_SCOPE
_NONE: dict[str, Entry] = {}


def _in_part(
    charge: Charge, quantity: int, entry: Entry, articles: Mapping[LineReason, str]
) -> RuledLine:
    """Rule a line that its row does not pay in full."""
    amount, fund, reason = charge.amount_fen, 0, LineReason.OUT_OF_CATALOGUE
    if not charge.injury_related:
        reason = LineReason.NON_INJURY
    elif entry.in_scope:
        reason = LineReason.OVER_PRICE_CAP
        fund = min(amount, amount_fen(entry.price_max, quantity))
    return RuledLine(
        charge.id,
        amount,
        fund,
        amount - fund,
        BUCKETS[reason],
        entry.label,
        reason,
        articles[reason],
    )


def _standing_alone(
    entries: Mapping[str, Entry], rules: BillRules, first: date, last: date
) -> dict[str, Entry]:
    """Return the codes of which one row rules each line of the stay by itself."""
    excluded, co_payments = rules.excluded, rules.co_payments
    return {
        code: entry
        for code, entry in entries.items()
        if entry.alone_from <= first
        and last <= entry.alone_to
        and entry.kind not in excluded
        and not (co_payments and entry.is_shared)
    }
