"""Open a fitting for a verified worker: what was approved is kept with it. Fits nothing yet."""

from dataclasses import dataclass
from datetime import datetime

from edge.case.telling import is_typed
from edge.core.dates import local_day
from edge.core.errors import BadInput, Conflict, Words
from edge.core.fitting import Fitting, FittingState, fitting_rules
from edge.core.stay import ADMITS, Injury, require_filled, require_known_injury
from edge.core.verification import Moment, Service
from edge.site import Site
from edge.store.database import Rows
from edge.store.desk_cases import require_active_case
from edge.store.fittings import add_fitting, fitting_known_by
from edge.store.people import identity_of
from edge.store.verifications import Verification, load_verification
from sync.envelope import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the clerk gives; ``hospital_number`` is the facility's own number of the fitting."""

    verification: str
    hospital_number: str
    injury: Injury


def open_fitting(site: Site, opening: Opening, operator: str) -> Fitting:
    """Open the fitting, and tell the platform unless it is told by hand.

    Raises:
        NotFound: UNKNOWN_VERIFICATION.
        BadInput: FIELD_EMPTY; UNKNOWN_DETERMINATION; NOT_A_FITTING, when the verification asked
            about something else; DEVICES_MISSING, when it named no device.
        Conflict: NOT_ADMISSIBLE; FITTING_EXISTS; CASE_CLEARED, when another card or code was
            presented at the desk.
    """
    now = site.clock()
    with site.store.transaction() as db:
        verification = load_verification(db, site.vault, opening.verification)
        require_active_case(db, verification.identification_id or "")
        _require_sound(opening, verification)
        _require_openable(site, db, opening, verification)
        fitting = _opened(site, opening, verification, now)
        add_fitting(db, site.vault, fitting)
        if not is_typed(fitting):
            body = _message(site, db, fitting, verification)
            site.send(db, Kind.FITTING, fitting, operator, body)
        site.ledger.enter(
            db,
            kind="fitting.opened",
            operator=operator,
            subject=fitting.id,
            now=now,
            verification=verification.id,
            decision=fitting.admission_decision,
            channel=fitting.channel,
        )
    return fitting


def _opened(site: Site, opening: Opening, verification: Verification, now: datetime) -> Fitting:
    facts = verification.facts
    rules = fitting_rules(
        site.rulebook,
        treatment_region=site.settings.facility.region,
        insured_region=facts.worker.insured_region,
        on=local_day(now),
    )
    return Fitting(
        id=site.fresh_id(),
        person_id=verification.person_id,
        verification_id=verification.id,
        hospital_number=opening.hospital_number.strip(),
        injury=opening.injury,
        insured_region=facts.worker.insured_region,
        admission_decision=verification.verdict.decision,
        channel=rules.channel,
        filing_id=facts.filing.id if facts.filing else "",
        notice=facts.notice,
        approved=(facts.filing.devices or ()) if facts.filing else (),
        state=FittingState.VERIFIED,
        opened_at=now,
    )


def _message(
    site: Site, db: Rows, fitting: Fitting, verification: Verification
) -> dict[str, object]:
    person = identity_of(db, site.vault, fitting.person_id)
    notice, facts = fitting.notice, verification.facts
    return {
        "fitting": fitting.id,
        "hospital_number": fitting.hospital_number,
        "id_number": person.number,
        "name": person.name,
        "filing": fitting.filing_id or None,
        "notice": {"id": notice.id, "presented": notice.presented} if notice else None,
        "devices": [{"code": device.code, "act": device.act} for device in facts.devices or ()],
        "determination": fitting.injury.determination,
        "injured_parts": fitting.injury.parts,
        "opened_at": fitting.opened_at.isoformat(),
        "decision": fitting.admission_decision,
    }


def _require_sound(opening: Opening, verification: Verification) -> None:
    require_filled(
        {
            "hospital_number": opening.hospital_number,
            "injury.determination": opening.injury.determination,
            "injury.parts": opening.injury.parts,
        }
    )
    require_known_injury(opening.injury, verification.determinations)
    facts = verification.facts
    if (facts.service, facts.moment) != (Service.DEVICE, Moment.FITTING):
        raise BadInput(
            "NOT_A_FITTING",
            Words("该核验不是辅助器具配置核验", "the verification asked about something else"),
            Words("按“辅助器具配置”重新核验", "verify for a device, at the moment fitting"),
            field="verification",
        )
    if not facts.devices:
        raise BadInput(
            "DEVICES_MISSING",
            Words("核验时未说明所配器具", "the verification named no device"),
            Words("填写所配器具后重新核验", "name the devices and verify again"),
            field="verification",
        )


def _require_openable(site: Site, db: Rows, opening: Opening, verification: Verification) -> None:
    if verification.verdict.decision not in ADMITS:
        raise Conflict(
            "NOT_ADMISSIBLE",
            Words("核验结论不允许联网登记", f"the verdict is {verification.verdict.decision}"),
            Words("按核验结论的下一步办理", "follow the verdict's next step"),
            field="verification",
        )
    known = fitting_known_by(
        db,
        site.vault,
        verification_id=verification.id,
        hospital_number=opening.hospital_number.strip(),
    )
    if known:
        raise Conflict(
            "FITTING_EXISTS",
            Words(
                f"已有配置记录 {known.hospital_number}",
                f"there is a fitting already: {known.hospital_number}",
            ),
            Words(f"打开已有记录 {known.id} 继续办理", f"go on with fitting {known.id}"),
            field="hospital_number",
        )
