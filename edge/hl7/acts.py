"""What each event does here: the same steps as the API's calls, with the fields of its segments.

Done twice by a message that was sent again after we had died between deed and answer, it is still
done once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from edge.core.charges import Charge, RefusedLine
from edge.core.errors import BadInput, NotFound, Words
from edge.core.money import PRICE_PER_FEN, parse_price
from edge.core.stay import Bedside, Injury, Stay, StayState
from edge.hl7.reading import Message, wrong_field
from edge.site import Site
from edge.steps.admit import Admission, admit
from edge.steps.cancel_admission import cancel_admission
from edge.steps.charge import charge
from edge.steps.discharge import discharge
from edge.steps.plan_discharge import plan_discharge
from edge.steps.update_stay import update_stay
from edge.store.operators import Scope
from edge.store.people import identity_of
from edge.store.stays import stay_numbered
from edge.store.verifications import load_verification

NATIONAL = "NI"
"""PID-3.5 of the identity number (HL7 table 0203)."""

RELATED = {"WC": True, "NON": False}
"""FT1-14.1: whether the line treats the injury (workers' compensation) or something else."""

_CREDIT = "CD"
_CHARGE = "CG"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done: about which stay, in words, and the lines that cannot stand as they are."""

    stay: str
    words: str
    refused: tuple[RefusedLine, ...] = ()


Act = Callable[[Site, Message, str], Done]


def admitted(site: Site, message: Message, operator: str) -> Done:
    """ADT^A01: admit whoever was verified at the desk; IN1-14 is the verification."""
    number = message.needed("PV1-19")
    verification = message.needed("IN1-14")
    db = site.store.read()
    person_id = load_verification(db, site.vault, verification).person_id
    _require_same_person(site, message, person_id, needed=True)
    known = stay_numbered(db, number)
    if known and known.verification_id == verification:
        return Done(stay=known.id, words=f"stay {known.id}")
    admission = Admission(
        verification=verification,
        hospital_number=number,
        injury=Injury(determination=message.needed("IN1-36"), parts=message.needed("ACC-8")),
        bedside=_bedside(message),
        admitted_at=message.moment("PV1-44"),
    )
    stay = admit(site, admission, operator)
    return Done(stay=stay.id, words=f"stay {stay.id}")


def discharged(site: Site, message: Message, operator: str) -> Done:
    """ADT^A03: discharge; PV1-45 starts the settlement clock."""
    stay = _stay(site, message)
    message.needed("PV1-45")
    moment = message.moment("PV1-45")
    if stay.discharged_at is None or stay.discharged_at != moment:
        stay = discharge(site, stay.id, moment, operator)
    due = stay.settle_by.isoformat() if stay.settle_by else ""
    return Done(stay=stay.id, words=f"settle by {due}")


def updated(site: Site, message: Message, operator: str) -> Done:
    """ADT^A08: another ward, bed or diagnosis; PV2-9 plans the discharge."""
    stay = _stay(site, message)
    said = _bedside(message)
    old = stay.bedside
    planned = message.day("PV2-9") if message.text("PV2-9") else stay.planned_on
    if planned != stay.planned_on:  # first: it alone may be refused for what it says
        plan_discharge(site, stay.id, planned, operator)
    update_stay(
        site,
        stay.id,
        Bedside(
            ward=said.ward or old.ward,
            bed=said.bed or old.bed,
            diagnosis=said.diagnosis or old.diagnosis,
        ),
        operator,
    )
    return Done(stay=stay.id, words=f"stay {stay.id}")


def cancelled(site: Site, message: Message, operator: str) -> Done:
    """ADT^A11: the admission was none."""
    stay = _stay(site, message)
    if stay.state is not StayState.CANCELLED:
        cancel_admission(site, stay.id, operator)
    return Done(stay=stay.id, words=f"stay {stay.id} cancelled")


def charged(site: Site, message: Message, operator: str) -> Done:
    """DFT^P03: charge lines, one an FT1; all of them are read before any is kept."""
    stay = _stay(site, message)
    lines = [_line(message, nth) for nth in range(1, message.count("FT1") + 1)]
    received = charge(site, stay.id, lines, operator)
    words = f"{received.accepted} accepted, {received.duplicates} known before"
    return Done(stay=stay.id, words=words, refused=received.refused)


ACTS: Mapping[str, tuple[Scope, Act]] = {
    "ADT^A01": (Scope.ADMIT, admitted),
    "ADT^A03": (Scope.DISCHARGE, discharged),
    "ADT^A08": (Scope.ADMIT, updated),
    "ADT^A11": (Scope.ADMIT, cancelled),
    "DFT^P03": (Scope.CHARGE, charged),
}
"""Each event: what a system's token must allow, and what is done."""

PLACES: Mapping[str, str] = {
    "verification": "IN1-14",
    "hospital_number": "PV1-19",
    "admitted_at": "PV1-44",
    "discharged_at": "PV1-45",
    "determination": "IN1-36",
    "injury.determination": "IN1-36",
    "injury.parts": "ACC-8",
    "emergency_document": "PV2-3",
    "planned_on": "PV2-9",
    "state": "PV1-19",
    "stay": "PV1-19",
}
"""Where a message says what the steps know by these names."""


def _stay(site: Site, message: Message) -> Stay:
    """Return the stay of PV1-19, which must be the worker's whom PID-3 names, if it does.

    Raises:
        NotFound: UNKNOWN_STAY.
        BadInput: HL7_FIELD_MISSING, HL7_PATIENT.
    """
    number = message.needed("PV1-19")
    stay = stay_numbered(site.store.read(), number)
    if stay is None:
        raise NotFound(
            "UNKNOWN_STAY",
            Words(f"找不到住院号 {number} 的住院记录", f"no stay has the number {number}"),
            Words("核对住院号；未登记的先办理工伤入院", "check the number; admit first"),
            field="PV1-19",
        )
    _require_same_person(site, message, stay.person_id, needed=False)
    return stay


def _require_same_person(site: Site, message: Message, person_id: str, *, needed: bool) -> None:
    """Refuse a message about another patient than the worker whose case it names."""
    said = [number for number, kind in message.repeats("PID-3", 1, 5) if kind == NATIONAL]
    if not said and needed:
        message.needed("PID-3")
        raise wrong_field("PID-3.5", NATIONAL)
    theirs = identity_of(site.store.read(), site.vault, person_id).number
    if any(number.upper() != theirs.upper() for number in said):
        raise BadInput(
            "HL7_PATIENT",
            Words("PID-3 的证件号码与该业务的职工不符", "PID-3 is not the worker of this case"),
            Words("核对住院号与患者后重发", "check the visit number and the patient"),
            field="PID-3",
        )


def _bedside(message: Message) -> Bedside:
    room, bed = message.text("PV1-3.2"), message.text("PV1-3.3")
    return Bedside(
        ward=message.text("PV1-3.1"),
        bed="-".join(filter(None, (room, bed))),
        diagnosis=message.text("DG1-3.2") or message.text("DG1-4"),
        emergency_document=message.text("PV2-3.2") or message.text("PV2-3"),
    )


def _line(message: Message, nth: int) -> Charge:
    kind = message.needed("FT1-6", nth=nth)
    if kind not in {_CHARGE, _CREDIT}:
        raise wrong_field(_at("FT1-6", nth), f"{_CHARGE} or {_CREDIT}")
    sign = "-" if kind == _CREDIT else ""
    related = message.needed("FT1-14", nth=nth)
    if related not in RELATED:
        raise wrong_field(_at("FT1-14", nth), " or ".join(RELATED))
    return Charge(
        id=message.needed("FT1-2", nth=nth),
        date=_day(message, nth),
        code=message.needed("FT1-7", nth=nth),
        name=message.text("FT1-7.2", nth=nth),
        quantity=f"{sign}{message.needed('FT1-10', nth=nth)}",
        price=message.needed("FT1-12", nth=nth),
        amount_fen=_fen(message, nth) * (-1 if sign else 1),
        injury_related=RELATED[related],
        reverses=message.text("FT1-31", nth=nth) or None,
    )


def _day(message: Message, nth: int) -> date:
    return message.day("FT1-4", nth=nth)


def _fen(message: Message, nth: int) -> int:
    yuan = parse_price(message.needed("FT1-11", nth=nth))
    if yuan is None or yuan % PRICE_PER_FEN:
        raise wrong_field(_at("FT1-11", nth), "12.34")
    return yuan // PRICE_PER_FEN


def _at(place: str, nth: int) -> str:
    segment, _, field = place.partition("-")
    return f"{segment}[{nth}]-{field}"
