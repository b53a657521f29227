"""A short round over HTTP, the same each time; `make fuzz NAME=api` goes on where it ends."""

from collections.abc import Iterator

import pytest

from edge.store.operators import Role, Scope
from tests.fuzz.api import (
    ENDS_THE_ASKER,
    NEVER_ENDS,
    Asker,
    Ground,
    Request,
    asked,
    asked_by,
    findings,
    ground_at,
    must_never_be,
)
from tests.web.matrix import MATRIX

ROUND = 20261125
ONE_IN = 24
"""One endpoint in so many, the others by `make fuzz`: each is asked by everybody there is."""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground_at(tmp_path_factory.mktemp("fuzzed")) as ground:
        yield ground


def test_no_request_is_a_fault_or_a_gap_in_the_rights(ground: Ground) -> None:
    endpoints = sorted(ground.operations)[ROUND % ONE_IN :: ONE_IN]
    found = [one for endpoint in endpoints for one in asked(ground, endpoint, 1, ROUND)]
    assert found == []


def test_everybody_asks_for_everything(ground: Ground) -> None:
    everybody = {None, *Role, *Scope}
    for endpoint in ground.operations.keys() - NEVER_ENDS - ENDS_THE_ASKER:
        askers = asked_by(ground, endpoint)
        assert {one.grant for one in askers} == everybody
        may = [one.grant in MATRIX[endpoint] for one in askers if MATRIX[endpoint]]
        assert may == sorted(may)  # whoever may asks last
    for endpoint in NEVER_ENDS & ground.operations.keys():
        grants = {one.grant for one in asked_by(ground, endpoint)}
        assert grants == everybody - MATRIX[endpoint]


def test_whoever_gets_in_where_the_matrix_says_no_is_found(ground: Ground) -> None:
    request = Request("GET /api/v1/stays", "/api/v1/stays", {}, None, "")
    rightful = Asker(Scope.READ, ground.service.system)
    assert findings(ground, request, rightful) == []
    [gap] = findings(ground, request, Asker(None, ground.service.system))
    assert (gap.asker, gap.status) == (None, 200)


@pytest.mark.parametrize(
    ("status", "code", "grant", "wrong"),
    [
        (200, "", Role.AUDITOR, True),
        (403, "GRANT_MISSING", Role.AUDITOR, False),
        (500, "INTERNAL", Role.FINANCE, True),
        (503, "STORE_UNAVAILABLE", Role.FINANCE, False),
        (503, "", Role.FINANCE, True),
        (504, "", Role.FINANCE, True),
        (409, "ALREADY_SETTLED", Role.FINANCE, False),
    ],
)
def test_what_must_never_be(status: int, code: str, grant: Role, *, wrong: bool) -> None:
    assert must_never_be(status, code, frozenset({Role.FINANCE}), grant) is wrong
