"""The step that brought reversals: settlements made before it know the message they sent."""

from importlib import resources
from pathlib import Path

import pytest

from edge.core.errors import Fault
from edge.store import migrations
from edge.store.database import Rows, Store
from edge.store.migrations import migrate, statements
from sync.tables import SCHEMA as OUTBOX_SCHEMA

FIRST_HOUSE = ("0001_first_house.sql", "0002_operators.sql")


def old_store(path: Path) -> Store:
    """Return a database as it was before reversals: three steps, and one settled stay."""
    store = Store(path)
    scripts = [(resources.files(migrations) / name).read_text("utf-8") for name in FIRST_HOUSE]
    with store.transaction() as db:
        for script in (*scripts, OUTBOX_SCHEMA):
            for statement in statements(script):
                db.execute(statement)
        db.execute("pragma user_version = 3")
    store.read().execute("pragma foreign_keys = off")
    for kind in ("admission", "settlement"):
        sent = {"id": f"m-{kind}", "kind": kind, "order_key": "s1", "sha256": "0" * 64}
        insert(store.read(), "outbox", {**sent, "payload_sealed": b"", "created_at": ""})
    insert(store.read(), "settlements", SETTLEMENT)
    return store


SETTLEMENT: dict[str, object] = {
    "id": "t1",
    "stay_id": "s1",
    "verification_id": "v1",
    "idempotency_key": "k1",
    "total_fen": 2,
    "fund_fen": 1,
    "personal_fen": 1,
    "basis": "online",
    "bill_sealed": b"",
    "ruling_sealed": b"",
    "catalogue_sha256": "",
    "settled_at": "",
    "effective": 1,
}


def insert(db: Rows, table: str, row: dict[str, object]) -> None:
    marks = ", ".join("?" for _ in row)
    db.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))  # noqa: S608 - ours


def test_a_settlement_from_before_is_given_the_message_that_told_of_it(tmp_path: Path) -> None:
    store = old_store(tmp_path / "edge.db")
    migrate(store)
    row = store.read().one("select message_id, packs from settlements")
    assert row == {"message_id": "m-settlement", "packs": "[]"}
    store.close()


def test_a_new_settlement_must_name_its_message(tmp_path: Path) -> None:
    store = old_store(tmp_path / "edge.db")
    migrate(store)
    other = {**SETTLEMENT, "id": "t2", "stay_id": "s2", "idempotency_key": "k2"}
    with pytest.raises(Fault, match="the id of its message"):
        insert(store.read(), "settlements", other)
    store.close()
