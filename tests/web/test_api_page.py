"""What the API says of itself: a document for programs, a page for people, both true."""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from edge.core.adjudication import RuledLine, Ruling
from edge.core.fallback import ManualPackage
from edge.store.operators import Scope
from edge.web.api import ruling as shown
from edge.web.api.manual import Package
from tests.web.matrix import MATRIX
from tests.web.service import Json, Service

_OPEN = ("login", "logout", "password", "events")
OTHERWISE = {*(f"/api/v1/{name}" for name in _OPEN), "/healthz", "/readyz", "/metrics"}
"""Calls where a token is no use: they take a session, or anybody."""


def _document(service: Service) -> Json:
    document: Json = service.client.get("/api/openapi.json").json()
    return document


def _references(node: object) -> Iterator[str]:
    match node:
        case {"$ref": str(place)}:
            yield place
        case dict():
            for inner in node.values():
                yield from _references(inner)
        case list():
            for inner in node:
                yield from _references(inner)


def test_the_document_names_every_call_of_the_contract(service: Service) -> None:
    paths = _document(service)["paths"]
    known = {endpoint.partition(" ")[2] for endpoint in MATRIX}
    calls = ("/api/v1", "/api/fhir")
    assert {path for path in paths if path.startswith(calls)} == {
        path for path in known if path.startswith(calls)
    }


def test_every_reference_of_the_document_leads_somewhere(service: Service) -> None:
    document = _document(service)
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(_references(document)) <= known


def test_every_call_says_how_one_comes_in_and_what_an_error_looks_like(service: Service) -> None:
    for path, operations in _document(service)["paths"].items():
        for operation in operations.values():
            assert operation["description"], path
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]
            of_the_api = path not in OTHERWISE
            assert operation.get("security", []) == ([{"HTTPBearer": []}] if of_the_api else [])


def test_an_answer_has_the_fields_that_the_document_promises(service: Service) -> None:
    document = _document(service)
    stay = service.discharged()
    verdict = service.verified()
    ruling = service.done("POST", f"/stays/{stay['id']}/preview")
    for name, answer in (("Verified", verdict), ("Ruling", ruling), ("StayNow", stay)):
        assert set(document["components"]["schemas"][name]["properties"]) == set(answer)
    lines = document["components"]["schemas"]["RuledLine"]["properties"]
    assert set(lines) == set(ruling["lines"][0])


def test_the_document_shows_a_ruling_as_it_is_ruled_and_a_package_as_it_is_handed() -> None:
    assert list(shown.Ruling.model_fields) == [field.name for field in fields(Ruling)]
    assert tuple(shown.RuledLine.model_fields) == RuledLine.__struct_fields__
    assert list(Package.model_fields) == [field.name for field in fields(ManualPackage)]


def test_the_page_shows_every_call_with_its_fields_and_who_may(service: Service) -> None:
    page = service.client.get("/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    for path, operations in _document(service)["paths"].items():
        for method in operations:
            assert f"<h2><code>{method.upper()} {path}</code></h2>" in page.text
    assert {f"令牌范围 {scope.value}" for scope in Scope} <= set(
        re.findall(r"令牌范围 \w+", page.text)
    )
    for field in ("lines[].amount_fen", "reasons[].article", "idempotency-key (header)"):
        assert f"<code>{field}</code>" in page.text
    for member in ("code", "detail", "next_action", "field"):
        assert f"<code>{member}</code>" in page.text


def test_the_page_is_read_in_both_languages_and_asks_for_nothing_from_outside(
    service: Service,
) -> None:
    english = service.client.get("/api/docs?lang=en").text
    assert "Who may call" in english
    assert not re.search(r"https?://", english)
    targets: list[Any] = re.findall(r'href="#([^"]+)"', english)
    anchors = re.findall(r'id="([^"]+)"', english)
    assert set(targets) <= set(anchors)
    assert len(anchors) == len(set(anchors))
