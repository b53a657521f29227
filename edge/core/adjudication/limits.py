"""The limits that several lines share: quantities a day and a stay, bed days, device limits.

Weighs one line at a time and changes nothing until told to keep what the line took. Which lines
come here at all is not decided here.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from edge.core.adjudication.ruling import BUCKETS, Bucket, LineReason
from edge.core.catalogue import CatalogueRow, CostKind, Standards
from edge.core.charges import Charge
from edge.core.money import PRICE_PER_FEN, QUANTITY_UNIT, amount_fen, half_up, multiplier_of
from edge.core.verification import NoticeItem

BED_DAYS_MAX = 3660
"""A bed line longer than ten years takes the standard of its first ten: a limit on our loop."""


# Asked and Taken are not frozen, for speed: there is one of each for every limited line.


@dataclass(slots=True)
class Asked:
    """What a line asks of the limits: its row and day, its price, its quantity and amount.

    ``given_back`` is what its refunds take off ``quantity`` in the end: a device line that is
    weighed before its refunds brings that much more room for itself.
    """

    row: CatalogueRow
    day: date
    price: int
    quantity: int
    amount_fen: int
    given_back: int = 0

    def after(self, refund: Charge, quantity: int) -> "Asked":
        """Return what is asked once a refund, whose quantity is negative, is counted."""
        return replace(
            self,
            quantity=self.quantity + quantity,
            amount_fen=self.amount_fen + refund.amount_fen,
            given_back=self.given_back + quantity,
        )


@dataclass(slots=True)
class Taken:
    """What the fund pays of a line's amount, with the reason, and the room that this uses up."""

    amount_fen: int
    fund_fen: int
    reason: LineReason
    quantity: int = 0
    nights: Mapping[int, int] | None = None

    @property
    def personal_fen(self) -> int:
        """What is left to the worker."""
        return self.amount_fen - self.fund_fen

    @property
    def bucket(self) -> Bucket | None:
        """Where the worker's share is counted; None: the fund pays all."""
        return BUCKETS.get(self.reason)


class Limits:
    """The room that is left in every shared limit of one bill."""

    def __init__(
        self,
        standards: Standards,
        approved: Mapping[str, NoticeItem] | None,
        *,
        co_payments: bool,
    ) -> None:
        latest_first = reversed(standards.changes)
        self._bed_days = [(one.since.toordinal(), one.bed_day_fen) for one in latest_first]
        self._bed_days.append((0, standards.bed_day_fen))
        self._has_bed_days = any(fen is not None for _, fen in self._bed_days)
        self._approved = approved or {}
        self._co_payments = co_payments
        self._of_day: dict[tuple[str, date], int] = defaultdict(int)
        self._of_stay: dict[str, int] = defaultdict(int)
        self._of_night: dict[int, int] = defaultdict(int)
        self._device_room: dict[str, int] = defaultdict(int)
        self._device_taken: dict[str, int] = defaultdict(int)

    def expect_device(self, row: CatalogueRow, quantity: int) -> None:
        """Add a device line's net quantity to what its code may cost; before any is weighed."""
        self._device_room[row.code] += (self._device_limit(row) or 0) * quantity

    def weigh(self, asked: Asked) -> Taken:
        """Return what all the limits together leave of a line; nothing is used up yet."""
        reason = LineReason.IN_SCOPE
        price = _capped(asked.row, asked.price)
        if price < asked.price:
            reason = LineReason.OVER_PRICE_CAP
        quantity = self._allowed(asked)
        if quantity < asked.quantity and reason is LineReason.IN_SCOPE:
            reason = LineReason.OVER_QUANTITY
        left = asked.amount_fen
        if reason is not LineReason.IN_SCOPE:
            left = min(left, amount_fen(price, quantity))
        kind, fund, nights, own = asked.row.kind, left, None, reason
        if kind is CostKind.BED and self._has_bed_days and left > 0:
            nights, own = self._nights(asked, quantity, left), LineReason.OVER_BED_STANDARD
            fund = sum(nights.values())
        elif kind is CostKind.DEVICE:
            fund, own = self._within_device_limit(asked, left), LineReason.DEVICE_OVER_LIMIT
        if fund < left and reason is LineReason.IN_SCOPE:
            reason = own
        shared = self._without_co_payment(asked.row, fund)
        if shared < fund and reason is LineReason.IN_SCOPE:
            reason = LineReason.CO_PAYMENT
        return Taken(asked.amount_fen, shared, reason, quantity, nights)

    def keep(self, asked: Asked, taken: Taken) -> None:
        """Use up the room that a line takes in the end."""
        code = asked.row.code
        self._of_day[code, asked.day] += taken.quantity
        self._of_stay[code] += taken.quantity
        for night, fen in (taken.nights or {}).items():
            self._of_night[night] += fen
        if self._device_limit(asked.row) is not None:
            self._device_taken[code] += taken.fund_fen

    def _allowed(self, asked: Asked) -> int:
        row, quantity = asked.row, asked.quantity
        if row.quantity_per_day_max is not None:
            used = self._of_day[row.code, asked.day]
            quantity = _within(row.quantity_per_day_max, used, quantity)
        if row.quantity_max is not None:
            quantity = _within(row.quantity_max, self._of_stay[row.code], quantity)
        return quantity

    def _without_co_payment(self, row: CatalogueRow, fen: int) -> int:
        """Take off the share that the list leaves to the patient, where the law applies it."""
        if not (self._co_payments and row.co_payment_share) or row.kind is CostKind.DEVICE:
            return fen
        paid = QUANTITY_UNIT - int(row.co_payment_share * QUANTITY_UNIT)
        return half_up(fen * paid, QUANTITY_UNIT)

    def _nights(self, asked: Asked, quantity: int, left: int) -> dict[int, int]:
        """Spread a bed line over its days; return what each day's standard pays, by ordinal."""
        days = max(1, -(-quantity // QUANTITY_UNIT))
        share, remainder = divmod(left, days)
        first = asked.day.toordinal()
        nights = {}
        for night in range(first, first + min(days, BED_DAYS_MAX)):
            charged = share + remainder if night == first else share
            standard = self._bed_day_fen(night)
            room = charged if standard is None else standard - self._of_night[night]
            nights[night] = min(charged, room)
        return nights

    def _bed_day_fen(self, night: int) -> int | None:
        """Return the standard of the version in force on that very day; None: there is none."""
        return next(fen for since, fen in self._bed_days if since <= night)

    def _within_device_limit(self, asked: Asked, left: int) -> int:
        limit = self._device_limit(asked.row)
        if limit is None:
            return left
        room = self._device_room[asked.row.code] + limit * asked.given_back
        return min(left, half_up(room, QUANTITY_UNIT) - self._device_taken[asked.row.code])

    def _device_limit(self, row: CatalogueRow) -> int | None:
        """Return the limit of one unit: the notice's, else the catalogue's, times its multiplier.

        None: no limit.
        """
        if row.kind is not CostKind.DEVICE:
            return None
        item = self._approved.get(row.code)
        if item is None:
            return row.price_cap_fen
        limit = row.price_cap_fen if item.limit_fen is None else item.limit_fen
        times = item.limit_multiplier and multiplier_of(item.limit_multiplier)
        return half_up(limit * times, QUANTITY_UNIT) if limit is not None and times else limit


def _capped(row: CatalogueRow, price: int) -> int:
    if row.price_cap_fen is None or row.kind is CostKind.DEVICE:
        return price
    return min(price, row.price_cap_fen * PRICE_PER_FEN)


def _within(most: Decimal, used: int, quantity: int) -> int:
    """Return how much of ``quantity`` the limit still allows; the catalogue has proved ``most``."""
    return min(quantity, max(0, int(most * QUANTITY_UNIT) - used))
