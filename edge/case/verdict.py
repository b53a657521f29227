"""What is known of a person and a service, and the verdict on it: the platform asked, facts judged.

Holds no transaction while it asks.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from edge import codec
from edge.case.inquiry import Known, by_card_alone, known_of
from edge.core.adjudication import Bill
from edge.core.credential import Credential
from edge.core.dates import local_day
from edge.core.errors import BadInput
from edge.core.fitting import (
    Case,
    Fitting,
    FittingRules,
    fitting_rules,
    obstacles,
)
from edge.core.stay import Injury
from edge.core.verification import (
    Decision,
    Device,
    Emergency,
    Facts,
    Moment,
    Notice,
    Reason,
    Service,
    Verdict,
    verify,
)
from edge.site import Site
from edge.store.confirmations import Pair, confirmed_reason
from edge.store.database import Rows
from edge.store.fittings import notice_is_used
from edge.store.people import Identification
from edge.store.verifications import Verification, save_verification
from sync.question import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the desk wants to know: may this service begin (or be settled) at this moment.

    ``devices`` are those that a worker asks for, ``notice`` is the fitting notice that they show:
    what the platform says of it counts, and the paper itself where the platform does not know it.
    """

    service: Service
    moment: Moment
    emergency: Emergency | None = None
    third_party: bool = False
    admitted_at: datetime | None = None
    discharged_at: datetime | None = None
    admission_decision: Decision | None = None
    devices: tuple[Device, ...] = ()
    notice: Notice | None = None
    case: str = ""
    """The stay or fitting that asks again: what it has used of its papers itself is no obstacle."""


def verified(
    site: Site, identification: Identification, asked: Asked, operator: str
) -> Verification:
    """Return what ``examined`` does, kept with everything it rests on."""
    verification = examined(site, identification, asked, operator)
    with site.store.transaction() as db:
        save_verification(db, site.vault, verification)
        site.ledger.enter(
            db,
            kind="cover.verified",
            operator=operator,
            subject=verification.id,
            now=verification.at,
            identification=identification.id,
            decision=verification.verdict.decision,
            basis=verification.basis,
        )
    return verification


def examined(
    site: Site, identification: Identification, asked: Asked, operator: str
) -> Verification:
    """Find out what is known (``edge.case.inquiry``) and judge it."""
    now = site.high_water()
    credential = identification.credential
    question = Question(
        id=site.fresh_id(),
        operator=operator,
        id_number=credential.id_number,
        name=credential.name,
        service=asked.service,
        moment=asked.moment,
        at=now,
        notice=asked.notice.id if asked.notice else "",
        stay=asked.case,
    )
    known = known_of(site, credential, question)
    facts, verdict = _judged(site, identification, asked, known, now)
    return Verification(
        id=site.fresh_id(),
        identification_id=identification.id,
        person_id=identification.person_id,
        facts=facts,
        verdict=verdict,
        at=now,
        basis=facts.source.basis,
        as_of=facts.source.as_of,
        determinations=_determinations(site, known),
        proof=known.proof,
    )


def _judged(
    site: Site, identification: Identification, asked: Asked, known: Known, now: datetime
) -> tuple[Facts, Verdict]:
    """Judge what is known; facts that contradict themselves count as no answer.

    Raises:
        BadInput: what the caller said cannot be, whatever anybody else says.
    """

    def judged(by: Known) -> tuple[Facts, Verdict]:
        facts = _facts(site, identification, asked, by, now)
        return facts, verify(facts, site.rulebook)

    try:
        return judged(known)
    except BadInput as wrong:
        # Raises where it is not the answer that is wrong.
        silent = judged(by_card_alone(identification.credential))
        site.log.warning("platform.contradicts", code=wrong.code, field=wrong.field)
        return silent


def _facts(
    site: Site, identification: Identification, asked: Asked, known: Known, now: datetime
) -> Facts:
    said = {
        **known.facts,
        **_at_the_desk(identification.credential, asked, now),
        "facility": _facility(site, known),
        "notice": _notice(site, asked, known),
        "source": {"basis": known.basis, "as_of": known.as_of},
        "policy": {
            "offline_settlement": site.settings.offline.settlement,
            "list_fresh_h": site.settings.offline.list_fresh_h,
        },
    }
    return _as_confirmed(site, identification.person_id, codec.convert(said, Facts))


def _as_confirmed(site: Site, person_id: str, facts: Facts) -> Facts:
    """Put the clerk's reason beside what was shown, where one was given for these very two."""
    shown, worker = facts.credential, facts.worker
    pair = Pair((shown.name, shown.id_number), (worker.name, worker.id_number))
    reason = confirmed_reason(site.store.read(), site.vault, person_id, pair)
    return replace(facts, credential=replace(shown, confirmed=reason)) if reason else facts


@dataclass(frozen=True, slots=True)
class _Determination:
    number: str
    parts: str = ""


def _determinations(site: Site, known: Known) -> tuple[Injury, ...]:
    """Return the injury determinations that were named; unreadable ones are none."""
    said = known.facts["worker"].get("determinations", ())
    try:
        named = codec.convert(said, list[_Determination])
    except BadInput as wrong:
        site.log.warning("platform.unreadable", field=wrong.field)
        return ()
    return tuple(Injury(determination=one.number, parts=one.parts) for one in named)


def _at_the_desk(credential: Credential, asked: Asked, now: datetime) -> dict[str, Any]:
    return {
        "credential": {
            "kind": credential.kind,
            "id_number": credential.id_number,
            "name": credential.name,
            "valid_until": credential.valid_until,
        },
        "service": asked.service,
        "moment": asked.moment,
        "at": now,
        "emergency": asked.emergency,
        "third_party": asked.third_party,
        "admitted_at": asked.admitted_at,
        "discharged_at": asked.discharged_at,
        "admission_decision": asked.admission_decision,
        "devices": codec.plain(asked.devices),
    }


def _notice(site: Site, asked: Asked, known: Known) -> dict[str, Any] | None:
    """Return the fitting notice: as it is known, else as the worker shows it; used if used here."""
    if asked.service is not Service.DEVICE:
        return None
    notice: dict[str, Any] | None = known.facts.get("notice") or None
    if notice is None and asked.notice and asked.notice.items:
        notice = codec.plain(replace(asked.notice, presented=True))
    if not notice or not notice.get("id"):
        return notice
    used = notice_is_used(
        site.store.read(),
        insured_region=str(known.facts["worker"].get("insured_region")),
        notice_id=str(notice["id"]),
        beside=asked.case,
    )
    return {**notice, "used": True} if used else notice


def law_of(site: Site, fitting: Fitting) -> FittingRules:
    """Return the law of a fitting on its own day."""
    return fitting_rules(
        site.rulebook,
        treatment_region=site.settings.facility.region,
        insured_region=fitting.insured_region,
        on=local_day(fitting.began_at),
    )


def forbidding(
    site: Site, db: Rows, case: Case, bill: Bill, *, notice: Notice | None = None
) -> tuple[Reason, ...]:
    """Return what forbids a fitting besides its verdict; of a stay there is nothing.

    ``notice`` is what was heard of the fitting's notice last.
    """
    if not isinstance(case, Fitting):
        return ()
    shown = case.notice
    used = shown is not None and notice is not None and notice.id == shown.id and notice.used
    if shown and shown.id and not used:
        used = notice_is_used(
            db, insured_region=case.insured_region, notice_id=shown.id, beside=case.id
        )
    return obstacles(case, law_of(site, case), bill, notice_used=used)


def _facility(site: Site, known: Known) -> dict[str, Any]:
    ours = site.settings.facility
    said = known.facts.get("facility", {})
    return {
        "id": ours.id,
        "region": ours.region,
        "city": ours.city,
        "kinds": ours.kinds,
        "direct": said.get("direct", ours.direct),
        "suspended": said.get("suspended", False),
    }
