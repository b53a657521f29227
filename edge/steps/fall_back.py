"""Hand a case that cannot settle directly to manual reimbursement, with all its papers need.

The case never comes back: what was handed over is kept and given again, byte for byte.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from edge.case.bill import case_ruled
from edge.case.reverification import reverified
from edge.case.telling import is_typed
from edge.case.verdict import forbidding
from edge.core.cases import CaseKind, CaseRef
from edge.core.dates import local_day
from edge.core.errors import NotFound, Words
from edge.core.fallback import (
    ManualPackage,
    Paper,
    manual_ground,
    papers_to_gather,
)
from edge.core.fitting import Case, Fitting
from edge.core.reversal import required_reason
from edge.core.rules import Pack
from edge.core.settlement import require_same_day
from edge.packs.papers import papers_of
from edge.shipped import config_folder
from edge.site import Site
from edge.store.books import row_sha256
from edge.store.cases import load_case, move_case
from edge.store.database import Rows
from edge.store.desk_cases import finish_case
from edge.store.manual_packages import add_package, package_of
from edge.store.people import identity_of
from edge.store.quarantine import require_nothing_forgotten
from edge.store.settlements import last_settlement_of
from edge.store.verifications import Verification, save_verification
from sync.envelope import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the clerk decides with the worker.

    ``identification`` is the card read at discharge; left out, the person's latest one counts.
    ``third_party``: it came out that a third party is liable.
    """

    case: CaseRef
    reason: str
    identification: str | None = None
    third_party: bool = False


def fall_back(site: Site, request: Request, operator: str) -> ManualPackage:
    """Verify again, find the ground, and hand the case over; asked again, give the same package.

    Raises:
        BadInput: FIELD_EMPTY, REASON_TOO_LONG.
        NotFound: UNKNOWN_STAY, UNKNOWN_FITTING, UNKNOWN_IDENTIFICATION.
        Conflict: STAY_STATE, FITTING_STATE, when it has not ended or is settled; NOT_MANUAL, when
            nothing keeps it from settling; NO_CHARGES; OTHER_PERSON; CASE_CHANGED.
        Fault: LEDGER_BROKEN.
    """
    request = replace(request, reason=required_reason(request.reason))
    db = site.store.read()
    known = package_of(db, site.vault, request.case)
    if known:
        return known
    case = load_case(db, site.vault, request.case)
    case.require_ended()
    verification = reverified(
        site,
        case,
        operator,
        identification=request.identification,
        third_party=request.third_party,
    )
    pack = _pack(site, case)
    papers = papers_of(config_folder() / "regions", pack.place, case.service)
    with site.store.transaction() as db:
        known = package_of(db, site.vault, request.case)
        if known:
            return known
        site.ledger.require_sound()
        case = load_case(db, site.vault, request.case)
        require_same_day(case, verification.facts.admitted_at)
        package = _package(site, db, request, case, verification, papers)
        save_verification(db, site.vault, verification)
        finish_case(db, verification.identification_id, at=verification.at)
        _commit(site, db, package, case.in_manual(), verification, operator)
    return package


def package_handed(site: Site, ref: CaseRef, operator: str) -> ManualPackage:
    """Return what was handed over, and enter that its person was shown.

    Raises:
        NotFound: UNKNOWN_STAY, UNKNOWN_FITTING; NO_MANUAL_PACKAGE, when it is not in manual.
    """
    with site.store.transaction() as db:
        person_id = load_case(db, site.vault, ref).person_id
        package = package_of(db, site.vault, ref)
        if package is None:
            raise _no_package(ref)
        site.ledger.enter(
            db,
            kind="identity.shown",
            operator=operator,
            subject=ref.id,
            now=site.clock(),
            person=person_id,
        )
    return package


def _pack(site: Site, case: Case) -> Pack:
    """Return the treatment region's pack: faults and papers are the facility's matter."""
    region = site.settings.facility.region
    return site.rulebook.governing(
        region, on=local_day(case.began_at), cross_province=region != case.insured_region
    )


def _package(
    site: Site,
    db: Rows,
    request: Request,
    case: Case,
    verification: Verification,
    papers: Iterable[Paper],
) -> ManualPackage:
    outcome = case_ruled(site, db, case)
    ground = manual_ground(
        verification.verdict,
        outcome.ruling,
        _pack(site, case).needed("fault.manual", on=local_day(case.began_at)),
        kind=case.ref.kind,
        obstacles=forbidding(site, db, case, outcome.bill, notice=verification.facts.notice),
    )
    undone = last_settlement_of(db, case.ref)
    handed = case.in_manual()
    return ManualPackage(
        stay=None if isinstance(handed, Fitting) else handed,
        fitting=handed if isinstance(handed, Fitting) else None,
        person=identity_of(db, site.vault, case.person_id),
        ground=ground,
        reason=request.reason,
        verdict=verification.verdict,
        bill=outcome.bill,
        ruling=outcome.ruling,
        papers=papers_to_gather(papers, was_settled=undone is not None),
        reversed_settlement=undone,
        handed_at=verification.at,
    )


def _commit(
    site: Site,
    db: Rows,
    package: ManualPackage,
    case: Case,
    verification: Verification,
    operator: str,
) -> None:
    ground = package.ground
    facts = {
        "ground": ground.code,
        "article": ground.article,
        "decision": verification.verdict.decision,
        "reversed_settlement": package.reversed_settlement,
        "total_fen": package.ruling.total_fen,
    }
    body = {
        case.ref.kind.value: case.id,
        "hospital_number": case.hospital_number,
        "reason": package.reason,
        **facts,
    }
    require_nothing_forgotten(db, case.id)
    # Of a case that is typed the site knows nothing that this would end.
    message_id = None if is_typed(case) else site.send(db, Kind.MANUAL, case, operator, body)
    move_case(db, case)
    add_package(
        db,
        site.vault,
        package,
        case=case.ref,
        verification_id=verification.id,
        message_id=message_id,
    )
    site.ledger.enter(
        db,
        kind=f"{case.ref.kind}.handed_to_manual",
        operator=operator,
        subject=case.id,
        now=package.handed_at,
        verification=verification.id,
        row_sha256=row_sha256(db, "manual_packages", case.id),
        **facts,
    )
    site.tell_systems(db, "case.handed_to_manual", case, operator, {"ground": ground.code})


def _no_package(ref: CaseRef) -> NotFound:
    what = "住院记录" if ref.kind is CaseKind.STAY else "配置记录"
    return NotFound(
        "NO_MANUAL_PACKAGE",
        Words(f"该{what}没有转手工报销", f"the {ref.kind} was not handed to manual reimbursement"),
        Words("先办理转手工报销", "hand it to manual first"),
        field=ref.kind,
    )
