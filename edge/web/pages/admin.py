"""What administrators keep: accounts, tokens, desks, catalogues, packs, backups, certificates.

Security sees who may come in, IT what the site runs on. No case and no identity.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from edge.core.catalogue import Insurance
from edge.core.rules import Pack
from edge.site import Site
from edge.steps.keep_accounts import Cause
from edge.store.catalogues import held_versions
from edge.store.keys import ages, key_store_of
from edge.store.names import unknown_name
from edge.store.operators import DESK_ROLES, Role, Scope
from edge.store.tokens import CALLS_PER_MIN
from edge.trust.certificates import told_by
from edge.trust.tls import ALARM_BEFORE, papers_of
from edge.web.api.accounts import AccountNow, Sees, accounts_now
from edge.web.api.catalogues import Imports
from edge.web.api.tokens import tokens_now
from edge.web.api.upkeep import backups_now
from edge.web.pages.frame import Screen
from edge.web.rooms import pages_room
from edge.web.security import Caller

ROWS_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A certificate and when it ends; ``ends_at`` None: it cannot be read."""

    name: str
    ends_at: datetime | None
    soon: bool


def router(screen: Screen) -> APIRouter:
    """Return the page, that of one account, and that of one upload."""
    routes = pages_room()
    _admin(routes, screen)
    _account(routes, screen)
    _upload(routes, screen)
    return routes


def _admin(routes: APIRouter, screen: Screen) -> None:
    site = screen.desk.site

    @routes.get("/admin")
    def admin(request: Request, caller: Sees) -> HTMLResponse:
        """Show accounts and tokens to security, what the site runs on to IT."""
        security = _is_security(caller)
        return screen.page(
            request,
            caller,
            "admin.html",
            security=security,
            people=accounts_now(site, caller),
            roles=tuple(Role),
            causes=tuple(Cause),
            scopes=tuple(Scope),
            pace=CALLS_PER_MIN,
            tokens=tokens_now(site) if security else [],
            desks=site.settings.desks,
            catalogues=held_versions(site.store.read()),
            lists=tuple(Insurance),
            packs=_files(site.rulebook.packs),
            backups=backups_now(site),
            ends=ends(site),
            keys=ages(key_store_of(site.settings)),
        )


def _account(routes: APIRouter, screen: Screen) -> None:
    site = screen.desk.site

    @routes.get("/admin/accounts/{account}")
    def account(request: Request, caller: Sees, account: str) -> HTMLResponse:
        """Show one account and what may be done to it."""
        one = _the_one(accounts_now(site, caller), account)
        return screen.page(
            request,
            caller,
            "account.html",
            one=one,
            own=one.name == caller.name,
            security=_is_security(caller),
            equips=_is_security(caller) or one.role is Role.SECURITY_ADMINISTRATOR,
            moves=sorted(DESK_ROLES - {one.role}, key=list(Role).index)
            if one.role in DESK_ROLES
            else [],
            causes=tuple(Cause),
        )


def _upload(routes: APIRouter, screen: Screen) -> None:
    desk = screen.desk

    @routes.get("/admin/uploads/{upload}")
    def upload(request: Request, caller: Imports, upload: str) -> HTMLResponse:
        """Show what an uploaded catalogue changes, and ask for a yes."""
        kept = desk.uploads.of(upload, caller.name, now=desk.site.clock())
        return screen.page(
            request, caller, "upload.html", upload=kept, report=kept.report, shown=ROWS_SHOWN
        )


def ends(site: Site) -> list[End]:
    """Return the certificates that the site holds and when each ends."""
    papers, platform = papers_of(site.settings), site.settings.platform
    held = {
        "server": papers.certificate if papers else None,
        "ca": papers.ca if papers else None,
        "platform.client_certificate": platform.client_certificate,
    }
    now = site.clock()
    found = []
    for name, path in held.items():
        if path is None:
            continue
        try:
            ends_at = told_by(path.read_bytes()).ends_at
        except (OSError, ValueError):
            ends_at = None
        soon = ends_at is None or ends_at - now < ALARM_BEFORE
        found.append(End(name=name, ends_at=ends_at, soon=soon))
    return found


def _files(packs: Sequence[Pack]) -> list[Pack]:
    """Return each file of rules once: one that serves both scopes is two packs."""
    return list({pack.sha256: pack for pack in packs}.values())


def _is_security(caller: Caller) -> bool:
    return Role.SECURITY_ADMINISTRATOR in caller.grants


def _the_one(people: Sequence[AccountNow], account: str) -> AccountNow:
    found = next((one for one in people if one.id == account), None)
    if found is None:
        raise unknown_name(account)
    return found
