"""The lines that need no other, as most lines of most bills: their own row decides.

What this cannot rule it leaves to ``together``, which can rule any line.
"""

from collections.abc import Mapping
from datetime import date
from itertools import count, groupby
from operator import attrgetter
from typing import TypeAlias

from edge.core.adjudication.bill import Bill, BillRules
from edge.core.adjudication.ruling import BUCKETS, LineReason, RuledLine
from edge.core.adjudication.tally import Tally
from edge.core.catalogue import KINDS, CostKind, Entry
from edge.core.charges import PRICES, QUANTITIES, Charge, entangled
from edge.core.money import AGREES_BELOW, AGREES_FROM, FEN_MAX, PRODUCT_PER_FEN, amount_fen

_Row: TypeAlias = tuple[int, str, CostKind, str, Entry]
"""What every line asks of its row: the price that it pays whole, its label, kind, article, all."""

_day = attrgetter("date")


def rule_alone(
    bill: Bill,
    rules: BillRules,
    entries: dict[str, Entry],
    ruled: list[RuledLine | None],
    tally: Tally,
) -> list[int]:
    """Rule what stands alone into ``ruled``, by place; return the places of all others."""
    left: list[int] = []
    first, last = bill.admitted_on, bill.discharged_on or date.max
    rows = _rows(entries, rules, first, last)
    tangle, in_full, places = entangled(bill.lines), tally.in_full, count()
    # A day's lines mostly follow each other: a day is looked at once, and its sums are local.
    for day, charges in groupby(bill.lines, _day):
        in_stay, total, personal, standing = first <= day <= last, 0, 0, False
        # A loop that calls nothing for most lines, not even amount_agrees(), for speed.
        for charge, place in zip(charges, places, strict=False):
            row, amount = rows.get(charge.code), charge.amount_fen
            price, quantity = PRICES[charge.price], QUANTITIES[charge.quantity]
            if (
                row is None
                or price is None
                or quantity is None
                or quantity < 0
                or not 0 <= amount <= FEN_MAX
                or not AGREES_FROM <= price * quantity - amount * PRODUCT_PER_FEN < AGREES_BELOW
                or not in_stay
                or (tangle and charge.id in tangle)
            ):
                left.append(place)
                continue
            standing, total = True, total + amount
            paid_whole_to, label, kind, article, entry = row
            if price <= paid_whole_to and charge.injury_related:
                in_full[kind] += amount
                ruled[place] = RuledLine(charge.id, amount, amount, 0, None, label, _WHOLE, article)
            else:
                one = ruled[place] = _in_part(charge, quantity, entry, rules)
                personal += one.personal_fen
                tally.count(kind, amount, one.fund_fen, one.bucket)
        if standing:
            tally.days[day].add(total, total - personal)
    return left


_WHOLE = LineReason.IN_SCOPE


def _in_part(charge: Charge, quantity: int, entry: Entry, rules: BillRules) -> RuledLine:
    """Rule a line that its row does not pay in full."""
    amount, fund, reason = charge.amount_fen, 0, LineReason.OUT_OF_CATALOGUE
    if not charge.injury_related:
        reason = LineReason.NON_INJURY
    elif entry.in_scope:
        reason = LineReason.OVER_PRICE_CAP
        fund = min(amount, amount_fen(entry.price_max, quantity))
    bucket, article = BUCKETS[reason], rules.articles.of(entry.kind)[reason]
    return RuledLine(charge.id, amount, fund, amount - fund, bucket, entry.label, reason, article)


def _rows(
    entries: Mapping[str, Entry], rules: BillRules, first: date, last: date
) -> dict[str, _Row]:
    """Return the codes of which one row rules each line of the stay by itself."""
    article = {kind: rules.articles.of(kind)[_WHOLE] for kind in KINDS}
    return {
        code: (entry.paid_whole_to, entry.label, entry.kind, article[entry.kind], entry)
        for code, entry in entries.items()
        if entry.stands_alone
        and entry.first_day <= first
        and last <= entry.last_day
        and entry.kind not in rules.excluded
        and not (rules.co_payments and entry.is_shared)
    }
