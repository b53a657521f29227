"""Who is asking, and whether they may: a session's cookie or a hospital system's token.

Chooses no status and knows no endpoint: each endpoint names its roles and scopes by ``require``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from edge.clock import Clock
from edge.core.errors import Fault, NotAllowed, Words
from edge.store.database import Store
from edge.store.operators import (
    SESSION_LIFE_MAX,
    Role,
    Scope,
    Session,
    note_session,
    session_of,
)
from edge.store.tokens import token_of
from edge.web.pace import LOGINS_PER_MIN, Pace

Grant = Role | Scope

BACKGROUND = "edge-background"
"""The header by which a page says that nobody pressed anything: a hint made it fetch.

Neither such a fetch nor an event stream keeps a session alive: an unattended page must end.
"""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """How this site is reached: exact host names without ports, and whether over TLS.

    ``desks`` are the desks an operator may choose at login; empty means any name.
    """

    hosts: frozenset[str]
    tls: bool
    desks: tuple[str, ...] = ()

    @property
    def scheme(self) -> str:
        """``https``, or ``http`` on loopback only."""
        return "https" if self.tls else "http"

    @property
    def cookie(self) -> str:
        """The session cookie's name: browsers take the ``__Host-`` prefix over TLS only."""
        return "__Host-edge" if self.tls else "edge_session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is asking: an operator with one role, or a hospital system with its scopes.

    ``desk`` is where the operator sits, or to which the system is bound; empty for neither.
    ``since`` is when the operator logged in: the shift.
    """

    name: str
    grants: frozenset[Grant]
    desk: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """Knows callers by what their requests carry."""

    store: Store
    clock: Clock
    address: Address
    pace: Pace = field(default_factory=Pace)
    unnoted: dict[bytes, datetime] = field(default_factory=dict)
    """When sessions were used last while the disk took no note of it: they live on all the same."""

    def caller_of(self, request: Request) -> Caller:
        """Return who is asking; a token counts before a cookie.

        Raises:
            NotAllowed: LOGIN_REQUIRED (no session, token unknown, ended or past its last day),
                WRONG_ORIGIN, PASSWORD_FOR_ONCE, TOO_MANY_CALLS (a token over its pace).
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme:
            return self._system(token.strip() if scheme.lower() == "bearer" else "")
        session = self.session_of(request)
        if session is None:
            raise _login_required()
        if request.method not in _SAFE_METHODS:
            self.require_same_origin(request)
        if session.must_change:
            raise _password_is_for_once()
        return Caller(
            name=session.operator.name,
            grants=frozenset({session.operator.role}),
            desk=session.desk,
            since=session.opened_at,
        )

    def session_of(self, request: Request) -> Session | None:
        """Return the live session of the request's cookie; acting by hand keeps it alive."""
        now = self.clock()
        session = session_of(self.store.read(), self.token_in(request), at=now, used=self.unnoted)
        if session and session.needs_noting(now) and not _is_background(request):
            self._note(session, now)
        return session

    def _note(self, session: Session, now: datetime) -> None:
        try:
            with self.store.transaction() as db:
                note_session(db, session, at=now)
        except Fault:
            if self.store.trouble is None:
                raise
            self.unnoted[session.token_hash] = now  # nobody can log in meanwhile: never many
        else:
            self.unnoted.clear()

    def required_session_of(self, request: Request) -> Session:
        """Return the request's session.

        Raises:
            NotAllowed: LOGIN_REQUIRED.
        """
        session = self.session_of(request)
        if session is None:
            raise _login_required()
        return session

    def token_in(self, request: Request) -> str:
        """Return the session token that the request's cookie carries, or an empty string."""
        return request.cookies.get(self.address.cookie, "")

    def require_same_origin(self, request: Request) -> None:
        """Refuse what another site's page made the browser send (OWASP: CSRF, fetch metadata).

        Each of Origin and Sec-Fetch-Site that is there must be good, and one must be there.

        Raises:
            NotAllowed: WRONG_ORIGIN.
        """
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site")
        # The Host was checked against the list before; its port tells our origin from a neighbour.
        ours = f"{self.address.scheme}://{request.headers.get('host', '')}"
        if (origin or site) and origin in {None, ours} and site in {None, "same-origin"}:
            return
        raise NotAllowed(
            "WRONG_ORIGIN",
            Words("请求不是从本系统的页面发出的", "the request does not come from our own page"),
            Words("从本系统页面重新操作", "do it again from our own page"),
        )

    def require_patience(self, request: Request) -> None:
        """Refuse an address that tries to log in too often.

        Raises:
            NotAllowed: TOO_MANY_CALLS.
        """
        address = request.client.host if request.client else ""
        self.pace.take(f"login {address}", LOGINS_PER_MIN)

    def hand_over(self, response: Response, token: str) -> None:
        """Give the browser its session cookie; an empty ``token`` takes it away."""
        response.set_cookie(
            self.address.cookie,
            token,
            max_age=int(SESSION_LIFE_MAX.total_seconds()) if token else 0,
            path="/",
            secure=self.address.tls,
            httponly=True,
            samesite="strict",
        )

    def _system(self, token: str) -> Caller:
        known = token_of(self.store.read(), token, at=self.clock())
        if known is None:
            raise _login_required()
        self.pace.take(f"token {known.id}", known.calls_per_min)
        return Caller(name=known.name, grants=frozenset(known.scopes), desk=known.desk)


@dataclass(frozen=True, slots=True)
class Permit:
    """A dependency that lets only holders of one of ``grants`` through; see ``require``."""

    grants: frozenset[Grant]

    def __call__(self, request: Request) -> Caller:
        """Return the caller.

        Raises:
            NotAllowed: as ``Guard.caller_of``, and GRANT_MISSING.
        """
        caller = caller_of(request)
        require_grant(caller, *self.grants)
        return caller


def require_grant(caller: Caller, *grants: Grant) -> None:
    """Refuse a caller who holds none of ``grants``.

    Raises:
        NotAllowed: GRANT_MISSING.
    """
    if not caller.grants.intersection(grants):
        raise NotAllowed(
            "GRANT_MISSING",
            Words("当前账号无权办理此项业务", "this account may not do this"),
            Words(
                "由有权限的人员办理，或请安全管理员授权",
                "ask someone who may, or the security administrator",
            ),
        )


def post_guard(app: FastAPI, guard: Guard) -> None:
    """Let the application's endpoints find their guard."""
    app.state.guard = guard


def guard_of(request: Request) -> Guard:
    """Return the guard of the application that serves this request."""
    guard: Guard = request.app.state.guard
    return guard


def caller_of(request: Request) -> Caller:
    """Depend on this where anybody who is logged in may come (see ``Guard.caller_of``)."""
    return guard_of(request).caller_of(request)


def require(*grants: Grant) -> Callable[[Request], Caller]:
    """Depend on this where only some may come: operators by role, hospital systems by scope."""
    return Permit(frozenset(grants))


async def json_only(request: Request) -> None:
    """Refuse a body that does not call itself JSON: no form of another site can.

    Give it to a room (see ``rooms``).

    Raises:
        HTTPException: 415.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"", "application/json"} or (not kind and _has_body(request)):
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


AnyCaller = Annotated[Caller, Depends(caller_of)]


def _has_body(request: Request) -> bool:
    headers = request.headers
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _is_background(request: Request) -> bool:
    return BACKGROUND in request.headers or request.headers.get("accept") == "text/event-stream"


def _login_required() -> NotAllowed:
    return NotAllowed(
        "LOGIN_REQUIRED",
        Words("尚未登录，或登录已超时", "not logged in, or the session has ended"),
        Words("请重新登录；接口请检查令牌", "log in again; systems: check the token"),
    )


def _password_is_for_once() -> NotAllowed:
    return NotAllowed(
        "PASSWORD_FOR_ONCE",
        Words(
            "当前密码由管理员设置，只用于首次登录",
            "this password was given by an administrator, for one login",
        ),
        Words("先设置本人的密码", "choose a password of your own first"),
    )
