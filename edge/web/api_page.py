"""The API as a page to read, rendered from the very document that programs read.

Adds no fact to the OpenAPI document but who may call; serves no script of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.responses import HTMLResponse
from fastapi.routing import iter_route_contexts

from edge.core.errors import Words
from edge.web.look import Look
from edge.web.rooms import pages_room
from edge.web.security import Permit, caller_of

API_PAGE_PATH = "/api/docs"

Schema = Mapping[str, Any]

_GRANTS = ("Role", "Scope")
_BODY, _PROBLEM = "application/json", "application/problem+json"
_BOUNDS = {
    "minLength": "length ≥",
    "maxLength": "length ≤",
    "minimum": "≥",
    "maximum": "≤",
    "pattern": "matches",
}


WORDS = {
    "title": Words("接口", "API"),
    "rules": Words(
        "金额为整数分（*_fen），时间为带时区的 ISO 8601，日期为 YYYY-MM-DD，地区为 6 位代码。"
        "医院系统以 Authorization: Bearer 令牌调用，正文为 JSON；"
        "多余的字段会被拒绝（费用明细除外）。",
        "Money is in integer fen (*_fen), times are ISO 8601 with offset, dates YYYY-MM-DD, "
        "regions 6 digits. Systems send Authorization: Bearer and JSON; unknown fields are "
        "refused (those of a charge line are ignored).",
    ),
    "problem": Words(
        "出错时：application/problem+json", "Whenever it fails: application/problem+json"
    ),
    "who": Words("谁可调用", "Who may call"),
    "anyone": Words("无需登录", "no login needed"),
    "any_caller": Words("任何已登录者", "whoever is logged in"),
    "role": Words("角色", "role"),
    "scope": Words("令牌范围", "scope"),
    "parameters": Words("参数", "Parameters"),
    "body": Words("正文", "Body"),
    "answer": Words("答复", "Answer"),
    "field": Words("字段", "Field"),
    "kind": Words("类型", "Kind"),
    "required": Words("必填", "Required"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One parameter or field: its path as ``field`` of a problem writes it, and what it takes."""

    name: str
    kind: str
    required: bool
    bounds: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What comes back under one status; no entries when it is no JSON object."""

    status: str
    entries: list[Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One endpoint and who may call it.

    ``anyone``: without login. Else one of ``roles`` or ``scopes``; both empty: whoever is known.
    """

    method: str
    path: str
    text: str
    anyone: bool
    roles: list[str]
    scopes: list[str]
    parameters: list[Entry]
    body: list[Entry]
    answers: list[Answer]

    @property
    def anchor(self) -> str:
        """Where on the page it stands."""
        return f"{self.method} {self.path}".lower().translate(str.maketrans(" /{}", "----"))


def api_page_router(app: FastAPI, look: Look) -> APIRouter:
    """Return ``GET /api/docs``, which shows every endpoint that ``app`` has when it is asked."""
    routes = pages_room()

    @routes.get(API_PAGE_PATH)
    def page(request: Request) -> HTMLResponse:
        """Show every endpoint."""
        problem = _problem(app.openapi())
        return look.page(request, "api.html", calls=calls(app), problem=problem, words=WORDS)

    return routes


def calls(app: FastAPI) -> list[Call]:
    """Return every endpoint of the OpenAPI document, in its order."""
    document, permits = app.openapi(), _permits(app)
    return [
        _call(document["components"]["schemas"], method.upper(), path, operation, permits)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


def _call(
    parts: Schema,
    method: str,
    path: str,
    operation: Schema,
    permits: Mapping[tuple[str, str], tuple[list[str], list[str]]],
) -> Call:
    roles, scopes = permits.get((method, path), ([], []))
    body = operation.get("requestBody", {}).get("content", {}).get(_BODY, {}).get("schema", {})
    return Call(
        method=method,
        path=path,
        text=operation.get("description", ""),
        anyone=(method, path) not in permits,
        roles=roles,
        scopes=scopes,
        parameters=[_parameter(parts, given) for given in operation.get("parameters", [])],
        body=list(_entries(parts, body)),
        answers=[
            Answer(status=status, entries=list(_entries(parts, _schema_of(answer, _BODY))))
            for status, answer in operation["responses"].items()
            if "X" not in status
        ],
    )


def _permits(app: FastAPI) -> dict[tuple[str, str], tuple[list[str], list[str]]]:
    """Return the roles and scopes of each endpoint that asks who is calling."""
    found: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        asked = list(_asked(dependant)) if dependant else []
        if asked:
            grants = {grant for permit in asked if permit for grant in permit.grants}
            named = {(type(grant).__name__, grant.value) for grant in grants}
            roles, scopes = ([v for k, v in sorted(named) if k == kind] for kind in _GRANTS)
            found |= {(method, str(route.path)): (roles, scopes) for method in route.methods or ()}
    return found


def _asked(dependant: Dependant) -> Iterator[Permit | None]:
    """Yield each permit that is asked for; None where any caller will do."""
    for needed in dependant.dependencies:
        if isinstance(needed.call, Permit):
            yield needed.call
        elif needed.call is caller_of:
            yield None


def _problem(document: Schema) -> list[Entry]:
    """Return the members of a problem: the same wherever it comes from."""
    operation = next(iter(next(iter(document["paths"].values())).values()))
    return list(_entries({}, _schema_of(operation["responses"]["4XX"], _PROBLEM)))


def _schema_of(answer: Schema, media_type: str) -> Schema:
    schema: Schema = answer.get("content", {}).get(media_type, {}).get("schema", {})
    return schema


def _parameter(parts: Schema, given: Schema) -> Entry:
    schema, name = given["schema"], f"{given['name']} ({given['in']})"
    return _entry(parts, name, schema, required=given["required"], text=given.get("description"))


def _entries(parts: Schema, schema: Schema, prefix: str = "") -> Iterator[Entry]:
    """Yield the fields of an object or of a list's objects, nested ones under their paths."""
    schema = _plain(parts, schema)
    if isinstance(schema.get("items"), dict):
        yield from _entries(parts, schema["items"], f"{prefix}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _entries(parts, schema["additionalProperties"], f"{prefix}.{{…}}")
    for name, inner in schema.get("properties", {}).items():
        path = f"{prefix}.{name}".removeprefix(".")
        yield _entry(parts, path, inner, required=name in schema.get("required", ()))
        yield from _entries(parts, inner, path)


def _entry(
    parts: Schema, name: str, schema: Schema, *, required: bool, text: str | None = None
) -> Entry:
    bounds = _plain(parts, schema)
    told = [f"{words} {bounds[bound]}" for bound, words in _BOUNDS.items() if bound in bounds]
    return Entry(
        name=name,
        kind=_kind(parts, schema),
        required=required,
        bounds=", ".join(told),
        text=text or "",
    )


def _kind(parts: Schema, schema: Schema) -> str:
    choices = schema.get("anyOf")
    if choices:
        return " | ".join(_kind(parts, choice) for choice in choices)
    schema = _plain(parts, schema)
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if isinstance(schema.get("items"), dict):
        return f"list of {_kind(parts, schema['items'])}"
    if "prefixItems" in schema:
        return f"list of {len(schema['prefixItems'])}"
    return str(schema.get("format") or schema.get("type", "any"))


def _plain(parts: Schema, schema: Schema) -> Schema:
    """Follow a reference, and look past "or null"."""
    while True:
        real = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
        if "$ref" in schema:
            schema = parts[schema["$ref"].rpartition("/")[2]]
        elif len(real) == 1:
            schema = real[0]
        else:
            return schema
