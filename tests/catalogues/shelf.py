"""Versions put straight into a store: what an import keeps, without a file."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from edge.core.catalogue import CatalogueRow, CostKind, Insurance
from edge.store.catalogues import NewVersion, keep_version, staged
from edge.store.database import Store

NEW_YEAR = date(2024, 1, 1)


def row(code: str, kind: CostKind = CostKind.DRUG, **given: Any) -> CatalogueRow:  # noqa: ANN401 - its fields
    """Return a row in scope from New Year 2024 on; ``given`` fields replace these."""
    fields: dict[str, Any] = {
        "in_scope": True,
        "valid_from": NEW_YEAR,
        "name": f"样例 {code}",
    } | given
    return CatalogueRow(code, kind, **fields)


def keep_rows(
    store: Store,
    rows: Sequence[CatalogueRow],
    *,
    region: str = "120000",
    version: str = "1",
    since: date = NEW_YEAR,
    bed_day_fen: int | None = None,
    **of: Insurance,
) -> None:
    """Keep the rows as one version, of the list of ``insurance`` if it is given."""
    kinds = frozenset(row.kind for row in rows)
    new = NewVersion(
        region=region,
        version=version,
        insurance=of.get("insurance"),
        starts_on=since,
        bed_day_fen=bed_day_fen,
        kinds=kinds if bed_day_fen is None else kinds | {CostKind.BED},
        file_sha256="",
        imported_at=datetime(2024, 1, 1, tzinfo=UTC),
        imported_by="test",
        row_count=len(rows),
        new_count=len(rows),
        changed_count=0,
        ended_count=0,
    )
    with staged(store.read(), rows, lambda _done, _about: None), store.transaction() as db:
        keep_version(db, new)


def stamped(row: CatalogueRow, region: str = "120000", version: str = "1") -> CatalogueRow:
    """Return the row as the store hands it out."""
    return replace(row, region=region, version=version)
