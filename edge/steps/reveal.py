"""Show one person's number in full: a ground, one's own password again, an entry of its own.

Chooses no time: how long it stays on a screen is the rim's business.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from edge.core.cases import CaseRef
from edge.core.identity import Identity
from edge.site import Site
from edge.store.cases import load_case
from edge.store.people import identity_of
from edge.store.proofs import not_you


class Ground(StrEnum):
    """Why somebody needs the whole number; a closed list, so that no entry can hold an identity."""

    PAPERS = "papers"
    """It must be written on a paper, or compared with one."""
    NAMES_DIFFER = "names_differ"
    """Another person of the same name, or a name that the card writes otherwise."""
    COMPLAINT = "complaint"
    INSPECTION = "inspection"
    """An inspector of the agency asks (津 第四十一条)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One wish to see; ``password`` is the operator's own, typed again."""

    case: CaseRef
    ground: Ground
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """Whom the case is about."""

    person: str
    identity: Identity = field(repr=False)


def reveal(site: Site, request: Request, operator: str) -> Revealed:
    """Return the person of a case, entered with its ground in the same transaction.

    Raises:
        NotFound: UNKNOWN_STAY, UNKNOWN_FITTING.
        NotAllowed: REAUTHENTICATION_FAILED; entered, too.
        Fault: LOGIN_BUSY.
    """
    load_case(site.store.read(), site.vault, request.case)
    proved = site.proofs().again(operator, request.password) is not None
    with site.store.transaction() as db:
        person = load_case(db, site.vault, request.case).person_id
        site.ledger.enter(
            db,
            kind="identity.revealed" if proved else "reveal.refused",
            operator=operator,
            subject=request.case.id,
            now=site.clock(),
            person=person,
            ground=request.ground,
        )
        if proved:
            return Revealed(person=person, identity=identity_of(db, site.vault, person))
    raise not_you()
