"""Coming in and going out: the login page and its two calls. Decides no rights (`security`)."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from edge.core.errors import BadInput, NotAllowed, Words
from edge.log import Log
from edge.store.ledger import Ledger
from edge.store.names import NAME_LENGTH_MAX, unknown_desk
from edge.store.operators import (
    Operator,
    Session,
    change_password,
    close_session,
    new_password_hash,
    open_session,
)
from edge.store.proofs import Proofs, standing_of
from edge.web.late import LateRoute
from edge.web.look import Look
from edge.web.problems import LOGIN_PATH, OPENAPI_RESPONSES, OWN_PASSWORD
from edge.web.security import Guard, json_only


class Credentials(BaseModel):
    """What is typed at login; ``desk`` may stay empty for roles that sit at none.

    ``code`` is what an authenticator shows: administrators have one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(max_length=NAME_LENGTH_MAX)
    password: SecretStr
    desk: str = Field(default="", max_length=NAME_LENGTH_MAX)
    code: str = Field(default="", max_length=16)


class NewPassword(BaseModel):
    """The present password, and the one that takes its place."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    password: SecretStr
    new_password: SecretStr


class Welcome(BaseModel):
    """Who came in, as what, and where.

    With ``must_change`` nothing can be done before ``POST /api/v1/password``.
    """

    name: str
    role: str
    desk: str
    must_change: bool


def login_router(guard: Guard, proofs: Proofs, look: Look, log: Log) -> APIRouter:
    """Return the router of the two pages, and of ``login``, ``logout`` and ``password``."""
    router = APIRouter(
        dependencies=[Depends(json_only)], responses=OPENAPI_RESPONSES, route_class=LateRoute
    )

    _pages(router, guard, look)

    @router.post("/api/v1/login")
    def log_in(request: Request, response: Response, given: Credentials) -> Welcome:
        """Open a session under a fresh token; an older one of this browser ends."""
        guard.require_same_origin(request)
        guard.require_patience(request)
        _require_known_desk(given.desk, guard.address.desks)
        operator = proofs.at_login(given.name, given.password.get_secret_value(), given.code)
        if operator is None:
            log.warning("login.refused", desk=given.desk)
            raise _login_failed()
        guard.hand_over(response, _begin(guard, proofs.ledger, request, operator, given.desk))
        return Welcome(
            name=operator.name,
            role=operator.role.value,
            desk=given.desk,
            must_change=standing_of(guard.store.read(), operator.id, at=guard.clock()).must_change,
        )

    @router.post("/api/v1/logout", status_code=204)
    def log_out(request: Request, response: Response) -> None:
        """End the session, if there is one, and take the cookie away."""
        guard.require_same_origin(request)
        session = guard.session_of(request)
        if session:
            _leave(guard, proofs.ledger, request, session)
        guard.hand_over(response, "")

    @router.post("/api/v1/password", status_code=204)
    def password(request: Request, response: Response, given: NewPassword) -> None:
        """Change one's own password; every session of the account ends, this one too."""
        guard.require_same_origin(request)
        guard.require_patience(request)
        session = guard.required_session_of(request)
        _change(proofs, session.operator, given)
        guard.hand_over(response, "")

    return router


def _pages(router: APIRouter, guard: Guard, look: Look) -> None:
    @router.get(LOGIN_PATH, response_class=HTMLResponse, include_in_schema=False)
    def login_page(request: Request) -> HTMLResponse:
        """Ask for name, password and desk."""
        return look.page(request, "login.html", desks=guard.address.desks)

    @router.get(OWN_PASSWORD, response_class=HTMLResponse, include_in_schema=False)
    def password_page(request: Request) -> HTMLResponse:
        """Ask for a password of one's own."""
        session = guard.required_session_of(request)
        return look.page(request, "password.html", for_once=session.must_change)


def _change(proofs: Proofs, operator: Operator, given: NewPassword) -> None:
    proofs.required(operator.name, given.password.get_secret_value())
    if given.new_password == given.password:
        raise _same_password()
    hashed = new_password_hash(given.new_password.get_secret_value())
    with proofs.store.transaction() as db:
        change_password(db, operator, password_hash=hashed)
        proofs.ledger.enter(
            db,
            kind="operator.password_changed",
            operator=operator.name,
            subject=operator.id,
            now=proofs.clock(),
        )


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
        raise unknown_desk(desk)


def _login_failed() -> NotAllowed:
    # One sentence for every cause: a stranger must not learn which accounts exist.
    return NotAllowed(
        "LOGIN_FAILED",
        Words(
            "账号、密码或动态口令不正确，或账号已停用或锁定",
            "wrong account, password or code, or the account is disabled or locked",
        ),
        Words(
            "核对后重新输入；连续错误 5 次锁定 30 分钟，可请安全管理员解锁",
            "check all three; five failures lock for 30 minutes, an administrator unlocks",
        ),
    )


def _same_password() -> BadInput:
    return BadInput(
        "PASSWORD_SAME",
        Words("新密码与当前密码相同", "the new password is the present one"),
        Words("换一个密码", "choose another password"),
        field="new_password",
    )
