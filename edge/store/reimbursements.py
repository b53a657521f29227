"""Stays about which an insured region asked before paying by hand, as rows. Decides nothing."""

from datetime import datetime
from enum import StrEnum

from edge.core.stay import Stay
from edge.store.database import Rows
from edge.store.stays import load_stay
from edge.store.vault import Vault


class ReimbursementState(StrEnum):
    """Where the insured region is: it asked, it paid by hand, or it does not pay after all."""

    ASKED = "asked"
    REIMBURSED = "reimbursed"
    WITHDRAWN = "withdrawn"


def stays_of_number(db: Rows, vault: Vault, number: str) -> tuple[Stay, ...]:
    """Return every stay here of the person with this identity number, oldest first."""
    rows = list(
        db.query(
            "select s.id from stays as s join people as p on p.id = s.person_id"
            " where p.number_index = ? order by s.admitted_at, s.id",
            [vault.blind(number)],
        )
    )
    return tuple(load_stay(db, row["id"]) for row in rows)


def note_reimbursement(
    db: Rows, stay_id: str, inquiry: str, state: ReimbursementState, *, dispatch: str, at: datetime
) -> None:
    """Keep where an inquiry about a stay stands."""
    db.execute(
        "insert into reimbursements (stay_id, inquiry, state, dispatch_id, at)"
        " values (?, ?, ?, ?, ?)"
        " on conflict (stay_id, inquiry) do update set state = excluded.state,"
        " dispatch_id = excluded.dispatch_id, at = excluded.at",
        [stay_id, inquiry, state, dispatch, at.isoformat()],
    )


def reimbursement_of(db: Rows, stay_id: str) -> ReimbursementState | None:
    """Return what stands in the way of settling this stay: asked or reimbursed, or None."""
    row = db.one(
        "select state from reimbursements where stay_id = ? and state <> 'withdrawn'"
        " order by state desc limit 1",
        [stay_id],
    )
    return ReimbursementState(row["state"]) if row else None
