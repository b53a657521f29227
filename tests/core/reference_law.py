"""The five texts and the customer's rules as plain tables, and the calendar, for the reference.

Written from the instruments, not from config/regions: a slip there is a difference here.
"""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

SHIFT = timedelta(hours=8)
ZERO = timedelta(0)

MUNICIPALITIES = {"11", "12", "31", "50"}
OWN_AREAS = {"220184"}
"""公主岭 stands alone, where Jilin's text is in force."""

CARE = {"inpatient_medical", "outpatient_medical", "inpatient_rehab", "outpatient_rehab"}
THREE = {"inpatient_medical", "inpatient_rehab", "device"}


@dataclass(frozen=True)
class Law:
    """What one side's text says; as it stands here, the customer's rules of the whole country."""

    cross: frozenset[str] = frozenset(THREE)
    intra: frozenset[str] = frozenset(THREE)
    unfiled: str = "manual"
    late_filing: bool = False
    not_chosen: str = "manual"
    not_direct: str = "manual"
    ended: str = "manual"
    years: dict[str, int] = field(default_factory=dict)
    months: dict[str, int] = field(default_factory=dict)
    days: dict[str, int] = field(default_factory=dict)
    device_days: int = 0
    rehab_capped: bool = False
    window_days: int = 0
    trips: bool = False
    one_episode: bool = False
    device_outside_filing: bool = False
    notice_brought: bool = False
    notice_checked: bool = False
    contribution_checked: bool = False
    lists_settle: bool = True


NATIONAL = Law()
TIANJIN = Law(
    unfiled="refuse",
    not_chosen="refuse",
    not_direct="refuse",
    ended="refuse",
    years={"long_term_residence": 1, "long_term_work": 1},
    days={"referral": 60},
    device_days=60,
    rehab_capped=True,
    notice_brought=True,
    notice_checked=True,
)
SICHUAN = Law(intra=frozenset(CARE), late_filing=True, window_days=30)
SHANDONG = Law(
    intra=frozenset(CARE | {"device"}),
    months={"long_term_residence": 12, "long_term_work": 12},
    trips=True,
    one_episode=True,
    device_outside_filing=True,
)
JILIN = Law(
    intra=frozenset(CARE | {"device"}),
    unfiled="refuse",
    late_filing=True,
    not_chosen="refuse",
    months={"referral": 6},
    notice_checked=True,
    contribution_checked=True,
    lists_settle=False,
)
BEIJING = Law(
    ended="refuse",
    years={"long_term_residence": 1, "long_term_work": 1},
    months={"referral": 6},
)


def law_of(region: str, *, crosses: bool, day: date) -> Law:
    """Return whose text speaks of that region, of this crossing, on that day."""
    if region == "120000" and crosses and day >= date(2024, 4, 1):
        return TIANJIN
    if region == "110000" and crosses and day >= date(2025, 7, 25):
        return BEIJING
    if region == "370000" and day >= date(2024, 4, 1):
        return SHANDONG
    if region == "510000" and not crosses and day >= date(2024, 2, 2):
        return SICHUAN
    if region == "220000" and not crosses and day >= date(2024, 1, 1):
        return JILIN
    return NATIONAL


def shanghai_day(moment: datetime) -> date:
    """Return the day that a calendar in Shanghai shows."""
    offset = moment.utcoffset() or ZERO
    return (moment - offset + SHIFT).date()


def months_on(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def same_area(one: str, other: str, *, jilin_speaks: bool) -> bool:
    """Tell whether two places are one city in the eyes of the desk."""
    if one[:2] == other[:2] and one[:2] in MUNICIPALITIES:
        return True
    if one[2:] == "0000" or other[2:] == "0000":
        return False
    if jilin_speaks and (one in OWN_AREAS or other in OWN_AREAS):
        return one == other
    return one[:4] == other[:4]
