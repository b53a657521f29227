"""DOMAIN §4 once more, slow and obvious: fractions, and every question asked from the start.

Shares no code with the product's own but the shapes of what goes in. It stores no running total:
what is left of a limit is found by looking at all earlier lines again.
"""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor

from edge.core.adjudication import Bill, BillRules
from edge.core.catalogue import CatalogueRow, RegionalList
from edge.core.charges import Charge

BUCKETS = {
    "OUT_OF_CATALOGUE": "out_of_catalogue",
    "DEVICE_NOT_APPROVED": "out_of_catalogue",
    "OVER_PRICE_CAP": "over_standard",
    "OVER_QUANTITY": "over_standard",
    "OVER_BED_STANDARD": "over_standard",
    "NON_INJURY": "non_injury",
    "EXCLUDED": "excluded",
    "CO_PAYMENT": "over_standard",
    "DEVICE_OVER_LIMIT": "device_over_limit",
}


def rounded(value: Fraction) -> int:
    magnitude = floor(abs(value) + Fraction(1, 2))
    return -magnitude if value < 0 else magnitude


def number(text: str, places: int) -> Fraction | None:
    if re.fullmatch(rf"-?[0-9]+(\.[0-9]{{1,{places}}})?", text) is None:
        return None
    return Fraction(text)


@dataclass
class Item:
    """An accepted charge with its refunds."""

    charge: Charge
    quantity: Fraction
    refunds: list[Charge] = field(default_factory=list)

    def net_quantity(self, refunds: int | None = None) -> Fraction:
        """Return the quantity once the first ``refunds``, or all, are taken off."""
        taken = self.refunds if refunds is None else self.refunds[:refunds]
        return self.quantity + sum(Fraction(one.quantity) for one in taken)

    def net_amount(self, refunds: int | None = None) -> int:
        """Return the amount once the first ``refunds``, or all, are taken off."""
        taken = self.refunds if refunds is None else self.refunds[:refunds]
        return self.charge.amount_fen + sum(one.amount_fen for one in taken)


@dataclass
class Outcome:
    """What a line comes to."""

    amount: int
    fund: int
    reason: str
    code: str
    day: date
    quantity: Fraction = Fraction(0)
    nights: dict[date, int] = field(default_factory=dict)
    limited: bool = True
    device_limited: bool = False

    def personal(self) -> dict[str, int]:
        """Return the worker's part by bucket."""
        if self.reason not in BUCKETS:
            return {}
        return {BUCKETS[self.reason]: self.amount - self.fund}


class Reference:
    """The bill looked at again for every question."""

    def __init__(self, bill: Bill, rules: BillRules) -> None:
        self.bill, self.rules = bill, rules
        self.refused: dict[int, str] = {}
        self.items = self._items()
        self.outcomes = self._outcomes()

    def _rows(self, code: str) -> list[CatalogueRow]:
        lists = self.rules.lists
        device_rows, other_rows = [], []
        for row in self.bill.catalogue:
            if row.code != code:
                continue
            if row.kind == "device" and self._is_of(row, lists.device):
                device_rows.append(row)
            elif row.kind != "device" and self._is_of(row, lists.medical):
                other_rows.append(row)
        if device_rows and other_rows:
            return device_rows if self.bill.service == "device" else other_rows
        return device_rows + other_rows

    def _is_of(self, row: CatalogueRow, governing: RegionalList) -> bool:
        if row.region is not None and row.region != governing.region:
            return False
        return row.insurance is None or row.insurance == governing.insurance

    def _row(self, code: str, day: date) -> tuple[CatalogueRow, bool]:
        """Return the row for a day, and whether it is valid then."""
        rows = sorted(self._rows(code), key=lambda row: row.valid_from or date.min)
        valid = [
            row for row in rows if (row.valid_from or date.min) <= day <= (row.valid_to or date.max)
        ]
        if valid:
            return valid[-1], True
        begun = [row for row in rows if (row.valid_from or date.min) <= day]
        return (begun[-1] if begun else rows[0]), False

    def _items(self) -> list[Item]:
        items: list[Item] = []
        for place, charge in enumerate(self.bill.lines):
            if not self._is_refund(charge):
                code = self._refusal(place) or self._mismatch(charge)
                if code:
                    self.refused[place] = code
                else:
                    items.append(Item(charge, Fraction(charge.quantity)))
        by_id = {item.charge.id: item for item in items}
        for place, charge in enumerate(self.bill.lines):
            if self._is_refund(charge):
                item = by_id.get(charge.reverses or "")
                code = self._refusal(place) or self._bad_reversal(charge, item)
                code = code or self._mismatch(charge)
                if code or item is None:
                    self.refused[place] = code or "BAD_REVERSAL"
                else:
                    item.refunds.append(charge)
        return items

    def _is_refund(self, charge: Charge) -> bool:
        quantity = number(charge.quantity, 4)
        return charge.reverses is not None or (quantity is not None and quantity < 0)

    def _refusal(self, place: int) -> str | None:
        charge = self.bill.lines[place]
        quantity, price = number(charge.quantity, 4), number(charge.price, 6)
        if quantity is None or price is None or price < 0 or abs(quantity) > 1_000_000:
            return "BAD_NUMBER"
        if any(charge.id == earlier.id for earlier in self.bill.lines[:place]):
            return "DUPLICATE_LINE"
        if not self._rows(charge.code):
            return "UNKNOWN_CODE"
        last = self.bill.discharged_on
        late = last is not None and charge.date > last and charge.reverses is None
        if charge.date < self.bill.admitted_on or late:
            return "OUTSIDE_STAY"
        return None

    def _bad_reversal(self, charge: Charge, item: Item | None) -> str | None:
        if item is None:
            return "BAD_REVERSAL"
        left = item.net_quantity() + Fraction(charge.quantity)
        fits = (
            Fraction(charge.quantity) < 0
            and charge.code == item.charge.code
            and Fraction(charge.price) == Fraction(item.charge.price)
            and left >= 0
            and (left != 0 or item.net_amount() + charge.amount_fen == 0)
        )
        return None if fits else "BAD_REVERSAL"

    def _mismatch(self, charge: Charge) -> str | None:
        product = Fraction(charge.price) * Fraction(charge.quantity) * 100
        wrong_sign = charge.amount_fen > 0 if self._is_refund(charge) else charge.amount_fen < 0
        if wrong_sign or abs(charge.amount_fen - rounded(product)) > 1:
            return "AMOUNT_MISMATCH"
        return None

    def _outcomes(self) -> dict[str, Outcome]:
        """Rule each item on its net quantity, then say what it and each refund show."""
        shown: dict[str, Outcome] = {}
        self.settled: list[Outcome] = []
        self.shares: dict[str, dict[str, int]] = {}
        for item in self.items:
            states = [self._outcome(item, count) for count in range(len(item.refunds) + 1)]
            shown[item.charge.id] = states[0]
            self.shares[item.charge.id] = states[0].personal()
            for refund, before, after in zip(item.refunds, states, states[1:], strict=False):
                shown[refund.id] = Outcome(
                    refund.amount_fen,
                    after.fund - before.fund,
                    "REVERSED",
                    refund.code,
                    refund.date,
                )
                buckets = {*before.personal(), *after.personal()}
                self.shares[refund.id] = {
                    bucket: after.personal().get(bucket, 0) - before.personal().get(bucket, 0)
                    for bucket in buckets
                }
            self.settled.append(states[-1])
        return shown

    def _whole(self, item: Item) -> str | None:
        charge = item.charge
        row, valid = self._row(charge.code, charge.date)
        if row.kind in self.rules.excluded:
            return "EXCLUDED"
        if not charge.injury_related:
            return "NON_INJURY"
        if not valid or not row.in_scope:
            return "OUT_OF_CATALOGUE"
        notice = self.bill.notice
        approved = [one.code for one in notice.items or ()] if notice else [charge.code]
        if row.kind == "device" and charge.code not in approved:
            return "DEVICE_NOT_APPROVED"
        return None

    def _outcome(self, item: Item, refunds: int) -> Outcome:
        charge, amount = item.charge, item.net_amount(refunds)
        whole = self._whole(item)
        if whole:
            return Outcome(amount, 0, whole, charge.code, charge.date, limited=False)
        row, _ = self._row(charge.code, charge.date)
        wanted = item.net_quantity(refunds)
        price, quantity, reasons = Fraction(charge.price) * 100, wanted, []
        if row.kind != "device" and row.price_cap_fen is not None and price > row.price_cap_fen:
            price = Fraction(row.price_cap_fen)
            reasons.append("OVER_PRICE_CAP")
        quantity = min([quantity, *self._rooms(row, charge)])
        if quantity < wanted:
            reasons.append("OVER_QUANTITY")
        left = min(amount, rounded(price * quantity)) if reasons else amount
        nights: dict[date, int] = {}
        if row.kind == "bed" and left > 0:
            nights = self._nights(charge.date, quantity, left)
            if sum(nights.values()) < left:
                reasons.append("OVER_BED_STANDARD")
                left = sum(nights.values())
        room = self._device_room(row, item, refunds)
        if room is not None and room < left:
            reasons.append("DEVICE_OVER_LIMIT")
            left = room
        own = rounded(left * (1 - Fraction(row.co_payment_share or 0)))
        if self.rules.co_payments and row.kind != "device" and own < left:
            reasons.append("CO_PAYMENT")
            left = own
        reason = reasons[0] if reasons else "IN_SCOPE"
        outcome = Outcome(amount, left, reason, charge.code, charge.date, quantity, nights)
        outcome.device_limited = room is not None
        return outcome

    def _earlier(self, code: str) -> list[Outcome]:
        return [one for one in self.settled if one.code == code and one.limited]

    def _rooms(self, row: CatalogueRow, charge: Charge) -> list[Fraction]:
        rooms = []
        if row.quantity_per_day_max is not None:
            today = [one.quantity for one in self._earlier(row.code) if one.day == charge.date]
            rooms.append(Fraction(row.quantity_per_day_max) - sum(today))
        if row.quantity_max is not None:
            rooms.append(
                Fraction(row.quantity_max) - sum(one.quantity for one in self._earlier(row.code))
            )
        return [max(Fraction(0), room) for room in rooms]

    def _standard(self, night: date) -> int | None:
        """Return what was said last of that day, the bill's own standard being said first."""
        standards = self.bill.standards
        if standards is None:
            return None
        said = [standards.bed_day_fen]
        said += [change.bed_day_fen for change in standards.changes if change.since <= night]
        return said[-1]

    def _nights(self, first: date, quantity: Fraction, left: int) -> dict[date, int]:
        days = max(1, ceil(quantity))
        nights = {}
        for place in range(days):
            night = first + timedelta(days=place)
            share = left // days + (left % days if place == 0 else 0)
            used = sum(one.nights.get(night, 0) for one in self.settled)
            standard = self._standard(night)
            nights[night] = share if standard is None else min(share, standard - used)
        return nights

    def _device_limit(self, row: CatalogueRow) -> int | None:
        for one in (self.bill.notice.items or ()) if self.bill.notice else ():
            if one.code == row.code:
                limit = row.price_cap_fen if one.limit_fen is None else one.limit_fen
                if limit is not None and one.limit_multiplier is not None:
                    return rounded(limit * Fraction(one.limit_multiplier))
                return limit
        return row.price_cap_fen

    def _device_room(self, row: CatalogueRow, item: Item, refunds: int) -> int | None:
        if row.kind != "device" or self._device_limit(row) is None:
            return None
        whole = Fraction(0)
        for other in self.items:
            if other.charge.code != row.code or self._whole(other):
                continue
            other_row, _ = self._row(other.charge.code, other.charge.date)
            net = other.net_quantity(refunds if other is item else None)
            whole += (self._device_limit(other_row) or 0) * net
        taken = [one.fund for one in self._earlier(row.code) if one.device_limited]
        return rounded(whole) - sum(taken)
