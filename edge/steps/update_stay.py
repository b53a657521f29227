"""Keep what the ward's system says anew of a stay in hospital: where the worker lies, and why."""

from dataclasses import replace

from edge.core.stay import Bedside, Stay, StayState, require_state
from edge.site import Site
from edge.store.stays import load_stay, move_bed


def update_stay(site: Site, stay_id: str, bedside: Bedside, operator: str) -> Stay:
    """Keep another ward, bed or diagnosis; the papers of an emergency stay as they were given.

    Raises:
        NotFound: UNKNOWN_STAY.
        Conflict: STAY_STATE, once it has ended.
    """
    now = site.clock()
    with site.store.transaction() as db:
        stay = load_stay(db, stay_id)
        require_state(stay, StayState.ADMITTED)
        kept = replace(bedside, emergency_document=stay.bedside.emergency_document)
        moved = replace(stay, bedside=kept)
        move_bed(db, moved)
        site.ledger.enter(
            db,
            kind="stay.updated",
            operator=operator,
            subject=stay_id,
            now=now,
            ward=kept.ward,
            bed=kept.bed,
            diagnosis=kept.diagnosis,
        )
    return moved
