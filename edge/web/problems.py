"""Every error as ``application/problem+json`` (RFC 9457), or as a page for a person's browser.

Chooses the HTTP status, by the error's root; the words are the error's own.
"""

import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drivers.errors import CardFault, DriverError
from drivers.scan_errors import BadScan
from edge import codec
from edge.core.errors import BadInput, Conflict, EdgeError, Fault, NotAllowed, NotFound, Words
from edge.log import Log
from edge.web.look import Look
from edge.web.pace import TooFast
from sync.errors import CodeRefused, OutboxConflict, SyncError

MEDIA_TYPE = "application/problem+json"
LOGIN_PATH = "/login"
OWN_PASSWORD = "/password"  # noqa: S105 - the path of a page

STATUS_OF_ROOT: dict[type[Exception], int] = {
    BadInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    NotAllowed: HTTPStatus.FORBIDDEN,
    TooFast: HTTPStatus.TOO_MANY_REQUESTS,
    Fault: HTTPStatus.SERVICE_UNAVAILABLE,
    EdgeError: HTTPStatus.INTERNAL_SERVER_ERROR,
    OutboxConflict: HTTPStatus.CONFLICT,
    SyncError: HTTPStatus.SERVICE_UNAVAILABLE,
    CodeRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    CardFault: HTTPStatus.UNPROCESSABLE_ENTITY,
    BadScan: HTTPStatus.UNPROCESSABLE_ENTITY,
    DriverError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The nearest root in an error's line of descent decides."""

NOT_LOGGED_IN = frozenset({"LOGIN_REQUIRED", "LOGIN_FAILED"})
"""The codes of ``NotAllowed`` that mean "who are you?" (401) rather than "not you" (403)."""

NO_SPACE = frozenset({"DISK_FULL"})
"""The codes of ``Fault`` that are 507: only more space helps, and trying again does not."""

TITLES: dict[int, Words] = {
    400: Words("请求无效", "Bad request"),
    401: Words("请先登录", "Please log in"),
    403: Words("无权操作", "Not allowed"),
    404: Words("没有找到", "Not found"),
    405: Words("不支持的操作", "Method not allowed"),
    409: Words("当前状态不允许", "The state does not allow it"),
    413: Words("内容过大", "Too large"),
    415: Words("格式不支持", "Format not supported"),
    429: Words("请求过于频繁", "Too many calls"),
    422: Words("内容有误", "The content is wrong"),
    500: Words("本机发生意外错误", "Something unforeseen happened here"),
    503: Words("暂时无法服务", "Not available now"),
    507: Words("磁盘空间不足", "No space left"),
}

_PROBLEM_SCHEMA: dict[str, Any] = {
    "description": "Problem (RFC 9457)",
    "content": {
        MEDIA_TYPE: {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "code", "detail", "next_action"],
                "properties": {
                    "type": {"type": "string", "format": "uri"},
                    "status": {"type": "integer"},
                }
                | {
                    name: {"type": "string"}
                    for name in (
                        *("title", "code", "detail", "detail_en", "field"),
                        *("next_action", "next_action_en", "retry"),
                    )
                },
            }
        }
    },
}
OPENAPI_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": _PROBLEM_SCHEMA,
    "5XX": _PROBLEM_SCHEMA,
}
"""For ``FastAPI(responses=…)``, so that the OpenAPI page tells the truth about errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem document; ``detail`` is Chinese, ``field`` is empty when no field is to blame.

    ``retry`` is a driver's rule for trying again (drivers.errors.Retry), told only where it is one.
    """

    status: int
    code: str
    detail: str
    detail_en: str
    next_action: str
    next_action_en: str
    field: str = ""
    retry: str = ""
    headers: Mapping[str, str] | None = None

    @property
    def title(self) -> Words:
        """The short name of this kind of problem, the same for every occurrence."""
        return TITLES.get(self.status, TITLES[400 if self.status < 500 else 500])  # noqa: PLR2004 - HTTP's own border

    def document(self, **more: object) -> bytes:
        """Return the JSON body; ``more`` are extension members (RFC 9457 §3.2)."""
        members = asdict(self)
        del members["headers"]
        if not self.retry:
            del members["retry"]
        about = {"type": f"urn:edge:problem:{self.code}", "title": self.title.zh}
        return codec.encode(more | members | about)

    def response(self, **more: object) -> Response:
        """Return the answer for a program."""
        headers = dict(self.headers or {})
        return Response(self.document(**more), self.status, headers, media_type=MEDIA_TYPE)


def problem_of(error: Exception) -> Problem:
    """Turn any error into the problem that may be told; what is unforeseen tells nothing."""
    match error:
        case EdgeError():
            return _of_edge(error)
        case DriverError() | SyncError():
            return Problem(
                status=_status(error),
                code=error.code,
                detail=error.text,
                detail_en=error.text_en,
                next_action=error.next_action,
                next_action_en=error.next_action_en,
                field=getattr(error, "field", ""),
                retry=error.retry.value if isinstance(error, DriverError) else "",
            )
        case RequestValidationError():
            return _of_validation(error)
        case HTTPException(status_code=400):
            return _malformed()  # FastAPI says 400 of a body that is not even UTF-8
        case HTTPException():
            return _of_status(error.status_code, error.headers)
        case _:
            return _of_status(HTTPStatus.INTERNAL_SERVER_ERROR)


def answer_problems(app: FastAPI, look: Look) -> None:
    """Let every foreseen error leave the application as a problem.

    ``NothingLeaks`` (see ``edge.web.floor``) catches what is not foreseen.
    """

    async def answer(request: Request, error: Exception) -> Response:
        return _answer(request, problem_of(error), look)

    for root in (EdgeError, DriverError, SyncError, RequestValidationError, HTTPException):
        app.add_exception_handler(root, answer)


class NothingLeaks:
    """ASGI: what nobody foresaw becomes a 500 that tells nothing; the log gets type and place.

    The message of the error is kept out of the log too: it may quote an identity.
    """

    def __init__(self, app: ASGIApp, *, log: Log, look: Look) -> None:
        self._app = app
        self._log = log
        self._look = look

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        started = False

        async def noting_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting_send)
        except Exception as error:  # noqa: BLE001 - this is the last one who can catch it
            self._log.error("request.failed", error=type(error).__name__, place=_place(error))
            # Once a response has begun, leaving it unfinished makes the server drop the line.
            if scope["type"] == "http" and not started:
                answer = _answer(Request(scope), problem_of(error), self._look)
                await answer(scope, receive, send)


def _answer(request: Request, problem: Problem, look: Look) -> Response:
    if not _is_person(request):
        return problem.response()
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return RedirectResponse(LOGIN_PATH, HTTPStatus.SEE_OTHER)
    if problem.code == "PASSWORD_FOR_ONCE":
        return RedirectResponse(OWN_PASSWORD, HTTPStatus.SEE_OTHER)
    page = look.page(request, "problem.html", problem=problem)
    page.status_code = problem.status
    return page


def _is_person(request: Request) -> bool:
    accepts = request.headers.get("accept", "")
    return "text/html" in accepts and not request.url.path.startswith("/api/")


def _status(error: Exception) -> int:
    return next(STATUS_OF_ROOT[kind] for kind in type(error).__mro__ if kind in STATUS_OF_ROOT)


def _of_edge(error: EdgeError) -> Problem:
    status = _status_by_code(error.code) or _status(error)
    return Problem(
        status=status,
        code=error.code,
        detail=error.reason.zh,
        detail_en=error.reason.en,
        next_action=error.next_action.zh,
        next_action_en=error.next_action.en,
        field=error.field,
        headers=_headers(error, status),
    )


def _status_by_code(code: str) -> int:
    if code in NOT_LOGGED_IN:
        return HTTPStatus.UNAUTHORIZED
    return HTTPStatus.INSUFFICIENT_STORAGE if code in NO_SPACE else 0


def _headers(error: EdgeError, status: int) -> dict[str, str] | None:
    if isinstance(error, TooFast):
        return {"Retry-After": str(error.wait_s)}
    # RFC 9110 §11.6.1: a 401 says how one may come in.
    return {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None


def _of_validation(error: RequestValidationError) -> Problem:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return _malformed()
    return Problem(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code="BAD_FIELD",
        detail="该字段的内容不符合要求",
        detail_en=first["msg"],
        next_action="按接口文档改正该字段后重新提交",
        next_action_en="correct this field and send it again",
        field=_field_path(first["loc"]),
    )


def _malformed() -> Problem:
    return Problem(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code="MALFORMED_JSON",
        detail="提交的内容不是有效的 JSON",
        detail_en="the body is not valid JSON",
        next_action="按接口文档改正后重新提交",
        next_action_en="correct the body and send it again",
    )


def _field_path(place: tuple[int | str, ...]) -> str:
    """Write ``("body", "lines", 3, "price")`` as the caller would: ``lines[3].price``."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place[1:])
    return path.removeprefix(".")


def _of_status(status: int, headers: Mapping[str, str] | None = None) -> Problem:
    code, detail, advice = _BY_STATUS.get(status) or _BY_STATUS[400 if status < 500 else 500]  # noqa: PLR2004 - HTTP's own border
    return Problem(
        status=status,
        code=code,
        detail=detail.zh,
        detail_en=detail.en,
        next_action=advice.zh,
        next_action_en=advice.en,
        headers=headers,
    )


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


_LOOK_UP = Words("对照接口文档检查请求", "compare the request with the API page")
_BY_STATUS: dict[int, tuple[str, Words, Words]] = {
    400: ("BAD_REQUEST", Words("请求无法读懂", "the request cannot be read"), _LOOK_UP),
    404: ("NOT_FOUND", Words("没有这个地址", "there is nothing at this address"), _LOOK_UP),
    405: (
        "METHOD_NOT_ALLOWED",
        Words("该地址不支持此方法", "this address does not know this method"),
        _LOOK_UP,
    ),
    413: (
        "BODY_TOO_LARGE",
        Words("提交的内容超过上限", "what was sent is over the limit"),
        Words("分批提交", "send it in parts"),
    ),
    415: (
        "NOT_JSON",
        Words("此处不接受这种内容类型", "this kind of content is not taken here"),
        Words(
            "以 Content-Type: application/json 提交；费用明细也可用 text/csv 或 XLSX 的类型",
            "send it as application/json; charges may also come as text/csv or XLSX",
        ),
    ),
    500: (
        "INTERNAL",
        Words("本机发生意外错误，已记入日志", "something unforeseen happened; it is in the log"),
        Words(
            "重新查询办理结果后再试；仍然如此请联系信息科",
            "look up the outcome before trying again; then call the IT office",
        ),
    ),
}
