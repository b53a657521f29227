"""An endpoint is built when it is first asked for, once, and is then as any other."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from edge.web.late import LateRoute
from edge.web.rooms import join, open_room


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
