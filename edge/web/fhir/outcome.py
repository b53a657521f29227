"""Every refusal as an OperationOutcome, with the status that the API would give."""

from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from drivers.errors import DriverError
from edge.core.charges import RefusedLine
from edge.core.errors import EdgeError, Words
from edge.core.settlement import Blocked
from edge.web.fhir.resources import written
from edge.web.fhir.words import CODE, MEDIA_TYPE, Json, concept
from edge.web.late import LateRoute
from edge.web.problems import Problem, problem_of
from sync.errors import SyncError

_ISSUE = {
    HTTPStatus.UNAUTHORIZED: "login",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.CONFLICT: "business-rule",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-long",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "not-supported",
    HTTPStatus.UNPROCESSABLE_ENTITY: "invalid",
    HTTPStatus.TOO_MANY_REQUESTS: "throttled",
    HTTPStatus.SERVICE_UNAVAILABLE: "transient",
    HTTPStatus.INSUFFICIENT_STORAGE: "no-store",
}


class FhirRoute(LateRoute):
    """A call whose errors leave as OperationOutcome."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the call."""
        call = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await call(request)
            except (
                EdgeError,
                DriverError,
                SyncError,
                RequestValidationError,
                HTTPException,
            ) as wrong:
                return of_problem(problem_of(wrong))

        return answered


def of_problem(problem: Problem, contained: Json | None = None) -> Response:
    """Return a problem of the API as FHIR tells it."""
    issue = _issue(
        _ISSUE.get(HTTPStatus(problem.status), "exception"),
        problem.code,
        Words(problem.detail, problem.detail_en),
        Words(problem.next_action, problem.next_action_en),
        problem.field,
    )
    outcome = _outcome([issue]) | ({"contained": [contained]} if contained else {})
    return answer(outcome, problem.status, headers=problem.headers)


def of_blocks(blocked: Blocked) -> Response:
    """Return all that is in the way of a settlement."""
    issues = [
        _issue("business-rule", one.code, one.reason, one.next_action) for one in blocked.blocks
    ]
    return answer(_outcome(issues), HTTPStatus.CONFLICT)


def of_lines(refused: tuple[RefusedLine, ...], paths: dict[str, str]) -> Response:
    """Return the lines that cannot stand; they are kept, to be mended under their ids."""
    issues = [
        _issue("business-rule", one.code, Words(one.text, one.text_en), _MEND, paths[one.id])
        for one in refused
    ]
    return answer(_outcome(issues), HTTPStatus.CONFLICT)


def answer(
    resource: Json, status: int = HTTPStatus.OK, *, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a resource."""
    return Response(written(resource), status, headers=headers, media_type=MEDIA_TYPE)


def _outcome(issues: list[Json]) -> Json:
    return {"resourceType": "OperationOutcome", "issue": issues}


def _issue(kind: str, code: str, reason: Words, advice: Words, path: str = "") -> Json:
    said = concept(CODE, code) | {"text": f"{reason.zh} / {reason.en}"}
    issue: Json = {
        "severity": "error",
        "code": kind,
        "details": said,
        "diagnostics": f"{advice.zh} / {advice.en}",
    }
    return issue | ({"expression": [path]} if path else {})


_MEND = Words("改正该明细后以同一编号重发", "correct the line and send it again under its id")
