"""The packages of cases that went to manual reimbursement, kept as they were handed over."""

from datetime import datetime

from edge import codec
from edge.core.cases import CaseRef
from edge.core.fallback import Gathered, Handover, ManualPackage
from edge.store.database import Rows
from edge.store.settlements import id_columns
from edge.store.vault import Vault


def add_package(
    db: Rows,
    vault: Vault,
    package: ManualPackage,
    *,
    case: CaseRef,
    verification_id: str,
    message_id: str | None,
) -> None:
    """Keep the package of a case; there is one at most, for a case goes to manual once.

    ``message_id`` is None where nothing of the case was ever sent.
    """
    db.execute(
        "insert into manual_packages (stay_id, fitting_id, verification_id, ground, article,"
        " package_sealed, message_id, handed_at) values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            *id_columns(case),
            verification_id,
            package.ground.code,
            package.ground.article,
            vault.seal_value(package, _place(case.id)),
            message_id,
            package.handed_at.isoformat(),
        ],
    )


def package_of(db: Rows, vault: Vault, case: CaseRef) -> ManualPackage | None:
    """Return what was handed over for this case, if it went to manual."""
    column = f"{case.kind}_id"
    row = db.one(f"select package_sealed from manual_packages where {column} = ?", [case.id])  # noqa: S608 - ours
    if row is None:
        return None
    return vault.open_value(row["package_sealed"], ManualPackage, _place(case.id))


def add_handover(db: Rows, vault: Vault, case: CaseRef, handover: Handover) -> None:
    """Keep what was said of the papers; once taken along, nothing more is said (trigger)."""
    [row] = db.query(
        "select count(*) + 1 as number from manual_handovers where case_id = ?", [case.id]
    )
    place = f"manual_handovers.taken_by:{case.id}:{row['number']}"
    taken_by = vault.seal(handover.taken_by.encode(), place) if handover.taken_by else None
    db.execute(
        "insert into manual_handovers (stay_id, fitting_id, number, gathered, taken_by_sealed,"
        " operator, at) values (?, ?, ?, ?, ?, ?, ?)",
        [
            *id_columns(case),
            row["number"],
            codec.encode(handover.papers).decode(),
            taken_by,
            handover.operator,
            handover.at.isoformat(),
        ],
    )


def handover_of(db: Rows, vault: Vault, case: CaseRef) -> Handover | None:
    """Return what was said of the package's papers last."""
    row = db.one(
        "select * from manual_handovers where case_id = ? order by number desc limit 1", [case.id]
    )
    if row is None:
        return None
    taken_by, place = row["taken_by_sealed"], f"manual_handovers.taken_by:{case.id}:{row['number']}"
    return Handover(
        papers=codec.decode(row["gathered"], dict[str, Gathered]),
        operator=row["operator"],
        at=datetime.fromisoformat(row["at"]),
        taken_by=vault.unseal(taken_by, place).decode() if taken_by else "",
    )


def _place(case_id: str) -> str:
    return f"manual_packages.package:{case_id}"
