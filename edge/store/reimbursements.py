"""Cases about which an insured region asked before paying by hand, as rows. Decides nothing."""

from datetime import datetime
from enum import StrEnum

from edge.core.cases import CaseKind, CaseRef
from edge.core.fitting import Case
from edge.store.cases import load_case
from edge.store.database import Rows
from edge.store.people import person_with
from edge.store.vault import Vault

_OF_PERSON = """\
select c.kind, c.id from (
    select 'stay' as kind, id, person_id, admitted_at as began from stays
    union all
    select 'fitting', id, person_id, opened_at from fittings
) as c
where c.person_id = ? order by c.began, c.id"""


class ReimbursementState(StrEnum):
    """Where the insured region is: it asked, it paid by hand, or it does not pay after all."""

    ASKED = "asked"
    REIMBURSED = "reimbursed"
    WITHDRAWN = "withdrawn"


def cases_of_number(db: Rows, vault: Vault, number: str) -> tuple[Case, ...]:
    """Return every stay and fitting here of the person with this identity number, oldest first."""
    refs = [
        CaseRef(CaseKind(row["kind"]), row["id"])
        for row in db.query(_OF_PERSON, [person_with(db, vault, number)])
    ]
    return tuple(load_case(db, vault, ref) for ref in refs)


def case_named(db: Rows, vault: Vault, case_id: str) -> Case:
    """Return the stay or fitting of that id.

    Raises:
        NotFound: UNKNOWN_STAY.
    """
    fitting = db.one("select 1 from fittings where id = ?", [case_id])
    return load_case(db, vault, CaseRef(CaseKind.FITTING if fitting else CaseKind.STAY, case_id))


def note_reimbursement(
    db: Rows, case: CaseRef, inquiry: str, state: ReimbursementState, *, dispatch: str, at: datetime
) -> None:
    """Keep where an inquiry about a case stands."""
    db.execute(
        f"insert into reimbursements ({case.kind}_id, case_id, inquiry, state, dispatch_id, at)"  # noqa: S608 - our own words
        " values (?, ?, ?, ?, ?, ?)"
        " on conflict (case_id, inquiry) do update set state = excluded.state,"
        " dispatch_id = excluded.dispatch_id, at = excluded.at",
        [case.id, case.id, inquiry, state, dispatch, at.isoformat()],
    )


def reimbursement_of(db: Rows, case_id: str) -> ReimbursementState | None:
    """Return what stands in the way of settling this case: asked or reimbursed, or None."""
    row = db.one(
        "select state from reimbursements where case_id = ? and state <> 'withdrawn'"
        " order by state desc limit 1",
        [case_id],
    )
    return ReimbursementState(row["state"]) if row else None
