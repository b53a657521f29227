"""Cancel an admission that was none: nothing was charged, nobody was discharged."""

from edge.core.errors import Conflict, Words
from edge.core.stay import Stay, cancelled
from edge.site import Site
from edge.store.bills import lines_of
from edge.store.stays import load_stay, move_stay
from sync.envelope import Kind


def cancel_admission(site: Site, stay_id: str, operator: str) -> Stay:
    """End the stay for good and tell the platform; the hospital's number is not used again.

    Raises:
        NotFound: UNKNOWN_STAY.
        Conflict: STAY_STATE, once it has ended; STAY_CHARGED, when it has charge lines.
    """
    now = site.clock()
    with site.store.transaction() as db:
        stay = cancelled(load_stay(db, stay_id))
        if lines_of(db, site.vault, stay_id):
            raise _charged()
        move_stay(db, stay)
        site.send(db, Kind.CANCELLATION, stay, operator, {"stay": stay.id})
        site.ledger.enter(db, kind="stay.cancelled", operator=operator, subject=stay.id, now=now)
    return stay


def _charged() -> Conflict:
    return Conflict(
        "STAY_CHARGED",
        Words("已有费用明细，不能取消入院", "the stay has charge lines: it was an admission"),
        Words(
            "冲销费用后办理出院结算，或转手工报销",
            "refund the lines, then discharge and settle, or hand over to manual",
        ),
        field="stay",
    )
