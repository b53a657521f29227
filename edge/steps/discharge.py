"""Discharge a worker: the settlement clock starts at this moment (津 第二十五条: 48 h)."""

from datetime import datetime

from edge.core.dates import local_day
from edge.core.stay import Stay, discharged
from edge.site import Site
from edge.store.stays import load_stay, move_stay
from sync.envelope import Kind


def discharge(site: Site, stay_id: str, at: datetime | None, operator: str) -> Stay:
    """Record the discharge (``at`` left out: now), start the clock, tell the platform.

    Raises:
        Conflict: STAY_STATE.
        BadInput: DISCHARGE_MOMENT.
    """
    now = site.high_water()
    with site.store.transaction() as db:
        stay = load_stay(db, stay_id)
        moment = at or now
        stay = discharged(stay, moment, now, window_h=_window_h(site, stay))
        move_stay(db, stay)
        body = {"stay": stay.id, "discharged_at": moment.isoformat()}
        site.send(db, Kind.DISCHARGE, stay, operator, body)
        site.ledger.enter(
            db,
            kind="stay.discharged",
            operator=operator,
            subject=stay.id,
            now=now,
            discharged_at=moment.isoformat(),
        )
    return stay


def _window_h(site: Site, stay: Stay) -> int:
    """Return the treatment region's hours: of the pack under which the stay began (DOMAIN §3)."""
    region, began = site.settings.facility.region, local_day(stay.admitted_at)
    crosses = region != stay.insured_region
    pack = site.rulebook.governing(region, on=began, cross_province=crosses)
    return pack.needed("settlement.hours", on=began).count
