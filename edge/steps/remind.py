"""What is due by a day of the month and not done yet, as the treatment region's packs want it."""

from datetime import date, timedelta

from edge.core.dates import local_day
from edge.core.reminders import Reminder, reminders
from edge.packs.deadlines import deadlines_of
from edge.shipped import config_folder
from edge.site import Site
from edge.store.months import month_open

MONTHS = 3
"""How far back it is looked: what is older was said for two months."""


def remind(site: Site) -> tuple[Reminder, ...]:
    """Return the reminders of this moment, the most urgent first.

    Raises:
        BadRule: a region's deadlines are wrong.
    """
    today = local_day(site.clock())
    region = site.settings.facility.region
    packs = {
        site.rulebook.governing(region, on=today, cross_province=cross).place
        for cross in (True, False)
    }
    regions = config_folder() / "regions"
    found = {one for place in packs for one in deadlines_of(regions, place)}
    db = site.store.read()
    months = [month_open(db, month) for month in _months(today)]
    return reminders(sorted(found, key=lambda one: one.duty), months, today=today)


def _months(today: date) -> list[date]:
    month = today.replace(day=1)
    found = [month]
    while len(found) < MONTHS:
        month = (month - timedelta(days=1)).replace(day=1)
        found.append(month)
    return found
