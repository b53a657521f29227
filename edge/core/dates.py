"""Days, periods and deadlines as the instruments count them. Reads no clock."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

# A fixed offset: China has kept no daylight saving time since 1991.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

_IN_EVERY_MONTH = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A length as the articles write it: years, months or days; exactly one is given."""

    years: int = 0
    months: int = 0
    days: int = 0

    def last_day(self, first: date) -> date:
        """Return the last day, included, of the period that starts on ``first``.

        N days include the first day; years and months end the day before their anniversary.
        """
        return _last_day(self.years * 12 + self.months, self.days, first)


def local_day(moment: datetime) -> date:
    """Return the calendar day in Asia/Shanghai of an aware ``moment``."""
    return moment.astimezone(SHANGHAI).date()


@lru_cache(maxsize=4096)
def written(day: date) -> str:
    """Write a day as YYYY-MM-DD; bills name the same days again and again."""
    return day.isoformat()


def settle_by(discharged_at: datetime, hours: int) -> datetime:
    """Return the last moment to settle, itself included: clock hours, nights and holidays too.

    ``hours`` comes from the treatment region's pack (津 第二十五条; elsewhere 客户规则).
    """
    return discharged_at.astimezone(SHANGHAI) + timedelta(hours=hours)


def anniversary(day: date, years: int) -> date:
    """Return the same day ``years`` later; a year after 29 February is 28 February."""
    return _months_after(day, years * 12)


@lru_cache(maxsize=4096)
def _last_day(months: int, days: int, first: date) -> date:
    """Count a period once: filings begin on the same days and last equally long."""
    if days:
        return first + timedelta(days=days - 1)
    return _months_after(first, months) - timedelta(days=1)


def _months_after(day: date, months: int) -> date:
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    if day.day <= _IN_EVERY_MONTH:
        return date(year, month0 + 1, day.day)
    last = monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(day.day, last))
