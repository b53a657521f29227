"""Whatever the service answers with somebody's name or number on it is entered in the ledger."""

import re
from collections.abc import Iterator

import pytest

from edge.store.ledger import last_entry
from edge.store.operators import Role
from tests.web.matrix import MATRIX, Grants
from tests.web.service import Service, service_at
from tests.web.test_api_rights import endpoints
from tests.web.test_canary import CANARY, case

ENDLESS = {"GET /api/v1/events"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service_at(tmp_path_factory.mktemp("reads")) as service:
        case(service)
        yield service


ENTERED = frozenset({"ledger", "document_uses"})
"""What reading writes: that somebody's name was read, or a paper shown."""


def test_no_answer_names_a_person_unless_it_is_entered_and_reading_changes_nothing_else(
    told: Service,
) -> None:
    askers = {role: told.log_in(f"读者 {role.value}", role) for role in Role}
    before_all = _kept(told)
    silent, named = [], []
    for path, grants in _filled(told):
        allowed = [headers for role, headers in askers.items() if role in grants]
        for headers in (told.system, *allowed):
            before = _seq(told)
            answer = told.client.get(path, headers=headers)
            if CANARY.name in answer.text or CANARY.number in answer.text:
                named.append(path)
                silent += [path] if _seq(told) == before else []
    assert silent == []
    after_all = _kept(told)
    assert {table for table, rows in after_all.items() if rows != before_all[table]} <= ENTERED
    assert any(path.startswith("/stays/") for path in named)  # it would have been noticed


def _filled(service: Service) -> Iterator[tuple[str, Grants]]:
    """Yield every address that can be read, with the ids the case has left, and who may read it."""
    known = _ids(service)
    for endpoint in endpoints(service):
        method, path = endpoint.split(" ")
        if method == "GET" and endpoint not in ENDLESS:
            filled = re.sub(r"\{(\w+)\}", lambda name: known.get(name[1], "x"), path)
            yield filled, MATRIX[endpoint]


def _ids(service: Service) -> dict[str, str]:
    db = service.site.store.read()
    tables = {
        "stay": "stays",
        "verification": "verifications",
        "settlement": "settlements",
        "message": "outbox",
        "document": "documents",
        "complaint": "complaints",
    }
    found = {
        name: next(iter(db.query(f"select id from {table} limit 1")), None)  # noqa: S608 - our own
        for name, table in tables.items()
    }
    month = {"month": "2026-11", "day": "2026-11-20"}
    return {name: str(row["id"]) for name, row in found.items() if row} | month


def _kept(service: Service) -> dict[str, list[tuple[object, ...]]]:
    """Return all that the database holds, by table."""
    db = service.site.store.read()
    tables = [row["name"] for row in db.query("select name from sqlite_schema where type='table'")]
    return {table: list(db.tuples(f"select * from {table}")) for table in tables}  # noqa: S608 - ours


def _seq(service: Service) -> int:
    last = last_entry(service.site.store.read())
    return last.seq if last else 0
