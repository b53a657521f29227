"""What waits for the platform: each message, its tries, its last answer, and what a person can do.

A refusal waits for a person; an unknown outcome is asked for, never decided here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from edge.claiming import ORDER_KEY
from edge.core.cases import CaseKind
from edge.core.errors import Words
from edge.steps.remind import remind
from edge.store.cases import case_with_id
from edge.store.database import Rows
from edge.web.api.messages import Reads, require_known
from edge.web.look import Colour
from edge.web.pages.frame import Screen
from edge.web.pages.lists import PAGE
from edge.web.rooms import pages_room
from edge.web.texts import words
from sync.breaker import State as CircuitState
from sync.ledger_head import ORDER_KEY as CHAIN
from sync.message import Message, State
from sync.webhooks import told_case

COLOURS = {
    State.PENDING: Colour.BUSY,
    State.SENDING: Colour.BUSY,
    State.ACCEPTED: Colour.GOOD,
    State.REJECTED: Colour.BAD,
    State.UNKNOWN: Colour.UNKNOWN,
}

Before = Annotated[int | None, Query(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One message, how old it is in minutes, what it is about and its page, if it has one."""

    message: Message
    age_min: int
    number: Words
    path: str
    colour: Colour

    @property
    def waits_for_person(self) -> bool:
        """Whether the platform refused it and nobody has seen to it."""
        return self.message.state is State.REJECTED and self.message.resolved_at is None

    @property
    def can_be_asked(self) -> bool:
        """Whether it can be sent, or asked about, at once."""
        return self.message.state in {State.PENDING, State.UNKNOWN}


def router(screen: Screen) -> APIRouter:
    """Return the list, its fragment, and the page of one message."""
    routes = pages_room()

    @routes.get("/messages")
    def page(
        request: Request, caller: Reads, before: Before = None, *, everything: bool = False
    ) -> HTMLResponse:
        """Show what is not delivered, or everything."""
        listed = _listed(screen, before, everything=everything)
        return screen.page(request, caller, "messages_page.html", **listed)

    @routes.get("/pages/messages")
    def fragment(
        request: Request, caller: Reads, before: Before = None, *, everything: bool = False
    ) -> HTMLResponse:
        """Render the list anew."""
        listed = _listed(screen, before, everything=everything)
        return screen.page(request, caller, "messages.html", **listed)

    @routes.get("/messages/{message}")
    def one(request: Request, caller: Reads, message: str) -> HTMLResponse:
        """Show one message with every try."""
        return screen.page(request, caller, "message_page.html", **_one(screen, message))

    @routes.get("/pages/messages/{message}")
    def one_anew(request: Request, caller: Reads, message: str) -> HTMLResponse:
        """Render the message anew."""
        return screen.page(request, caller, "message.html", **_one(screen, message))

    return routes


def _listed(screen: Screen, before: int | None, *, everything: bool) -> dict[str, object]:
    site = screen.desk.site
    db, now = site.store.read(), site.clock()
    if everything:
        found = site.outbox.messages(db, before=before, limit=PAGE)
    else:
        found = site.outbox.undelivered(db, before=before, limit=PAGE)
    circuit = site.platform.circuit()
    return {
        "rows": [_row(db, message, now) for message in found],
        "counts": site.outbox.status(db),
        "everything": everything,
        "before": before,
        "next": found[-1].seq if len(found) == PAGE else None,
        "raised": remind(site),
        "rests_until": circuit.until if circuit and circuit.state is CircuitState.OPEN else None,
    }


def _one(screen: Screen, message_id: str) -> dict[str, object]:
    site = screen.desk.site
    require_known(site, message_id)
    db = site.store.read()
    message = site.outbox.get(db, message_id)
    attempts = reversed(site.outbox.attempts(db, message_id))
    return {"row": _row(db, message, site.clock()), "attempts": list(attempts)}


def _row(db: Rows, message: Message, now: datetime) -> Row:
    number, path = _about(db, message.order_key)
    return Row(
        message=message,
        age_min=max(int((now - message.created_at).total_seconds() // 60), 0),
        number=number,
        path=path,
        colour=Colour.GOOD if message.resolved_at else COLOURS[message.state],
    )


def _about(db: Rows, order_key: str) -> tuple[Words, str]:
    """Return what a message is about, as people call it; of a case its page, too."""
    if order_key == CHAIN:
        return words("messages.chain"), ""
    month = order_key.removeprefix(ORDER_KEY.format(month=""))
    if month != order_key:
        return words("messages.month", month=month), ""
    case = told_case(order_key) or order_key
    known = case_with_id(db, case)
    if known is None:
        return Words(order_key, order_key), ""
    folder = "fittings" if known[0].kind is CaseKind.FITTING else "stays"
    return Words(known[1], known[1]), f"/{folder}/{case}"
