"""The card reader as hospital systems know it from the ``iReadCardBas`` drivers (docs/compat.md).

The answer is always 200 with the driver's number; only who may ask is a problem.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from drivers import compat
from drivers.errors import DriverError
from drivers.handover import KeyNotNeeded
from edge.steps.hand_over_card import hand_over_card
from edge.store.operators import Scope
from edge.web.desk import Desk
from edge.web.devices import Presentation, desk_of
from edge.web.rooms import api_room
from edge.web.security import Caller, require

TakesCards = Annotated[Caller, Depends(require(Scope.CARD))]


class Reading(BaseModel):
    """``iType`` as the drivers have it; ``reader`` or ``desk`` where there are several readers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    iType: int = compat.ReadBy.CONTACT_FIRST  # noqa: N815 - the drivers' own word
    reader: str = Field(default="", max_length=200)
    desk: str = Field(default="", max_length=40)


class Step2(Reading):
    """``pKey``: the HSM's two answers, 16 hexadecimal digits each, internal first."""

    pKey: str = Field(default="", max_length=40, repr=False)  # noqa: N815 - the drivers' own word


class Returned(BaseModel):
    """The driver's number (0: read) and its string; ``code`` and ``text``: a fault in our words."""

    number: int
    pOutInfo: str  # noqa: N815 - the drivers' own word
    code: str | None = None
    text: str | None = None


def router(desk: Desk) -> APIRouter:
    """Return the endpoint."""
    routes = api_room("compat")

    @routes.post("/compat/iReadCardBas")
    def read_card_bas(caller: TakesCards, given: Reading) -> Returned:
        """Read the card as iReadCardBas does: eleven fields, each ended by a bar."""
        return _told(given, lambda: _card(desk, caller, given))

    @routes.post("/compat/iReadCardBas_HSM_Step1")
    def hsm_step_1(caller: TakesCards, given: Reading) -> Returned:
        """Read a 3.0 card up to its challenges, for the system's own HSM to answer."""
        return _told(given, lambda: _challenges(desk, caller, given))

    @routes.post("/compat/iReadCardBas_HSM_Step2")
    def hsm_step_2(caller: TakesCards, given: Step2) -> Returned:
        """Show the HSM's answers to the card, and return it as iReadCardBas does."""
        return _told(given, lambda: _opened(desk, caller, given))

    return routes


def _told(given: Reading, act: Callable[[], compat.Answer]) -> Returned:
    """Act, unless ``iType`` forbids it; a fault of card or reader is told by its number."""
    refused = compat.refusal(given.iType)
    if refused:
        return _returned(refused)
    try:
        return _returned(act())
    except DriverError as fault:
        told = compat.error_answer(fault)
        return Returned(number=told.number, pOutInfo="", code=fault.code, text=fault.text)


def _card(desk: Desk, caller: Caller, given: Reading) -> compat.Answer:
    at = _desk_of(desk, caller, given)
    card = desk.card(given.reader, desk=at)
    if not compat.is_asked_for(card.record, given.iType):
        return compat.Answer(compat.NO_CARD)
    return hand_over_card(desk.site, card, caller.name, terminal=desk.terminal(at))


def _challenges(desk: Desk, caller: Caller, given: Reading) -> compat.Answer:
    station, reader = desk.reader_with_card(given.reader, desk=_desk_of(desk, caller, given))
    try:
        return compat.hsm_step1_answer(station.begin_keys(reader))
    except KeyNotNeeded:
        return compat.Answer(compat.HSM_NOT_NEEDED)


def _opened(desk: Desk, caller: Caller, given: Step2) -> compat.Answer:
    answers = compat.read_hsm_step2(given.pKey)
    if answers is None:
        return compat.Answer(compat.BAD_ARGUMENT)
    station, reader = desk.reader_with_card(given.reader, desk=_desk_of(desk, caller, given))
    card = station.finish_keys(reader, answers)
    if card is None:
        return compat.Answer(compat.CANCELLED)
    return hand_over_card(desk.site, card, caller.name, terminal=station.terminal())


def _desk_of(desk: Desk, caller: Caller, given: Reading) -> str:
    return desk_of(caller, Presentation(reader=given.reader, desk=given.desk), desk)


def _returned(answer: compat.Answer) -> Returned:
    return Returned(number=answer.number, pOutInfo=answer.text)
