"""The step that brought fittings: settlements and packages made before it are as they were."""

from importlib import resources
from pathlib import Path

import pytest

from edge.core.errors import Fault
from edge.store import migrations
from edge.store.database import Store
from edge.store.migrations import migrate, statements
from sync.inbox import SCHEMA as INBOX_SCHEMA
from sync.tables import SCHEMA as OUTBOX_SCHEMA
from tests.store.test_reversals import SETTLEMENT, insert

BEFORE = (
    "0001_first_house.sql",
    "0002_operators.sql",
    "outbox",
    "0004_catalogues.sql",
    "0005_reversals.sql",
    "0006_desk_cases.sql",
    "0007_hospital_totals.sql",
    "0008_kept_packs.sql",
    "0009_outbox_in_order.sql",
    "0010_deliveries.sql",
    "inbox",
    "0012_claims.sql",
    "0013_presentations.sql",
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a database as it was before fittings: one settlement reversed, one that stands."""
    store = Store(tmp_path / "edge.db")
    schemas = {"outbox": OUTBOX_SCHEMA, "inbox": INBOX_SCHEMA}
    scripts = [
        schemas.get(name) or (resources.files(migrations) / name).read_text("utf-8")
        for name in BEFORE
    ]
    with store.transaction() as db:
        for script in scripts:
            for statement in statements(script):
                db.execute(statement)
        db.execute(f"pragma user_version = {len(BEFORE)}")
    db = store.read()
    db.execute("pragma foreign_keys = off")
    sent = {"kind": "settlement", "order_key": "s1", "sha256": "0" * 64, "payload_sealed": b""}
    for number in ("1", "2"):
        insert(db, "outbox", {"id": f"m{number}", "created_at": "", **sent})
        settlement = {**SETTLEMENT, "id": f"t{number}", "idempotency_key": f"k{number}"}
        insert(db, "settlements", {**settlement, "message_id": f"m{number}", "packs": "[]"})
        if number == "1":
            insert(db, "reversals", REVERSAL)
            db.execute("update settlements set effective = 0 where id = 't1'")
    insert(db, "manual_packages", PACKAGE)
    return store


REVERSAL: dict[str, object] = {
    "id": "r1",
    "settlement_id": "t1",
    "idempotency_key": "rk1",
    "operator": "甲",
    "second_person": "乙",
    "reason_sealed": b"",
    "reversed_at": "",
}
PACKAGE: dict[str, object] = {
    "stay_id": "s9",
    "verification_id": "v9",
    "ground": "FILING_MISSING",
    "article": "",
    "package_sealed": b"",
    "message_id": "m1",
    "handed_at": "",
}


def rows(store: Store, table: str) -> list[dict[str, object]]:
    return list(store.read().query(f"select * from {table} order by rowid"))  # noqa: S608 - ours


def test_what_was_settled_reversed_or_handed_over_is_as_it_was(store: Store) -> None:
    before = {table: rows(store, table) for table in ("settlements", "manual_packages")}
    migrate(store)
    new = ("fitting_id", "entry_sheet_id", "case_id")
    for table, kept in before.items():
        now = rows(store, table)
        assert [{k: v for k, v in row.items() if k not in new} for row in now] == kept
        assert [row["case_id"] for row in now] == [row["stay_id"] for row in kept]
    assert [row["effective"] for row in rows(store, "settlements")] == [0, 1]
    assert rows(store, "reversals")[0]["entry_sheet_id"] is None
    store.close()


def test_references_and_guards_hold_after_it_as_before(store: Store) -> None:
    migrate(store)
    db = store.read()
    foreign = db.one("pragma foreign_keys")
    assert foreign == {"foreign_keys": 1}
    for change in (
        "delete from settlements",
        "update settlements set fund_fen = 0, personal_fen = 2",
        "update settlements set effective = 0 where id = 't2'",
        "delete from manual_packages",
    ):
        with pytest.raises(Fault):
            db.execute(change)
    twice = {**SETTLEMENT, "id": "t3", "idempotency_key": "k3", "message_id": "m1", "packs": "[]"}
    db.execute("pragma foreign_keys = off")
    with pytest.raises(Fault, match="UNIQUE"):
        insert(db, "settlements", twice)
    for neither in ({"stay_id": None}, {"fitting_id": "f1"}):
        with pytest.raises(Fault, match="CHECK"):
            insert(db, "settlements", {**twice, **neither, "effective": 0})
    store.close()


def test_a_step_that_leaves_a_reference_to_nothing_is_taken_back_whole(tmp_path: Path) -> None:
    store = Store(tmp_path / "edge.db")
    first = "create table one (id text primary key) strict;"
    second = "create table two (one_id text references one (id)) strict;"
    third = "insert into two values ('nowhere');"
    with pytest.raises(Fault) as refused:
        migrate(store, [first, second, third])
    assert refused.value.code == "SCHEMA_STEP"
    assert store.read().one("pragma user_version") == {"user_version": 2}
    assert rows(store, "two") == []
    store.close()
