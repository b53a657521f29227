"""A person's whole number, for a short time, to who proves themselves and says why."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, SecretStr

from edge.core.cases import CaseKind, CaseRef
from edge.steps.reveal import Ground, Request, reveal
from edge.store.operators import Role
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require

RevealsStay = Annotated[Caller, Depends(require(Role.ADMISSION, Role.DISCHARGE, Role.FINANCE))]
RevealsFitting = Annotated[Caller, Depends(require(Role.FITTING, Role.FINANCE))]


class RevealForm(BaseModel):
    """Why, and the caller's own password again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ground: Ground
    password: SecretStr


class IdentityShown(BaseModel):
    """The person in full, to be taken from the screen at ``shown_until``."""

    name: str
    id_number: str
    shown_until: datetime


def router(desk: Desk) -> APIRouter:
    """Return the endpoints."""
    routes = api_room("identities")

    @routes.post("/stays/{stay}/identity")
    def of_stay(caller: RevealsStay, stay: str, given: RevealForm) -> IdentityShown:
        """Show whom a stay is about; hospital systems have their own patients' numbers."""
        return _shown(desk, caller, CaseRef(CaseKind.STAY, stay), given)

    @routes.post("/fittings/{fitting}/identity")
    def of_fitting(caller: RevealsFitting, fitting: str, given: RevealForm) -> IdentityShown:
        """Show whom a fitting is about."""
        return _shown(desk, caller, CaseRef(CaseKind.FITTING, fitting), given)

    return routes


def _shown(desk: Desk, caller: Caller, case: CaseRef, given: RevealForm) -> IdentityShown:
    site = desk.site
    request = Request(case=case, ground=given.ground, password=given.password.get_secret_value())
    shown = reveal(site, request, caller.name)
    until = desk.reveals.show(
        (caller.name, caller.desk),
        shown.person,
        now=site.clock(),
        seconds=site.settings.identities.reveal_s,
    )
    return IdentityShown(
        name=shown.identity.name, id_number=shown.identity.number, shown_until=until
    )
