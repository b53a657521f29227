"""An inpatient from card to delivered settlement."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from edge.clock import fresh_id, system_clock
from edge.core.dates import SHANGHAI
from simulators.hospital.bill import thirty_lines
from simulators.hospital.ground import Hospital
from simulators.hospital.people import DETERMINATION
from simulators.hospital.records import HospitalSystem
from simulators.hospital.telling import (
    CARD_S_MAX,
    DELIVERY_S_MAX,
    Step,
    Told,
    awaited,
    card,
    cards_present,
    delivered,
    settled,
    silently,
    verdict,
)

_SERVICE = "inpatient_medical"
_DAYS_IN_HOSPITAL = 10


def inpatient(place: Hospital, *, wait_s: float = DELIVERY_S_MAX) -> Iterator[Step]:
    """Yield each step of the case as it ends; the last says whether all ended as it should.

    ``wait_s`` is how long the delivery may take.
    """
    with place.system() as system:
        yield from card(place, system)
        verification = yield from verdict(system, service=_SERVICE)
        stay = yield from stayed(system, verification)
        settlement = yield from settled(system, f"/stays/{stay}")
        arrived = yield from delivered(system, stay, wait_s)
    yield {"step": "end", "ok": arrived and settlement["fund_fen"] > 0}


def stayed(system: HospitalSystem, verification: str, **other: str) -> Told[str]:
    """Admit a verified worker, send the bill twice, discharge; return the stay.

    ``other`` fields are added to the admission.
    """
    began = admitted_at(system_clock())
    admission = {
        "verification": verification,
        "hospital_number": f"ZY{fresh_id()[:8]}",
        "determination": DETERMINATION,
        "injured_parts": "左胫骨",
        "ward": "骨科一病区",
        "bed": "12",
        "diagnosis": "左胫骨骨折术后",
        "admitted_at": began.isoformat(),
        **other,
    }
    stay: Step = system.post("/stays", admission)
    yield {"step": "admitted", "stay": stay["id"], "decision": stay["admission_decision"]}
    sent = {"lines": thirty_lines(first_day(began))}
    yield {"step": "charged", **system.post(f"/stays/{stay['id']}/charges", sent)}
    again: Step = system.post(f"/stays/{stay['id']}/charges", sent)
    yield {"step": "charged again", **again}
    left: Step = system.post(f"/stays/{stay['id']}/discharge", {})
    yield {"step": "discharged", "settle_by": left["settle_by"]}
    return str(stay["id"])


def admitted_at(now: datetime) -> datetime:
    """Return when the rehearsed stay began: ten days before, so that there is a bill."""
    return now - timedelta(days=_DAYS_IN_HOSPITAL)


def discharged_stay(system: HospitalSystem) -> str:
    """Take a case as far as the discharge, without telling, and return the stay."""
    awaited(lambda: cards_present(system), CARD_S_MAX)
    return silently(stayed(system, silently(verdict(system, service=_SERVICE))))


def first_day(moment: datetime) -> date:
    """Return the day in Shanghai on which the rehearsed bill begins."""
    return moment.astimezone(SHANGHAI).date()
