"""The lines that need no other, as most lines of most bills: their own row decides.

What this cannot rule it leaves to ``together``, which can rule any line.
"""

from datetime import date

from edge.core.adjudication.bill import Bill, BillRules
from edge.core.adjudication.ruling import LineReason, RuledLine
from edge.core.adjudication.tally import Tally
from edge.core.catalogue import Entry
from edge.core.charges import Charge, entangled, numbers_of
from edge.core.money import AGREES_BELOW, AGREES_FROM, FEN_MAX, PRODUCT_PER_FEN, amount_fen


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
    plain = _plain(entries, rules, first, last)
    quantities, prices = numbers_of(bill.lines)
    tangle, days, in_full = entangled(bill.lines), tally.days, tally.in_full
    # One loop that calls nothing for most lines, not even amount_agrees(), for speed.
    for place, charge in enumerate(bill.lines):
        entry, amount = plain.get(charge.code), charge.amount_fen
        price, quantity = prices[charge.price], quantities[charge.quantity]
        if (
            entry is None
            or price is None
            or quantity is None
            or quantity < 0
            or not 0 <= amount <= FEN_MAX
            or not AGREES_FROM <= price * quantity - amount * PRODUCT_PER_FEN < AGREES_BELOW
            or not first <= charge.date <= last
            or charge.id in tangle
        ):
            left.append(place)
            continue
        if charge.injury_related and entry.in_scope and price <= entry.price_max:
            part, fund = in_full[entry.kind], amount
        else:
            fund, reason = _in_part(charge, entry, quantity)
            part = tally.of(reason)[entry.kind]
        part.total_fen += amount
        part.fund_fen += fund
        day = days[charge.date]
        day.total_fen += amount
        day.fund_fen += fund
        personal, row, bucket = amount - fund, entry.label, part.bucket
        ruled[place] = RuledLine(
            charge.id, amount, fund, personal, bucket, row, part.reason, part.article
        )
    return left


def _in_part(charge: Charge, entry: Entry, quantity: int) -> tuple[int, LineReason]:
    """Return the fund's share of a line that its row does not pay in full, and why."""
    if not charge.injury_related:
        return 0, LineReason.NON_INJURY
    if not entry.in_scope:
        return 0, LineReason.OUT_OF_CATALOGUE
    capped = amount_fen(entry.price_max, quantity)
    return min(charge.amount_fen, capped), LineReason.OVER_PRICE_CAP


def _plain(
    entries: dict[str, Entry], rules: BillRules, first: date, last: date
) -> dict[str, Entry]:
    """Return the codes of which one row rules each line of the stay by itself."""
    excluded = rules.excluded
    return {
        code: entry
        for code, entry in entries.items()
        if entry.stands_alone
        and entry.first_day <= first
        and last <= entry.last_day
        and entry.kind not in excluded
    }
