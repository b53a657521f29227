"""Who may call what: every endpoint of the service, asked by everybody there is."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection

import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from edge.app import web
from edge.store.operators import ADMINISTRATORS, DESK_ROLES, Role, Scope
from tests.web.matrix import MATRIX, Grants
from tests.web.service import Service

CASES = ("/stays", "/fittings", "/settlements", "/claims", "/identif", "/verif", "/arrivals")

REFUSED = (403, "GRANT_MISSING")


@dataclass(frozen=True)
class Asker:
    """Somebody at the door: the one grant they hold, and what their requests carry."""

    grant: Role | Scope
    headers: dict[str, str]


@pytest.fixture
def line(service: Service) -> Iterator[HTTPConnection]:
    """Return a bare line to the service: three thousand requests need no more, each at its cost."""
    url = service.client.base_url
    with closing(HTTPConnection(url.host, url.port)) as line:
        yield line


@pytest.fixture(scope="module")
def askers(service: Service) -> list[Asker]:
    """Return one operator of each role and one hospital system of each scope."""
    operators = [Asker(role, service.log_in(role.value, role)) for role in Role]
    systems = [Asker(scope, service.connect(scope.value, [scope])) for scope in Scope]
    return operators + systems


def test_every_endpoint_of_the_service_is_in_the_matrix_and_no_other(service: Service) -> None:
    assert set(endpoints(service)) == set(MATRIX)


def test_roles_exclude_each_other() -> None:
    acts = {endpoint: who for endpoint, who in MATRIX.items() if endpoint.startswith("POST ")}
    of_auditor = [act for act, who in acts.items() if Role.AUDITOR in who]
    # the day's sheet on paper is read, too; that it was printed is entered
    assert [act for act in of_auditor if not act.endswith(("/documents", "/prints"))] == []
    on_cases = [act for act in acts if any(part in act for part in CASES)]
    assert [act for act in on_cases if acts[act] & ADMINISTRATORS] == []
    read = [endpoint for endpoint in MATRIX if any(part in endpoint for part in CASES)]
    assert [one for one in read if MATRIX[one] & ADMINISTRATORS] == []
    on_audit = {endpoint for endpoint in MATRIX if "/audit" in endpoint}
    assert [
        one for one in on_audit if MATRIX[one] & (DESK_ROLES | {Role.SYSTEM_ADMINISTRATOR})
    ] == []


@pytest.mark.usefixtures("fhir_spoken")
def test_a_stranger_gets_in_nowhere(service: Service, line: HTTPConnection) -> None:
    closed = [endpoint for endpoint in endpoints(service) if _may(endpoint)]
    for endpoint in closed:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "edge_session=wrong"}):
            status, code = _outcome(line, endpoint, headers)
            assert (status, code) == (401, "LOGIN_REQUIRED"), endpoint


@pytest.mark.usefixtures("fhir_spoken")
def test_only_those_who_may_can_and_what_others_ask_changes_nothing(
    service: Service, line: HTTPConnection, askers: list[Asker]
) -> None:
    wrong = []
    for endpoint in (endpoint for endpoint in endpoints(service) if _may(endpoint)):
        before = service.rows()
        for asker in (asker for asker in askers if asker.grant not in _may(endpoint)):
            outcome = _outcome(line, endpoint, asker.headers)
            wrong += [(endpoint, asker.grant, outcome)] if outcome != REFUSED else []
        assert service.rows() == before, endpoint
        for asker in (asker for asker in askers if asker.grant in _may(endpoint)):
            outcome = _outcome(line, endpoint, asker.headers)
            wrong += [(endpoint, asker.grant, outcome)] if outcome[0] in {401, 403, 500} else []
    assert wrong == []


def test_a_system_that_may_only_verify_identifies_nobody_by_a_detour(service: Service) -> None:
    service.newcomer()
    body = {"service": "inpatient_medical"}
    for scopes in ([Scope.VERIFY], [Scope.IDENTIFY]):
        half = service.connect(f"half {scopes[0].value}", scopes)
        answer = service.ask("POST", "/arrivals", headers=half, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "GRANT_MISSING")
    both = service.connect("both", [Scope.VERIFY, Scope.IDENTIFY])
    assert service.done("POST", "/arrivals", headers=both, json=body)["decision"] == "direct"


def endpoints(service: Service) -> list[str]:
    """Return every endpoint of the service, as `METHOD path`."""
    return list(_walk(service))


def _walk(service: Service) -> Iterator[str]:
    for route in iter_route_contexts(web(service.desk).routes):
        methods = {"GET"} if isinstance(route.original_route, Mount) else route.methods or set()
        yield from (f"{method} {route.path}" for method in sorted(methods))


def _may(endpoint: str) -> Grants:
    return MATRIX[endpoint]


def _outcome(line: HTTPConnection, endpoint: str, headers: dict[str, str]) -> tuple[int, str]:
    """Ask about a thing that is not there, with an empty body."""
    method, path = endpoint.split(" ")
    path = re.sub(r"\{\w+\}", "x", path)
    body = b"{}" if method == "POST" else None
    line.request(
        method, path, body, headers | ({"Content-Type": "application/json"} if body else {})
    )
    with line.getresponse() as answer:
        kind = answer.headers.get_content_type()
        if kind == "text/event-stream":
            line.close()  # it never ends
            return answer.status, ""
        return answer.status, _code_of(kind, answer.read())


def _code_of(kind: str, content: bytes) -> str:
    """Return the code of a refusal, told as a problem or in FHIR's words."""
    if "problem" not in kind and "fhir" not in kind:
        return ""
    told = json.loads(content)
    issue = (told.get("issue") or [{}])[0]
    [coding] = issue.get("details", {}).get("coding", [{}])
    return str(told.get("code") or coding.get("code", ""))
