"""Accounts over HTTP: invited, moved, dismissed, unlocked, given passwords and authenticators.

What gives somebody power asks for the caller's own password again; what takes it, for a cause.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from edge.documents import qr_svg
from edge.site import Site
from edge.steps.keep_accounts import (
    Cause,
    account_named_by,
    accounts,
    assign,
    confirm_factor,
    dismiss,
    invite,
    offer_factor,
    reset_password,
    send_out,
    unlock,
)
from edge.store.operators import ADMINISTRATORS, Role
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require

Sees = Annotated[Caller, Depends(require(*ADMINISTRATORS))]
Keeps = Annotated[Caller, Depends(require(Role.SECURITY_ADMINISTRATOR))]
Equips = Annotated[Caller, Depends(require(*ADMINISTRATORS))]
"""Whose authenticator an administrator may renew is the step's to say."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Again(_Body):
    """The caller's own password, typed again."""

    password: SecretStr


class AccountForm(Again):
    """A new account; the caller's own password again."""

    name: str = Field(min_length=1, max_length=40)
    role: Role


class RoleForm(Again):
    """Another role of the desk; the caller's own password again."""

    role: Role


class CauseForm(_Body):
    """Why something is taken from somebody."""

    cause: Cause


class CodeForm(_Body):
    """What the new authenticator shows."""

    code: str = Field(min_length=6, max_length=16)


class AccountNow(BaseModel):
    """One account: who, as what, and how it stands."""

    id: str
    name: str
    role: Role
    locked_until: datetime | None
    second_factor: bool
    must_change: bool
    sessions: int


class FirstPassword(BaseModel):
    """An account and the password for its next login, to be seen this once."""

    id: str
    name: str
    role: Role
    first_password: str


class PasswordForOnce(BaseModel):
    """A password for the next login alone, to be seen this once."""

    first_password: str


class FactorOffered(BaseModel):
    """A second factor that counts once confirmed, to be seen this once.

    ``qr`` is ``address`` as a QR code, an SVG; ``secret`` is what is typed where none is scanned.
    """

    address: str
    secret: str
    qr: str


class Ended(BaseModel):
    """How many sessions were ended."""

    sessions: int


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of accounts."""
    routes = api_room("accounts")
    _keeping(routes, desk.site)
    _taking(routes, desk.site)
    _proving(routes, desk.site)
    return routes


def _keeping(routes: APIRouter, site: Site) -> None:
    @routes.get("/accounts")
    def listed(caller: Sees) -> list[AccountNow]:
        """List who may come in, by name; IT sees those whose authenticator it may renew."""
        return accounts_now(site, caller)

    @routes.post("/accounts", status_code=HTTPStatus.CREATED)
    def add(caller: Keeps, given: AccountForm) -> FirstPassword:
        """Make an account; the answer's password is for the first login alone, seen this once."""
        prove(site, caller, given.password)
        made = invite(site, given.name, given.role, by=caller.name)
        who = made.operator
        return FirstPassword(id=who.id, name=who.name, role=who.role, first_password=made.password)

    @routes.post("/accounts/{account}/role", status_code=HTTPStatus.NO_CONTENT)
    def role(caller: Keeps, account: str, given: RoleForm) -> None:
        """Give an account of the desk another role of the desk; its sessions end."""
        prove(site, caller, given.password)
        assign(site, account_named_by(site, account), given.role, by=caller.name)


def _taking(routes: APIRouter, site: Site) -> None:
    @routes.post("/accounts/{account}/unlocking", status_code=HTTPStatus.NO_CONTENT)
    def unlocking(caller: Keeps, account: str, given: CauseForm) -> None:
        """End a lock before its time."""
        unlock(site, account_named_by(site, account), by=caller.name, cause=given.cause)

    @routes.post("/accounts/{account}/ending", status_code=HTTPStatus.NO_CONTENT)
    def ending(caller: Keeps, account: str, given: CauseForm) -> None:
        """End an account and its sessions at once; its name is never given again."""
        dismiss(site, account_named_by(site, account), by=caller.name, cause=given.cause)

    @routes.post("/accounts/{account}/sessions/ending")
    def sessions(caller: Keeps, account: str, given: CauseForm) -> Ended:
        """End every session of an account; it may log in again."""
        name = account_named_by(site, account)
        return Ended(sessions=send_out(site, name, by=caller.name, cause=given.cause))


def _proving(routes: APIRouter, site: Site) -> None:
    @routes.post("/accounts/{account}/password")
    def password(caller: Keeps, account: str, given: Again) -> PasswordForOnce:
        """Replace a forgotten password by one for the next login alone, seen this once."""
        prove(site, caller, given.password)
        made = reset_password(site, account_named_by(site, account), by=caller.name)
        return PasswordForOnce(first_password=made)

    @routes.post("/accounts/{account}/second-factor")
    def factor(caller: Equips, account: str, given: Again) -> FactorOffered:
        """Make an authenticator's secret, seen this once; it counts once a code confirms it."""
        prove(site, caller, given.password)
        address = offer_factor(site, account_named_by(site, account), by=caller.name)
        secret = address.partition("secret=")[2].partition("&")[0]
        return FactorOffered(address=address, secret=secret, qr=qr_svg(address))

    @routes.post(
        "/accounts/{account}/second-factor/confirmation", status_code=HTTPStatus.NO_CONTENT
    )
    def confirmation(caller: Equips, account: str, given: CodeForm) -> None:
        """Put the secret in force by a code that its owner reads out; sessions end."""
        confirm_factor(site, account_named_by(site, account), given.code, by=caller.name)


def prove(site: Site, caller: Caller, password: SecretStr) -> None:
    """Let the caller prove themselves again.

    Raises:
        NotAllowed: REAUTHENTICATION_FAILED.
        Fault: LOGIN_BUSY.
    """
    site.proofs().required(caller.name, password.get_secret_value())


def accounts_now(site: Site, caller: Caller) -> list[AccountNow]:
    """Return every account that concerns the caller, as it stands."""
    all_of_them = Role.SECURITY_ADMINISTRATOR in caller.grants
    return [
        AccountNow(
            id=who.id,
            name=who.name,
            role=who.role,
            locked_until=standing.locked_until,
            second_factor=standing.second_factor,
            must_change=standing.must_change,
            sessions=standing.sessions,
        )
        for who, standing in accounts(site)
        if all_of_them or who.role is Role.SECURITY_ADMINISTRATOR
    ]
