"""What the platform sent down: where each dispatch stands, and what waits for a person."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, StringConstraints

from edge.core.claim import NOTE_LENGTH_MAX
from edge.core.errors import NotFound, Words
from edge.steps.collect import collect
from edge.store.announcements import AnnouncedRelease, announced, facility_standing
from edge.store.operators import Role, Scope
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require
from sync.errors import OutboxConflict
from sync.inbox import NOTE_MAX, PAGE_MAX, InboxState, Received

Reads = Annotated[Caller, Depends(require(Role.FINANCE, Role.SYSTEM_ADMINISTRATOR, Scope.READ))]
Acts = Annotated[Caller, Depends(require(Role.FINANCE, Role.SYSTEM_ADMINISTRATOR))]


class Aside(BaseModel):
    """How a dispatch that waits was dealt with outside this system."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    note: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, min_length=1, max_length=min(NOTE_LENGTH_MAX, NOTE_MAX)
        ),
    ]


class CollectedNow(BaseModel):
    """What one round did; ``refused`` is the code of why a page was not taken to its end."""

    new: int
    applied: int
    waiting: int
    refused: str | None


class Told(BaseModel):
    """What the platform said last of this facility, and which releases are out."""

    direct: bool | None
    suspended: bool | None
    since: datetime | None
    releases: tuple[AnnouncedRelease, ...]


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of the inbox."""
    routes = api_room("claims", at="/sync")
    site = desk.site

    @routes.get("/dispatches")
    def dispatches(
        _caller: Reads,
        state: InboxState | None = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
    ) -> list[Received]:
        """List the newest dispatches; their bodies may name persons and are not shown."""
        return list(site.inbox.page(site.store.read(), state=state, limit=limit))

    @routes.post("/dispatches/collection")
    def collection(_caller: Acts) -> CollectedNow:
        """Ask the platform at once, and apply what can be."""
        done = collect(site)
        desk.changed("claim", "all")
        refused = done.refused.code if done.refused else None
        return CollectedNow(
            new=done.new, applied=done.applied, waiting=done.waiting, refused=refused
        )

    @routes.post("/dispatches/{dispatch}/aside")
    def aside(caller: Acts, dispatch: str, given: Aside) -> Received:
        """Set aside a dispatch that waits: a person dealt with it."""
        _require_known(desk, dispatch)
        now = site.clock()
        with site.store.transaction() as db:
            done = site.inbox.set_aside(
                db, dispatch, note=given.note, operator=caller.name, now=now
            )
            site.ledger.enter(
                db, kind="dispatch.set_aside", operator=caller.name, subject=dispatch, now=now
            )
        return done

    _told(routes, desk)
    return routes


def _told(routes: APIRouter, desk: Desk) -> None:
    site = desk.site

    @routes.get("/announcements")
    def announcements(_caller: Reads) -> Told:
        """Say what the platform told of our agreement, and which catalogues and packs are out."""
        db = site.store.read()
        standing = facility_standing(db)
        known = frozenset((pack.region, pack.version) for pack in site.rulebook.packs)
        return Told(
            direct=standing.direct if standing else None,
            suspended=standing.suspended if standing else None,
            since=standing.since if standing else None,
            releases=announced(db, known),
        )


def _require_known(desk: Desk, dispatch: str) -> None:
    """Tell a dispatch that does not exist (404) from one whose state does not allow it (409)."""
    try:
        desk.site.inbox.get(desk.site.store.read(), dispatch)
    except OutboxConflict as missing:
        raise NotFound(
            missing.code,
            Words(missing.text, missing.text_en),
            Words(missing.next_action, missing.next_action_en),
            field="dispatch",
        ) from missing
