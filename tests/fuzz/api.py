"""The API given what its own document allows and what it forbids, by everybody there is.

Two things must never be: a 5xx that nobody foresaw, and an act done for whom the matrix of rights
refuses. schemathesis makes the requests from the OpenAPI document; its one importer.
"""

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, unquote

import httpx2
from hypothesis import HealthCheck, Phase, given, seed, settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what it imports; ours stay errors
    import schemathesis
    from schemathesis.core.result import Ok
    from schemathesis.generation import GenerationMode

from edge.app import web
from edge.store.operators import Role, Scope
from tests.web.matrix import MATRIX, Grants
from tests.web.service import Service, line, service_at

TURNED_AWAY = 300
"""From here on an answer is none; a redirection tells nothing either."""

UNFORESEEN = 500
FORESEEN = 503
"""A fault that the product knows says so with its code (docs/errors.md)."""

ENDS_THE_ASKER = frozenset({"POST /api/v1/logout", "POST /api/v1/password"})
"""Whoever is let in here is out afterwards: strangers alone ask."""

NEVER_ENDS = frozenset({"GET /api/v1/events", "POST /api/v1/agent/requests"})
"""A stream, and a call that waits for work: whoever may not call them does."""

VALUES = (None, "", "0", "x" * 300, "/../", "%00", "中文", "' or 1=1 --", "9" * 40)
"""Ids that nobody has."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody at the door; ``grant`` None: a stranger."""

    grant: Role | Scope | None
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it is sent by each asker."""

    endpoint: str
    path: str
    query: Mapping[str, Any]
    content: bytes | None
    kind: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What must not be: who asked for what, and was answered how."""

    request: Request
    asker: Role | Scope | None
    status: int
    code: str


@dataclass(frozen=True, slots=True)
class Ground:
    """A running service with a case in it, its askers, and what its document says."""

    service: Service
    askers: tuple[Asker, ...]
    operations: Mapping[str, Any]
    known: Mapping[str, str]


@contextmanager
def ground_at(folder: Path) -> Iterator[Ground]:
    """Serve a site with one discharged stay, a settled one, and everybody logged in."""
    with service_at(folder) as service:
        settled = service.discharged(line())["id"]
        key = {"Idempotency-Key": "fuzz"}
        money = service.done(
            "POST", f"/stays/{settled}/settlement", headers=service.system | key, json={}
        )
        open_stay = service.discharged(line())
        known = {"stay": open_stay["id"], "settlement": money["id"], "month": "2026-11"}
        people = [Asker(role, service.log_in(role.value, role)) for role in Role]
        systems = [Asker(scope, service.connect(scope.value, [scope])) for scope in Scope]
        yield Ground(
            service=service,
            askers=(Asker(None, {}), *people, *systems),
            operations=_operations(service),
            known=known,
        )


def requests(ground: Ground, endpoint: str, count: int, number: int) -> list[Request]:
    """Return so many requests that the document allows, and as many that it forbids.

    The same ``number`` gives the same ones.
    """
    made: list[Request] = []
    for mode in GenerationMode:
        found: list[Any] = []

        # Some operations have nothing that can be forbidden: no field, no body.
        with suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _drawn(ground.operations[endpoint], mode, found, count=count, number=number)
        made += [
            _request(ground, endpoint, case, number + place) for place, case in enumerate(found)
        ]
    return made


def findings(ground: Ground, request: Request, asker: Asker) -> list[Finding]:
    """Send a request as somebody; return what must not be."""
    headers = {**asker.headers, "Accept": "application/json"}
    if request.content is not None:
        headers["Content-Type"] = request.kind
    try:
        answer = ground.service.client.request(
            request.endpoint.partition(" ")[0],
            request.path,
            params=request.query,
            content=request.content,
            headers=headers,
        )
    except (httpx2.InvalidURL, UnicodeEncodeError, httpx2.LocalProtocolError):
        return []  # no client sends this
    code = _code(answer)
    if must_never_be(answer.status_code, code, MATRIX[request.endpoint], asker.grant):
        return [Finding(request, asker.grant, answer.status_code, code)]
    return []


def must_never_be(status: int, code: str, may: Grants, grant: Role | Scope | None) -> bool:
    """Tell whether an answer is a gap in the rights, or a fault that nobody foresaw."""
    gap = bool(may) and grant not in may and status < TURNED_AWAY
    foreseen = status == FORESEEN and code not in {"", "INTERNAL"}
    return gap or (status >= UNFORESEEN and not foreseen)


def asked_by(ground: Ground, endpoint: str) -> list[Asker]:
    """Return everybody there is, a stranger, each role and each scope; whoever may is last.

    So that what one may do has not been done before another is refused.
    """
    suited = [one for one in ground.askers if suitable(endpoint, one)]
    return sorted(suited, key=lambda one: not MATRIX[endpoint] or one.grant in MATRIX[endpoint])


def suitable(endpoint: str, asker: Asker) -> bool:
    """Tell whether somebody may ask without ending their session, or waiting for ever."""
    if endpoint in NEVER_ENDS:
        return asker.grant not in MATRIX[endpoint]
    return endpoint not in ENDS_THE_ASKER or asker.grant is None


def asked(ground: Ground, endpoint: str, count: int, number: int) -> list[Finding]:
    """Ask one endpoint; return what must not be."""
    return [
        finding
        for request in requests(ground, endpoint, count, number)
        for asker in asked_by(ground, endpoint)
        for finding in findings(ground, request, asker)
    ]


def fuzzed(ends: Callable[[], bool]) -> list[Finding]:
    """Ask every endpoint, round after round, until ``ends()`` or something is found."""
    found: list[Finding] = []
    with TemporaryDirectory() as folder, ground_at(Path(folder)) as ground:
        number = 0
        while not found and not ends():
            for endpoint in ground.operations:
                found += asked(ground, endpoint, 1, number)
            number += 1
    return found


def _operations(service: Service) -> dict[str, Any]:
    document = web(service.desk).openapi()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = schemathesis.openapi.from_dict(document)
        found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    return {f"{one.method.upper()} {one.path}": one for one in found}


def _drawn(
    operation: Any,  # noqa: ANN401 - schemathesis'
    mode: GenerationMode,
    found: list[Any],
    *,
    count: int,
    number: int,
) -> None:
    quiet = settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @seed(number)
    @quiet
    @given(operation.as_strategy(generation_mode=mode))
    def keep(case: Any) -> None:  # noqa: ANN401 - schemathesis'
        found.append(case)

    keep()


def _request(ground: Ground, endpoint: str, case: Any, place: int) -> Request:  # noqa: ANN401 - schemathesis'
    """Turn a case into a request: ids that exist, every other time."""
    path = endpoint.partition(" ")[2]
    for name, value in (case.path_parameters or {}).items():
        shown = unquote(str(value)) if place % 2 else ground.known.get(name)
        odd = VALUES[place % len(VALUES)]
        given = shown if shown is not None else odd if odd is not None else str(value)
        path = path.replace(f"{{{name}}}", quote(given, safe=""))
    body, kind = case.body, case.media_type or "application/json"
    absent = type(body).__name__ == "NotSet"
    content = (
        None
        if absent
        else body
        if isinstance(body, bytes)
        else json.dumps(body, ensure_ascii=bool(place % 3)).encode("utf-8", "surrogatepass")
    )
    query = {key: _flat(value) for key, value in (case.query or {}).items()}
    return Request(endpoint, path, query, content, kind)


def _flat(value: object) -> str | list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    return str(value)


def _code(answer: httpx2.Response) -> str:
    if "problem" not in answer.headers.get("content-type", ""):
        return ""
    told = answer.json()
    return str(told.get("code", ""))
