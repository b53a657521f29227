"""The worker: whether insured here, entitled, and the one who holds the card."""

from collections.abc import Callable

from edge.core.credential import CredentialKind
from edge.core.verification.case import Case
from edge.core.verification.facts import ContributionStatus, Facts
from edge.core.verification.reasons import NOTHING, Code, Finding, Findings, PackSide

# The dots met on cards and in files between the parts of a name; 00B7 is the standard's.
_DOTS = str.maketrans(dict.fromkeys("\u2022\u2027\u2219\u22c5\u2e31\u30fb\uff65\uff0e.", "\u00b7"))

_BY_STATUS = {
    ContributionStatus.INTERRUPTED: (Finding(Code.CONTRIBUTION_INTERRUPTED),),
    ContributionStatus.TERMINATED: (Finding(Code.ELIGIBILITY_LOST, "terminated"),),
    ContributionStatus.DECEASED: (Finding(Code.ELIGIBILITY_LOST, "deceased"),),
}


def insured_here(case: Case) -> bool:
    """Tell whether the treatment region is the worker's own local area."""
    worker, facility = case.facts.worker, case.facts.facility
    return worker.insured_region == facility.region and case.ground.area.same(
        worker.insured_city or worker.insured_region, facility.city or facility.region
    )


def standing(case: Case) -> Findings:
    """See whether the worker may be settled for at all: suspended, insured, nobody else liable."""
    facts = case.facts
    found = list(_contribution(case))
    if facts.third_party:
        found.append(Finding(Code.THIRD_PARTY_LIABILITY))
    if facts.worker.suspended:
        found.append(Finding(Code.WORKER_SUSPENDED))
    return found


def credential(case: Case) -> Findings:
    """See whether an accepted, valid credential was read, and is the worker's."""
    shown = case.facts.credential
    if shown.kind is CredentialKind.NONE or shown.kind not in case.ground.accepted:
        return (Finding(Code.CREDENTIAL_REQUIRED),)
    if shown.valid_until is not None and shown.valid_until < case.today:
        expired = Finding(Code.CARD_EXPIRED, blanks={"until": shown.valid_until})
        return (expired, *_identity(case.facts))
    return _identity(case.facts)


def verification_key(case: Case) -> str:
    """Return the key that tells what is verified at this moment."""
    if case.at_discharge:
        return "verification.at_discharge"
    if case.benefit == "device":
        return "verification.at_fitting"
    return "verification.at_admission"


def _contribution(case: Case) -> Findings:
    """See whether the worker is insured and paying, as far as anybody says or asks."""
    given = case.facts.contribution
    if given is not None:
        return _BY_STATUS.get(given.status, NOTHING)
    if case.knows_what_is_absent and _is_asked(case):
        return (Finding(Code.CONTRIBUTION_UNKNOWN),)
    return NOTHING


def _is_asked(case: Case) -> bool:
    return "contribution" in case.ground.needed(PackSide.TREATMENT, verification_key(case)).words


def _identity(facts: Facts) -> Findings:
    shown, worker = facts.credential, facts.worker
    doubted = not (shown.confirmed or "").strip()
    if not shown.id_number or not worker.id_number:
        return (Finding(Code.IDENTITY_UNPROVEN, "number"),) if doubted else NOTHING
    found = NOTHING
    if _differ(shown.id_number, worker.id_number, _number):
        found = (Finding(Code.IDENTITY_MISMATCH),)
    if doubted and shown.name and worker.name and _differ(shown.name, worker.name, _name):
        return (*found, Finding(Code.IDENTITY_UNPROVEN, "name"))
    return found


def _differ(shown: str, known: str, folded: Callable[[str], str]) -> bool:
    return shown != known and folded(shown) != folded(known)


def _number(text: str) -> str:
    return text.strip().upper()


def _name(text: str) -> str:
    """Fold what typing varies, dots and spaces, and nothing that a person would call a name."""
    if text.isalpha():
        return text
    return "".join(text.translate(_DOTS).split())
