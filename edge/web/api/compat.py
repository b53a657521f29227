"""The card reader as hospital systems know it from the ``iReadCardBas`` drivers (docs/compat.md).

The answer is always 200 with the driver's number; only who may ask is a problem.
"""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from drivers import compat
from drivers.errors import DriverError
from edge.steps.hand_over_card import hand_over_card
from edge.store.operators import Scope
from edge.web.desk import Desk
from edge.web.devices import Presentation, desk_of
from edge.web.security import Caller, require

TakesCards = Annotated[Caller, Depends(require(Scope.CARD))]


class Reading(BaseModel):
    """``iType`` as the drivers have it; ``reader`` or ``desk`` where there are several readers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    iType: int = compat.ReadBy.CONTACT_FIRST  # noqa: N815 - the drivers' own word
    reader: str = Field(default="", max_length=200)
    desk: str = Field(default="", max_length=40)


class Returned(BaseModel):
    """The driver's number (0: read) and its string; ``code`` and ``text``: a fault in our words."""

    number: int
    pOutInfo: str  # noqa: N815 - the drivers' own word
    code: str | None = None
    text: str | None = None


def router(desk: Desk) -> APIRouter:
    """Return the endpoint."""
    routes = APIRouter()

    @routes.post("/compat/iReadCardBas")
    def read_card_bas(caller: TakesCards, given: Reading) -> Returned:
        """Read the card as iReadCardBas does: eleven fields, each ended by a bar."""
        refused = compat.refusal(given.iType)
        if refused:
            return _returned(refused)
        at = desk_of(caller, Presentation(reader=given.reader, desk=given.desk), desk)
        try:
            card = desk.card(given.reader, desk=at)
        except DriverError as fault:
            told = compat.error_answer(fault)
            return Returned(number=told.number, pOutInfo="", code=fault.code, text=fault.text)
        return _returned(hand_over_card(desk.site, card, caller.name))

    return routes


def _returned(answer: compat.Answer) -> Returned:
    return Returned(number=answer.number, pOutInfo=answer.text)
