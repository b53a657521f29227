"""A case of either kind as the acts on money need it: loaded, moved, and its bill's lines."""

from collections.abc import Mapping
from typing import assert_never

from edge.core.cases import CaseKind, CaseRef
from edge.core.charges import Charge
from edge.core.fitting import Case, Fitting
from edge.core.stay import Stay
from edge.store.bills import hospital_total, lines_of
from edge.store.database import Rows
from edge.store.fittings import load_fitting, move_fitting
from edge.store.stays import load_stay, move_stay
from edge.store.vault import Vault


def load_case(db: Rows, vault: Vault, ref: CaseRef) -> Case:
    """Return one stay or fitting.

    Raises:
        NotFound: UNKNOWN_STAY, UNKNOWN_FITTING.
    """
    match ref.kind:
        case CaseKind.STAY:
            return load_stay(db, ref.id)
        case CaseKind.FITTING:
            return load_fitting(db, vault, ref.id)
        case _:
            assert_never(ref.kind)


def move_case(db: Rows, case: Case) -> None:
    """Keep a case's new state."""
    match case:
        case Stay():
            move_stay(db, case)
        case Fitting():
            move_fitting(db, case)
        case _:
            assert_never(case)


def charges_of(db: Rows, vault: Vault, case: Case) -> Mapping[str, Charge]:
    """Return the lines of a case's bill by their id, in the order in which they came."""
    match case:
        case Stay():
            return lines_of(db, vault, case.id)
        case Fitting():
            return {line.charge.id: line.charge for line in case.lines}
        case _:
            assert_never(case)


def case_with_id(db: Rows, case_id: str) -> tuple[CaseRef, str] | None:
    """Return which case has this id, and the hospital's number of it; None: it is no case's."""
    row = db.one("select service, hospital_number from cases where id = ?", [case_id])
    if row is None:
        return None
    kind = CaseKind.FITTING if row["service"] == "device" else CaseKind.STAY
    return CaseRef(kind, case_id), row["hospital_number"]


def said_total(db: Rows, case: Case) -> int | None:
    """Return what the hospital's own system says the bill comes to, in fen; fittings have none."""
    return hospital_total(db, case.id) if isinstance(case, Stay) else None
