"""One worker's case as several steps see it: platform asked, verdict reached, bill ruled.

Writes nothing and holds no transaction while it asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from edge import codec
from edge.core.adjudication import Bill, adjudicate, bill_rules
from edge.core.catalogue import ByBenefit, Catalogue, RegionalList
from edge.core.charges import Charge
from edge.core.credential import Credential
from edge.core.dates import local_day
from edge.core.errors import BadInput
from edge.core.fitting import (
    Case,
    Fitting,
    FittingRules,
    approved_items,
    fitting_rules,
    obstacles,
)
from edge.core.stay import Injury, Stay
from edge.core.verification import (
    Basis,
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
from edge.inquiry import Known, by_card_alone, known_of
from edge.rulings import Inputs, Ruled
from edge.site import Site
from edge.store.bills import lines_sha256
from edge.store.cases import charges_of
from edge.store.catalogues import last_import
from edge.store.code_mappings import histories, last_word, meaning_on
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
    """Find out what is known (``edge.inquiry``) and judge it."""
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


def case_ruled(
    site: Site, db: Rows, case: Case, lines: Mapping[str, Charge] | None = None
) -> Ruled:
    """Rule a case's bill as it is kept, or remember what the very same was ruled to.

    The one place from which reception, preview and settlement know it. ``lines`` are the bill's
    where the caller's transaction has just written them.
    """
    # What names the inputs is read before the inputs: what changes in between is remembered
    # under a name that never comes again.
    inputs = _inputs(site, db, case) if isinstance(case, Stay) else None
    known = inputs and site.rulings.made_from(inputs)
    if known:
        return known
    outcome = ruled(site, case, charges_of(db, site.vault, case) if lines is None else lines)
    if inputs:
        site.rulings.remember(inputs, outcome)
    return outcome


def _inputs(site: Site, db: Rows, stay: Stay) -> Inputs:
    return Inputs(
        stay=stay.id,
        lines_sha256=lines_sha256(db, stay.id),
        treatment_region=site.settings.facility.region,
        insured_region=stay.insured_region,
        service=stay.service,
        admitted_on=local_day(stay.began_at),
        discharged_on=local_day(stay.ended_at) if stay.ended_at else None,
        catalogue=last_import(db),
        mapping=last_word(db),
        packs=tuple(pack.sha256 for pack in site.rulebook.packs),
    )


def ruled(site: Site, case: Case, lines: Mapping[str, Charge]) -> Ruled:
    """Rule these lines as a case's bill."""
    region = site.settings.facility.region
    admitted_on = local_day(case.began_at)
    rules = bill_rules(
        site.rulebook,
        treatment_region=region,
        insured_region=case.insured_region,
        service=case.service,
        on=admitted_on,
    )
    charged, catalogue = _under_catalogue_codes(site, lines, rules.lists, case.service)
    bill = Bill(
        treatment_region=region,
        insured_region=case.insured_region,
        service=case.service,
        admitted_on=admitted_on,
        discharged_on=local_day(case.ended_at) if case.ended_at else None,
        catalogue=catalogue.picked(sorted({line.code for line in charged})),
        standards=site.catalogues.standards(rules.lists.medical, since=admitted_on),
        notice=approved_items(case) if isinstance(case, Fitting) else None,
        lines=charged,
    )
    return Ruled(bill, adjudicate(bill, rules, catalogue))


def _under_catalogue_codes(
    site: Site, lines: Mapping[str, Charge], lists: ByBenefit[RegionalList], service: Service
) -> tuple[tuple[Charge, ...], Catalogue]:
    """Put catalogue codes in the place of the hospital's own where they are mapped; find the rows.

    What reception stored keeps the hospital's code, so a code mapped later mends its lines.
    """
    codes = {line.code for line in lines.values()}
    catalogue = site.catalogues.holding(codes, lists)
    strange = codes - catalogue.rows.keys()
    if not strange:
        return tuple(lines.values()), catalogue
    whose = [lists.medical, lists.rehab, lists.device]
    if service is Service.DEVICE:
        whose.reverse()
    charged = _translated(site, lines, strange, list(dict.fromkeys(whose)))
    return charged, site.catalogues.holding({line.code for line in charged}, lists)


def _translated(
    site: Site, lines: Mapping[str, Charge], strange: set[str], lists: Sequence[RegionalList]
) -> tuple[Charge, ...]:
    """Give lines of ``strange`` codes the code that the first of ``lists`` knows them by."""
    db = site.store.read()
    said = [histories(db, strange, one.region, one.insurance) for one in lists]

    def translated(line: Charge) -> Charge:
        if line.code not in strange:
            return line
        # A refund goes by its original's day, or the two would not be of one code.
        day = lines.get(line.reverses or "", line).date
        meanings = (meaning_on(history.get(line.code, ()), day) for history in said)
        code = next((meaning for meaning in meanings if meaning), line.code)
        return replace(line, code=code)

    return tuple(map(translated, lines.values()))


def _judged(
    site: Site, identification: Identification, asked: Asked, known: Known, now: datetime
) -> tuple[Facts, Verdict]:
    """Judge what is known; facts that contradict themselves count as no answer.

    Raises:
        BadInput: what the caller said cannot be, whatever anybody else says.
    """
    alone = by_card_alone(identification.credential)
    facts = _facts(site, identification, asked, alone, now)
    silent = facts, verify(facts, site.rulebook)
    if known.basis is Basis.NONE:
        return silent
    try:
        facts = _facts(site, identification, asked, known, now)
        return facts, verify(facts, site.rulebook)
    except BadInput as wrong:
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
