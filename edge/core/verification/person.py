"""The worker: whether insured here, entitled, and the one who holds the card."""

from collections.abc import Iterator

from edge.core.credential import CredentialKind
from edge.core.verification.case import Case
from edge.core.verification.facts import ContributionStatus, Facts
from edge.core.verification.reasons import Code, Finding, PackSide

# The dots met on cards and in files between the parts of a name; 00B7 is the standard's.
_DOTS = str.maketrans(dict.fromkeys("\u2022\u2027\u2219\u22c5\u2e31\u30fb\uff65\uff0e.", "\u00b7"))

_BY_STATUS = {
    ContributionStatus.INTERRUPTED: (Code.CONTRIBUTION_INTERRUPTED, ""),
    ContributionStatus.TERMINATED: (Code.ELIGIBILITY_LOST, "terminated"),
    ContributionStatus.DECEASED: (Code.ELIGIBILITY_LOST, "deceased"),
}


def insured_here(case: Case) -> bool:
    """Tell whether the treatment region is the worker's own local area."""
    worker, facility = case.facts.worker, case.facts.facility
    return worker.insured_region == facility.region and case.area.same(
        worker.insured_city or worker.insured_region, facility.city or facility.region
    )


def third_party(case: Case) -> Iterator[Finding]:
    """See whether somebody else is liable."""
    if case.facts.third_party:
        yield Finding(Code.THIRD_PARTY_LIABILITY)


def suspended(case: Case) -> Iterator[Finding]:
    """See whether the treatment region's agency has suspended the worker."""
    if case.facts.worker.suspended:
        yield Finding(Code.WORKER_SUSPENDED)


def contribution(case: Case) -> Iterator[Finding]:
    """See whether the worker is insured and paying, as far as anybody says or asks."""
    given = case.facts.contribution
    if given is None:
        if case.knows_what_is_absent and _is_asked(case):
            yield Finding(Code.CONTRIBUTION_UNKNOWN)
        return
    if given.status in _BY_STATUS:
        code, variant = _BY_STATUS[given.status]
        yield Finding(code, variant)


def credential(case: Case) -> Iterator[Finding]:
    """See whether an accepted, valid credential was read, and is the worker's."""
    shown = case.facts.credential
    accepted = case.needed(PackSide.TREATMENT, "credential.accepted").words
    if shown.kind is CredentialKind.NONE or shown.kind not in accepted:
        yield Finding(Code.CREDENTIAL_REQUIRED)
        return
    if shown.valid_until is not None and shown.valid_until < case.today:
        yield Finding(Code.CARD_EXPIRED, blanks={"until": shown.valid_until})
    yield from _identity(case.facts)


def verification_key(case: Case) -> str:
    """Return the key that tells what is verified at this moment."""
    if case.at_discharge:
        return "verification.at_discharge"
    if case.facts.service.benefit == "device":
        return "verification.at_fitting"
    return "verification.at_admission"


def _is_asked(case: Case) -> bool:
    return "contribution" in case.needed(PackSide.TREATMENT, verification_key(case)).words


def _identity(facts: Facts) -> Iterator[Finding]:
    shown, worker = facts.credential, facts.worker
    doubted = not (shown.confirmed or "").strip()
    if not shown.id_number or not worker.id_number:
        if doubted:
            yield Finding(Code.IDENTITY_UNPROVEN, "number")
        return
    if _number(shown.id_number) != _number(worker.id_number):
        yield Finding(Code.IDENTITY_MISMATCH)
    if doubted and shown.name and worker.name and _name(shown.name) != _name(worker.name):
        yield Finding(Code.IDENTITY_UNPROVEN, "name")


def _number(text: str) -> str:
    return text.strip().upper()


def _name(text: str) -> str:
    """Fold what typing varies, dots and spaces, and nothing that a person would call a name."""
    if text.isalpha():
        return text
    return "".join(text.translate(_DOTS).split())
