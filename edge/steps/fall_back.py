"""Hand a stay that cannot settle directly to manual reimbursement, with all its papers need.

The stay never comes back: what was handed over is kept and given again, byte for byte.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from edge.case import ruled
from edge.core.dates import local_day
from edge.core.errors import NotFound, Words
from edge.core.fallback import (
    ManualPackage,
    Paper,
    manual_ground,
    manual_stay,
    papers_to_gather,
)
from edge.core.reversal import required_reason
from edge.core.rules import Pack
from edge.core.stay import Stay
from edge.packs.papers import papers_of
from edge.reverification import reverified
from edge.shipped import config_folder
from edge.site import Site
from edge.store.bills import lines_of
from edge.store.database import Rows
from edge.store.desk_cases import finish_case
from edge.store.manual_packages import add_package, package_of
from edge.store.people import identity_of
from edge.store.settlements import last_settlement_of
from edge.store.stays import load_stay, move_stay
from edge.store.verifications import Verification, save_verification
from sync.envelope import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the clerk decides with the worker.

    ``identification`` is the card read at discharge; left out, the person's latest one counts.
    ``third_party``: it came out that a third party is liable.
    """

    stay: str
    reason: str
    identification: str | None = None
    third_party: bool = False


def fall_back(site: Site, request: Request, operator: str) -> ManualPackage:
    """Verify again, find the ground, and hand the stay over; asked again, give the same package.

    Raises:
        BadInput: FIELD_EMPTY, REASON_TOO_LONG.
        NotFound: UNKNOWN_STAY, UNKNOWN_IDENTIFICATION.
        Conflict: STAY_STATE, when it is in hospital or settled; NOT_MANUAL, when nothing keeps it
            from settling; NO_CHARGES; OTHER_PERSON.
    """
    request = replace(request, reason=required_reason(request.reason))
    db = site.store.read()
    known = package_of(db, site.vault, request.stay)
    if known:
        return known
    stay = load_stay(db, request.stay)
    manual_stay(stay)
    verification = reverified(
        site,
        stay,
        operator,
        identification=request.identification,
        third_party=request.third_party,
    )
    pack = _pack(site, stay)
    papers = papers_of(config_folder() / "regions", pack.place, stay.service)
    with site.store.transaction() as db:
        known = package_of(db, site.vault, request.stay)
        if known:
            return known
        package = _package(site, db, request, verification, papers)
        save_verification(db, site.vault, verification)
        finish_case(db, verification.identification_id, at=verification.at)
        _commit(site, db, package, verification, operator)
    return package


def package_handed(site: Site, stay_id: str, operator: str) -> ManualPackage:
    """Return what was handed over, and enter that its person was shown.

    Raises:
        NotFound: UNKNOWN_STAY; NO_MANUAL_PACKAGE, when the stay is not in manual.
    """
    with site.store.transaction() as db:
        person_id = load_stay(db, stay_id).person_id
        package = package_of(db, site.vault, stay_id)
        if package is None:
            raise _no_package()
        site.ledger.enter(
            db,
            kind="identity.shown",
            operator=operator,
            subject=stay_id,
            now=site.clock(),
            person=person_id,
        )
    return package


def _pack(site: Site, stay: Stay) -> Pack:
    """Return the treatment region's pack: faults and papers are the facility's matter."""
    region = site.settings.facility.region
    return site.rulebook.governing(
        region, on=local_day(stay.admitted_at), cross_province=region != stay.insured_region
    )


def _package(
    site: Site,
    db: Rows,
    request: Request,
    verification: Verification,
    papers: Iterable[Paper],
) -> ManualPackage:
    before = load_stay(db, request.stay)
    stay = manual_stay(before)
    case = ruled(site, before, lines_of(db, site.vault, stay.id))
    fault = _pack(site, stay).needed("fault.manual", on=local_day(stay.admitted_at))
    undone = last_settlement_of(db, stay.id)
    return ManualPackage(
        stay=stay,
        person=identity_of(db, site.vault, stay.person_id),
        ground=manual_ground(verification.verdict, case.ruling, fault),
        reason=request.reason,
        verdict=verification.verdict,
        bill=case.bill,
        ruling=case.ruling,
        papers=papers_to_gather(papers, was_settled=undone is not None),
        reversed_settlement=undone,
        handed_at=verification.at,
    )


def _commit(
    site: Site, db: Rows, package: ManualPackage, verification: Verification, operator: str
) -> None:
    stay, ground = package.stay, package.ground
    facts = {
        "ground": ground.code,
        "article": ground.article,
        "decision": verification.verdict.decision,
        "reversed_settlement": package.reversed_settlement,
    }
    body = {
        "stay": stay.id,
        "hospital_number": stay.hospital_number,
        "reason": package.reason,
        "total_fen": package.ruling.total_fen,
        **facts,
    }
    message_id = site.send(db, Kind.MANUAL, stay, operator, body)
    move_stay(db, stay)
    add_package(db, site.vault, package, verification_id=verification.id, message_id=message_id)
    site.ledger.enter(
        db,
        kind="stay.handed_to_manual",
        operator=operator,
        subject=stay.id,
        now=package.handed_at,
        verification=verification.id,
        **facts,
    )


def _no_package() -> NotFound:
    return NotFound(
        "NO_MANUAL_PACKAGE",
        Words("该住院记录没有转手工报销", "the stay was not handed to manual reimbursement"),
        Words("先办理转手工报销", "hand it to manual first"),
        field="stay",
    )
