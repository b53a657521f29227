"""Admit a verified worker: one open stay a person, bound to one injury determination."""

from dataclasses import dataclass
from datetime import datetime

from edge.core.errors import BadInput, Conflict, Words
from edge.core.stay import (
    ADMITS,
    UNKNOWN_BEDSIDE,
    Bedside,
    Injury,
    Stay,
    StayState,
    require_filled,
    require_known_injury,
)
from edge.site import Site
from edge.store.database import Rows
from edge.store.desk_cases import finish_case, require_active_case
from edge.store.people import identity_of
from edge.store.stays import add_stay, open_stay_of, stay_numbered
from edge.store.verifications import Verification, load_verification
from sync.envelope import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What the clerk and the hospital's system give. ``admitted_at`` left out means now."""

    verification: str
    hospital_number: str
    injury: Injury
    bedside: Bedside = UNKNOWN_BEDSIDE
    admitted_at: datetime | None = None


def admit(site: Site, admission: Admission, operator: str) -> Stay:
    """Open the stay and tell the platform.

    Raises:
        BadInput: a field is empty, the determination is none of the worker's, or the admission
            lies in the future.
        Conflict: the verdict does not admit, the person is already in hospital, or the hospital's
            number is taken; CASE_CLEARED, when another card or code was presented at the desk.
    """
    now = site.clock()
    with site.store.transaction() as db:
        verification = load_verification(db, site.vault, admission.verification)
        require_active_case(db, verification.identification_id or "")
        _require_filled(admission, verification)
        require_known_injury(admission.injury, verification.determinations)
        _require_admissible(db, verification, admission, now)
        stay = Stay(
            id=site.fresh_id(),
            person_id=verification.person_id,
            verification_id=verification.id,
            hospital_number=admission.hospital_number.strip(),
            service=verification.facts.service,
            injury=admission.injury,
            bedside=admission.bedside,
            insured_region=verification.facts.worker.insured_region,
            admission_decision=verification.verdict.decision,
            state=StayState.ADMITTED,
            admitted_at=admission.admitted_at or now,
        )
        add_stay(db, stay)
        finish_case(db, verification.identification_id, at=now)
        site.send(db, Kind.ADMISSION, stay, operator, _message(site, db, stay, verification))
        site.ledger.enter(
            db,
            kind="stay.admitted",
            operator=operator,
            subject=stay.id,
            now=now,
            verification=verification.id,
            decision=stay.admission_decision,
        )
    return stay


def _message(site: Site, db: Rows, stay: Stay, verification: Verification) -> dict[str, object]:
    person = identity_of(db, site.vault, stay.person_id)
    filing = verification.facts.filing
    return {
        "stay": stay.id,
        "hospital_number": stay.hospital_number,
        "id_number": person.number,
        "name": person.name,
        "filing": filing.id if filing else None,
        "service": stay.service,
        "emergency": verification.facts.emergency,
        "emergency_document": stay.bedside.emergency_document,
        "determination": stay.injury.determination,
        "injured_parts": stay.injury.parts,
        "diagnosis": stay.bedside.diagnosis,
        "admitted_at": stay.admitted_at.isoformat(),
        "decision": stay.admission_decision,
    }


def _require_filled(admission: Admission, verification: Verification) -> None:
    given = {
        "hospital_number": admission.hospital_number,
        "injury.determination": admission.injury.determination,
        "injury.parts": admission.injury.parts,
    }
    if verification.facts.emergency:
        given["emergency_document"] = admission.bedside.emergency_document
    require_filled(given)


def _require_admissible(
    db: Rows, verification: Verification, admission: Admission, now: datetime
) -> None:
    if verification.verdict.decision not in ADMITS:
        raise Conflict(
            "NOT_ADMISSIBLE",
            Words("核验结论不允许联网登记入院", f"the verdict is {verification.verdict.decision}"),
            Words("按核验结论的下一步办理", "follow the verdict's next step"),
            field="verification",
        )
    if admission.admitted_at and admission.admitted_at > now:
        raise BadInput(
            "ADMISSION_MOMENT",
            Words("入院时间晚于当前时间", "the admission is in the future"),
            Words("核对入院时间", "check the moment of admission"),
            field="admitted_at",
        )
    for known in (
        open_stay_of(db, verification.person_id),
        stay_numbered(db, admission.hospital_number.strip()),
    ):
        if known:
            raise Conflict(
                "STAY_EXISTS",
                Words(
                    f"已有住院记录 {known.hospital_number}",
                    f"there is a stay already: {known.hospital_number}",
                ),
                Words(f"打开已有记录 {known.id} 继续办理", f"go on with stay {known.id}"),
                field="hospital_number",
            )
