"""Coming in and going out: the login page and its two calls. Decides no rights (`security`)."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from edge.core.errors import BadInput, NotAllowed, Words
from edge.log import Log
from edge.store.ledger import Ledger
from edge.store.operators import (
    NAME_LENGTH_MAX,
    Operator,
    Session,
    check_password,
    close_session,
    open_session,
)
from edge.web.look import Look
from edge.web.problems import LOGIN_PATH
from edge.web.security import Guard, json_only


class Credentials(BaseModel):
    """What is typed at login; ``desk`` may stay empty for roles that sit at none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(max_length=NAME_LENGTH_MAX)
    password: SecretStr
    desk: str = Field(default="", max_length=NAME_LENGTH_MAX)


class Welcome(BaseModel):
    """Who came in, as what, and where."""

    name: str
    role: str
    desk: str


def login_router(guard: Guard, ledger: Ledger, look: Look, log: Log) -> APIRouter:
    """Return the router of the login page, ``POST /api/v1/login`` and ``POST /api/v1/logout``."""
    router = APIRouter(dependencies=[Depends(json_only)])

    @router.get(LOGIN_PATH, response_class=HTMLResponse, include_in_schema=False)
    def login_page(request: Request) -> HTMLResponse:
        """Ask for name, password and desk."""
        return look.page(request, "login.html", desks=guard.address.desks)

    @router.post("/api/v1/login")
    def log_in(request: Request, response: Response, given: Credentials) -> Welcome:
        """Open a session under a fresh token; an older one of this browser ends."""
        guard.require_same_origin(request)
        _require_known_desk(given.desk, guard.address.desks)
        operator = check_password(guard.store.read(), given.name, given.password.get_secret_value())
        if operator is None:
            log.warning("login.refused", desk=given.desk)
            raise _login_failed()
        guard.hand_over(response, _begin(guard, ledger, request, operator, given.desk))
        return Welcome(name=operator.name, role=operator.role.value, desk=given.desk)

    @router.post("/api/v1/logout", status_code=204)
    def log_out(request: Request, response: Response) -> None:
        """End the session, if there is one, and take the cookie away."""
        guard.require_same_origin(request)
        session = guard.session_of(request)
        if session:
            _leave(guard, ledger, request, session)
        guard.hand_over(response, "")

    return router


def _begin(guard: Guard, ledger: Ledger, request: Request, operator: Operator, desk: str) -> str:
    now = guard.clock()
    with guard.store.transaction() as db:
        close_session(db, guard.token_in(request))
        token = open_session(db, operator, desk, at=now)
        ledger.enter(
            db,
            kind="operator.logged_in",
            operator=operator.name,
            subject=operator.id,
            now=now,
            desk=desk,
        )
    return token


def _leave(guard: Guard, ledger: Ledger, request: Request, session: Session) -> None:
    with guard.store.transaction() as db:
        close_session(db, guard.token_in(request))
        ledger.enter(
            db,
            kind="operator.logged_out",
            operator=session.operator.name,
            subject=session.operator.id,
            now=guard.clock(),
            desk=session.desk,
        )


def _require_known_desk(desk: str, desks: tuple[str, ...]) -> None:
    if desk and desks and desk not in desks:
        raise BadInput(
            "DESK_UNKNOWN",
            Words(f"本院没有窗口“{desk}”", f"there is no desk {desk!r} here"),
            Words("选择登记过的窗口", "choose a registered desk"),
            field="desk",
        )


def _login_failed() -> NotAllowed:
    # One sentence for every cause: a stranger must not learn which accounts exist.
    return NotAllowed(
        "LOGIN_FAILED",
        Words("账号或密码不正确，或账号已停用", "wrong account or password, or it is disabled"),
        Words("核对后重新输入；忘记密码请找系统管理员", "check both; ask the administrator"),
    )
