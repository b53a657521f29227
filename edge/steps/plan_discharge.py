"""Say on which day the ward means to discharge; nothing rests on it but what the desk prepares."""

from dataclasses import replace
from datetime import date

from edge.core.dates import local_day
from edge.core.errors import BadInput, Words
from edge.core.stay import Stay, StayState, require_state
from edge.site import Site
from edge.store.stays import load_stay, move_stay


def plan_discharge(site: Site, stay_id: str, day: date | None, operator: str) -> Stay:
    """Keep the planned day of a stay in hospital; None: there is no plan.

    Raises:
        NotFound: UNKNOWN_STAY.
        Conflict: STAY_STATE, once it has ended.
        BadInput: PLANNED_DAY, before the admission.
    """
    now = site.clock()
    with site.store.transaction() as db:
        stay = load_stay(db, stay_id)
        require_state(stay, StayState.ADMITTED)
        if day and day < local_day(stay.admitted_at):
            raise BadInput(
                "PLANNED_DAY",
                Words("计划出院日期早于入院日期", "planned before the admission"),
                Words("核对计划出院日期", "check the planned day"),
                field="planned_on",
            )
        planned = replace(stay, planned_on=day)
        move_stay(db, planned)
        site.ledger.enter(
            db,
            kind="discharge.planned",
            operator=operator,
            subject=stay_id,
            now=now,
            planned_on=day.isoformat() if day else None,
        )
    return planned
