"""The papers of a manual package over HTTP: gathered, missing, taken along."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from edge.core.cases import CaseKind, CaseRef
from edge.core.fallback import Gathered, HandoverState, Paper
from edge.core.identity import masked_name
from edge.steps.gather_papers import Papers, gather, hand_over, papers_now
from edge.store.documents import OwnerKind
from edge.web.api.documents import MAY
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require

OfStay = Annotated[Caller, Depends(require(*MAY[OwnerKind.STAY]))]
OfFitting = Annotated[Caller, Depends(require(*MAY[OwnerKind.FITTING]))]

_PAPERS_MAX = 100


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PapersForm(_Body):
    """What is said of each paper, by its name in the checklist; the last word counts, all of it."""

    papers: dict[str, Gathered] = Field(max_length=_PAPERS_MAX)


class HandoverForm(_Body):
    """Who took the package along: the worker, or a close relative by name."""

    taken_by: str = Field(min_length=1, max_length=80)


class PapersNow(BaseModel):
    """The checklist: what is asked, what was said of each, what is missing, who took it along."""

    state: HandoverState
    asked: tuple[Paper, ...]
    papers: dict[str, Gathered]
    missing: tuple[str, ...]
    taken_by: str
    operator: str | None
    at: datetime | None


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of a manual package's papers, of stays and of fittings."""
    routes = api_room("manual")
    _of_stays(routes, desk)
    _of_fittings(routes, desk)
    return routes


def _of_stays(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/stays/{stay}/manual/papers")
    def papers(_caller: OfStay, stay: str) -> PapersNow:
        """Return the checklist of a stay's package."""
        return _shown(papers_now(desk.site, CaseRef(CaseKind.STAY, stay)))

    @routes.post("/stays/{stay}/manual/papers")
    def gathered(caller: OfStay, stay: str, given: PapersForm) -> PapersNow:
        """Say which papers are there."""
        return _gathered(desk, CaseRef(CaseKind.STAY, stay), given, caller)

    @routes.post("/stays/{stay}/manual/handover")
    def handed(caller: OfStay, stay: str, given: HandoverForm) -> PapersNow:
        """Record that the package was taken along."""
        return _handed(desk, CaseRef(CaseKind.STAY, stay), given, caller)


def _of_fittings(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/fittings/{fitting}/manual/papers")
    def papers(_caller: OfFitting, fitting: str) -> PapersNow:
        """Return the checklist of a fitting's package."""
        return _shown(papers_now(desk.site, CaseRef(CaseKind.FITTING, fitting)))

    @routes.post("/fittings/{fitting}/manual/papers")
    def gathered(caller: OfFitting, fitting: str, given: PapersForm) -> PapersNow:
        """Say which papers are there."""
        return _gathered(desk, CaseRef(CaseKind.FITTING, fitting), given, caller)

    @routes.post("/fittings/{fitting}/manual/handover")
    def handed(caller: OfFitting, fitting: str, given: HandoverForm) -> PapersNow:
        """Record that the package was taken along."""
        return _handed(desk, CaseRef(CaseKind.FITTING, fitting), given, caller)


def _gathered(desk: Desk, ref: CaseRef, given: PapersForm, caller: Caller) -> PapersNow:
    papers = gather(desk.site, ref, given.papers, caller.name)
    desk.changed(ref.kind, ref.id)
    return _shown(papers)


def _handed(desk: Desk, ref: CaseRef, given: HandoverForm, caller: Caller) -> PapersNow:
    papers = hand_over(desk.site, ref, given.taken_by, caller.name)
    desk.changed(ref.kind, ref.id)
    return _shown(papers)


def _shown(papers: Papers) -> PapersNow:
    said = papers.handover
    return PapersNow(
        state=papers.state,
        asked=papers.asked,
        papers=dict(said.papers) if said else {},
        missing=papers.missing,
        taken_by=masked_name(said.taken_by) if said and said.taken_by else "",
        operator=said.operator if said else None,
        at=said.at if said else None,
    )
