"""Rooms that are loaded, and endpoints that are built, when they are first asked for.

FastAPI reads an endpoint's signature and makes validators of all its models at once, and before it
can, Python loads the room's module with the models and all that its endpoints call: a third of each
start, and 20 MB, for what a desk mostly never calls. Knows no room and no endpoint.
"""

from collections.abc import Callable
from functools import cached_property
from threading import RLock
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match, compile_path
from starlette.types import Receive, Scope, Send

_BUILDING = RLock()


class LateRoute(APIRoute):
    """A route that knows its path and methods at once, and all else when somebody asks for it.

    Whoever asks (a request, the API's document, a test) may come from any thread.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:  # noqa: ANN401 - as APIRoute takes them
        self.path, self.endpoint = path, endpoint
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.name = given["name"] or endpoint.__name__
        self.methods = {method.upper() for method in given["methods"] or ["GET"]}
        self.include_in_schema = given["include_in_schema"]
        self._beginning = path.partition("{")[0]
        self._given: dict[str, Any] | None = given

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return as any route, but without a close look where the path begins otherwise.

        Each request is compared with every route until one matches.
        """
        if not scope["path"].startswith(self._beginning):
            return Match.NONE, {}
        return super().matches(scope)

    def __getattr__(self, name: str) -> object:
        """Build the whole at the first question that path and methods do not answer.

        Raises:
            AttributeError: no route has this.
        """
        with _BUILDING:
            given = self.__dict__.get("_given")
            if given is not None:
                self._given = None
                super().__init__(self.path, self.endpoint, **given)
            if name in self.__dict__:
                return self.__dict__[name]
        raise AttributeError(name)


class LateRoom(BaseRoute):
    """A room of which only the paths are known until somebody asks for something under them.

    ``at``: where its paths begin; each of them, and all below it, may be the room's. ``furnish``
    loads and returns it. What cannot be loaded now (no more files may be open) fails that request,
    and the next one tries again.
    """

    def __init__(self, *at: str, furnish: Callable[[], APIRouter]) -> None:
        self.at = at
        self._below = tuple(f"{path}/" for path in at)
        self._furnish = furnish

    @cached_property
    def routes(self) -> list[BaseRoute]:
        """The room's routes; whoever asks first has it furnished."""
        with _BUILDING:
            found: list[BaseRoute] | None = self.__dict__.get("routes")
            return self._furnish().routes if found is None else found

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say which of the room's routes takes this request; ``route`` in the scope names it."""
        path: str = scope["path"]
        if path not in self.at and not path.startswith(self._below):
            return Match.NONE, {}
        other_method: tuple[Match, Scope] = Match.NONE, {}
        for route in self.routes:
            match, found = route.matches(scope)
            if match is Match.FULL:
                return match, {**found, "route": route}
            if match is Match.PARTIAL and other_method[0] is Match.NONE:
                other_method = match, {**found, "route": route}
        return other_method

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what matched."""
        await scope["route"].handle(scope, receive, send)


class LateApp(FastAPI):
    """An application with late rooms; who asks for all its routes has every room furnished."""

    @property
    def routes(self) -> list[BaseRoute]:
        """Every route there is: for the API's document, and for tests."""
        known = self.router.routes
        if any(isinstance(route, LateRoom) for route in known):
            # A new list: another thread may be looking through the old one.
            self.router.routes = [
                one
                for route in known
                for one in (route.routes if isinstance(route, LateRoom) else [route])
            ]
        return self.router.routes
