"""Read what lies in a reader once more: a clerk's "read again", and whoever looks after readers."""

from time import perf_counter
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from edge.steps.try_reader import try_reader
from edge.store.operators import Role
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require
from edge.web.texts import words

Tries = Annotated[
    Caller,
    Depends(require(Role.ADMISSION, Role.DISCHARGE, Role.FITTING, Role.SYSTEM_ADMINISTRATOR)),
]


class ReadingForm(BaseModel):
    """Which reader; left out, the one that holds a card: at the caller's desk; for IT, anywhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reader: str = Field(default="", max_length=200)


_ANY = ReadingForm()


class Reading(BaseModel):
    """What came: the holder's number, masked, and how long it took; ``text`` says so in a line."""

    reader: str
    number: str
    issuing_region: str
    spec_version: str
    took_ms: int
    text: str
    text_en: str


def router(desk: Desk) -> APIRouter:
    """Return the endpoint."""
    routes = api_room("arrivals")

    @routes.post("/readings", status_code=201)
    def readings(caller: Tries, given: ReadingForm = _ANY) -> Reading:
        """Read the card in a reader once more: it counts as shown anew, to whichever desk's case.

        Whatever keeps it from being read is the problem that is answered.
        """
        anywhere = Role.SYSTEM_ADMINISTRATOR in caller.grants
        at = "" if anywhere else caller.desk
        station, reader = desk.reader_with_card(given.reader, desk=at)
        began = perf_counter()
        card = station.read_again(reader)
        took_ms = round((perf_counter() - began) * 1000)
        number = try_reader(desk.site, card, caller.name, took_ms=took_ms)
        said = words("device.read", number=number, took_ms=took_ms)
        return Reading(
            reader=card.reader,
            number=number,
            issuing_region=card.record.issuing_region,
            spec_version=card.record.spec_version,
            took_ms=took_ms,
            text=said.zh,
            text_en=said.en,
        )

    return routes
