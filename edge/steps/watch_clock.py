"""Tell each step of the settlement clock once, and keep the latest moment that was seen.

Run again and again: after a restart or a jump of the clock it tells what was missed, and nothing
twice.
"""

from datetime import datetime

from edge.core.deadline import CLOCK_BACK_MAX, Step, steps_to_tell
from edge.core.stay import Stay
from edge.site import Site
from edge.store.database import Rows
from edge.store.deadlines import note_told, running_stays, told_steps
from edge.store.high_water import high_water, raise_high_water
from edge.store.stays import load_stay

OPERATOR = "system"
"""Who warns when nobody asked for it."""

_MARK_EVERY = CLOCK_BACK_MAX / 2


def watch_clock(site: Site) -> tuple[str, ...]:
    """Return the stays of which a step was told.

    Raises:
        Fault: STORE_UNAVAILABLE; what was told before it stays told.
    """
    now = site.high_water()
    _keep_mark(site, now)
    told = []
    for seen in running_stays(site.store.read(), now):
        if not steps_to_tell(seen.stay, now, seen.steps):
            continue
        with site.store.transaction() as db:
            stay = load_stay(db, seen.stay.id)
            steps = steps_to_tell(stay, now, told_steps(db, stay.id))
            for step in steps:
                note_told(db, stay.id, step, now)
                _enter(site, db, stay, step)
        told += [stay.id] if steps else []
    return tuple(told)


def _keep_mark(site: Site, now: datetime) -> None:
    kept = high_water(site.store.read())
    if kept is None or now - kept >= _MARK_EVERY:
        with site.store.transaction() as db:
            raise_high_water(db, now)


def _enter(site: Site, db: Rows, stay: Stay, step: Step) -> None:
    overdue = step is Step.OVERDUE
    site.ledger.enter(
        db,
        kind="stay.overdue" if overdue else "stay.deadline_warned",
        operator=OPERATOR,
        subject=stay.id,
        now=site.clock(),
        step=step,
        settle_by=stay.settle_by.isoformat() if stay.settle_by else None,
    )
