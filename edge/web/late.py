"""Endpoints that are built when they are first asked for, not when the service starts.

FastAPI reads an endpoint's signature and makes validators of all its models at once: for some two
hundred endpoints half a second of each start, and 5 MB for what a desk mostly never calls. Knows
no endpoint.
"""

from collections.abc import Callable
from threading import RLock
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import Match, compile_path
from starlette.types import Scope

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
