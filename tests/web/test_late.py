"""An endpoint is built, and a room loaded, when it is first asked for, and is then as any other."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from edge.web import api, fhir, pages
from edge.web.late import LateApp, LateRoom, LateRoute
from edge.web.look import Look
from edge.web.rooms import join, open_room
from tests.web.service import Service


@pytest.fixture
def room() -> APIRouter:
    routes = open_room("doors")

    @routes.get("/doors/{door}")
    def one(door: int, *, wide: bool = False) -> dict[str, int]:
        """Say which door it is."""
        return {"door": door, "wide": wide}

    @routes.post("/doors", status_code=201)
    def another(door: int) -> dict[str, int]:
        return {"door": door}

    return routes


@pytest.fixture
def client(room: APIRouter) -> Iterator[TestClient]:
    app = FastAPI()
    join(app, room)
    with TestClient(app) as client:
        yield client


def _built(room: APIRouter) -> list[str]:
    assert all(isinstance(route, LateRoute) for route in room.routes)
    return [route.name for route in room.routes if "dependant" in vars(route)]  # type: ignore[attr-defined]


def test_only_what_was_asked_for_is_built(room: APIRouter, client: TestClient) -> None:
    assert _built(room) == []
    assert client.get("/windows/1").status_code == 404
    assert client.delete("/doors").status_code == 405
    assert client.get("/doors/7?wide=yes").json() == {"door": 7, "wide": 1}
    assert _built(room) == ["one"]
    assert client.get("/doors/none").status_code == 422
    assert client.post("/doors?door=8").status_code == 201


def test_the_document_tells_of_those_that_nobody_asked(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert paths["/doors/{door}"]["get"]["description"] == "Say which door it is."
    assert set(paths["/doors"]["post"]["responses"]) == {"201", "4XX", "5XX"}


def test_who_asks_at_once_from_many_threads_gets_one_and_the_same(room: APIRouter) -> None:
    route = room.routes[0]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: route.dependant, range(64)))  # type: ignore[attr-defined]
    assert {id(one) for one in found} == {id(found[0])}


def test_a_route_has_nothing_that_routes_have_not(room: APIRouter) -> None:
    assert not hasattr(room.routes[0], "colour")
    assert not hasattr(room.routes[0], "colour")


def _late(room: APIRouter, furnished: list[str]) -> TestClient:
    """Serve the room behind its door, and another that no file can be opened for at first."""

    def furnish() -> APIRouter:
        furnished.append("doors")
        return room

    def too_many_files() -> APIRouter:
        furnished.append("stairs")
        if furnished.count("stairs") == 1:
            raise OSError("too many open files")
        return open_room("stairs")

    app = LateApp()
    join(
        app,
        LateRoom("/stairs", furnish=too_many_files),
        LateRoom("/walls", "/doors", furnish=furnish),
    )
    return TestClient(app, raise_server_exceptions=False)


def test_a_room_is_furnished_once_and_by_who_asks_for_one_of_its_paths(room: APIRouter) -> None:
    furnished: list[str] = []
    with _late(room, furnished) as client:
        assert client.get("/doorsteps").status_code == 404
        assert furnished == []
        assert client.get("/doors/7?wide=yes").json() == {"door": 7, "wide": 1}
        assert client.get("/walls").status_code == 404
        assert client.delete("/doors").status_code == 405
        assert client.get("/doors/none").status_code == 422
        assert client.post("/doors?door=8").status_code == 201
        assert furnished == ["doors"]


def test_a_room_that_could_not_be_loaded_is_loaded_for_the_next_who_asks(room: APIRouter) -> None:
    furnished: list[str] = []
    with _late(room, furnished) as client:
        assert client.get("/stairs").status_code == 500
        assert client.get("/stairs").status_code == 404
        assert client.get("/stairs/up").status_code == 404
        assert furnished == ["stairs", "stairs"]


def test_the_document_tells_of_rooms_that_nobody_entered(room: APIRouter) -> None:
    app = LateApp()
    join(app, LateRoom("/doors", furnish=lambda: room))
    with TestClient(app) as client:
        assert set(client.get("/openapi.json").json()["paths"]) == {"/doors", "/doors/{door}"}
        assert client.get("/doors/7").status_code == 200


def test_every_path_of_a_room_is_told_of_beforehand(service: Service) -> None:
    desk = service.desk
    rooms = (
        *api.api_rooms(desk),
        *pages.pages_rooms(desk, Look()),
        fhir.fhir_room(desk),
    )
    for room in rooms:
        for route in room.routes:
            path = route.path  # type: ignore[attr-defined]
            assert any(path == at or path.startswith(f"{at}/") for at in room.at), path
        for at in room.at:
            paths = [route.path for route in room.routes]  # type: ignore[attr-defined]
            assert any(path == at or path.startswith(f"{at}/") for path in paths), at


def test_a_start_loads_no_room_no_template_no_paper_and_no_client() -> None:
    late = (
        "edge.web.api.stays",
        "edge.web.pages.stay",
        "edge.web.fhir.routes",
        "edge.paperwork",
        "edge.dispatches",
        "edge.steps.settle",
        "edge.loops.campus",
        "babel",
        "httpx2",
        "jinja2",
        "typst",
        "xlsxwriter",
        "nats",
        "tuf",
    )
    told = f"import sys, edge.app, edge.__main__; print([m for m in {late} if m in sys.modules])"
    here = Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", told], cwd=here, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
