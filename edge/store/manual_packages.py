"""The packages of stays that went to manual reimbursement, kept as they were handed over."""

from edge.core.fallback import ManualPackage
from edge.store.database import Rows
from edge.store.vault import Vault


def add_package(
    db: Rows, vault: Vault, package: ManualPackage, *, verification_id: str, message_id: str
) -> None:
    """Keep the package of a stay; there is one at most, for the stay goes to manual once."""
    stay_id = package.stay.id
    db.execute(
        "insert into manual_packages (stay_id, verification_id, ground, article, package_sealed,"
        " message_id, handed_at) values (?, ?, ?, ?, ?, ?, ?)",
        [
            stay_id,
            verification_id,
            package.ground.code,
            package.ground.article,
            vault.seal_value(package, _place(stay_id)),
            message_id,
            package.handed_at.isoformat(),
        ],
    )


def package_of(db: Rows, vault: Vault, stay_id: str) -> ManualPackage | None:
    """Return what was handed over for this stay, if it went to manual."""
    row = db.one("select package_sealed from manual_packages where stay_id = ?", [stay_id])
    if row is None:
        return None
    return vault.open_value(row["package_sealed"], ManualPackage, _place(stay_id))


def _place(stay_id: str) -> str:
    return f"manual_packages.package:{stay_id}"
