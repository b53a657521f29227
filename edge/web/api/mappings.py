"""What the hospital's own codes mean in the catalogues: said, and shown with its history."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from edge import codec
from edge.core.catalogue import Insurance
from edge.steps.map_codes import MEANINGS_MAX, map_codes
from edge.store.code_mappings import Meaning, said_last
from edge.store.operators import Role, Scope
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require

Maps = Annotated[Caller, Depends(require(Role.FINANCE))]
Reads = Annotated[Caller, Depends(require(Role.FINANCE, Role.DISCHARGE, Scope.READ))]

PAGE_MAX = 1000
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^\S+$")]


class MeaningForm(BaseModel):
    """One meaning; without ``catalogue_code`` the hospital's code means nothing any more."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hospital_code: Code
    catalogue_code: Code | None
    valid_from: date
    valid_to: date | None = None


class MappingForm(BaseModel):
    """Meanings in a region's catalogue; ``dry_run`` only tells what they would change.

    They are of the list of that ``insurance``; left out, of each of the region's lists.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: Annotated[str, StringConstraints(max_length=6)]
    insurance: Insurance | None = None
    mappings: list[MeaningForm] = Field(max_length=MEANINGS_MAX)
    dry_run: bool = False


class ChangeNow(BaseModel):
    """A meaning that is new; ``before`` is what the code meant on its first day until now."""

    hospital_code: str
    catalogue_code: str | None
    valid_from: date
    valid_to: date | None
    before: str | None


class MappedNow(BaseModel):
    """What became of the meanings; ``known`` were said already."""

    changes: list[ChangeNow]
    known: int
    kept: bool


class MappingNow(BaseModel):
    """A meaning as it was said."""

    hospital_code: str
    catalogue_code: str | None
    valid_from: date
    valid_to: date | None
    region: str
    mapped_at: datetime
    mapped_by: str
    insurance: Insurance | None


def router(desk: Desk) -> APIRouter:
    """Return the endpoints."""
    routes = api_room("catalogues")

    @routes.get("/catalogue/mappings")
    def mappings(
        _caller: Reads,
        region: Annotated[str, Query(max_length=6)],
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
    ) -> list[MappingNow]:
        """Show what was said last of the hospital's codes."""
        said = said_last(desk.site.store.read(), region, limit=limit)
        return [MappingNow(**codec.plain(one)) for one in said]

    @routes.post("/catalogue/mappings")
    def say(caller: Maps, given: MappingForm) -> MappedNow:
        """Say what codes mean, all of it or nothing; bills not settled yet go by it at once."""
        meanings = [Meaning(**one.model_dump()) for one in given.mappings]
        mapped = map_codes(
            desk.site,
            given.region,
            meanings,
            caller.name,
            insurance=given.insurance,
            dry_run=given.dry_run,
        )
        if mapped.kept:
            desk.changed("catalogue", given.region)
        changes = [
            ChangeNow(**codec.plain(change.meaning), before=change.before)
            for change in mapped.changes
        ]
        return MappedNow(changes=changes, known=mapped.known, kept=mapped.kept)

    return routes
