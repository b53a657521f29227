"""What waits for the platform, and the ledger's newest entries."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from edge import codec
from edge.core.errors import NotFound, Words
from edge.core.reminders import Reminder
from edge.site import Site
from edge.steps.remind import remind
from edge.store.ledger import SEQ_MAX, Asked, latest
from edge.store.operators import Role, Scope
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require
from sync.breaker import Circuit
from sync.errors import OutboxConflict
from sync.message import Counts, Message
from sync.outbox import PAGE_MAX

Reads = Annotated[
    Caller,
    Depends(
        require(
            Role.ADMISSION,
            Role.DISCHARGE,
            Role.FITTING,
            Role.FINANCE,
            Role.SYSTEM_ADMINISTRATOR,
            Scope.READ,
        )
    ),
]
Acts = Annotated[Caller, Depends(require(Role.FINANCE, Role.SYSTEM_ADMINISTRATOR))]
Inspects = Annotated[Caller, Depends(require(Role.AUDITOR, Role.SECURITY_ADMINISTRATOR))]


class Resolution(BaseModel):
    """How a refused message was settled outside this system."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]


class SyncStatus(BaseModel):
    """How many messages stand where, and how the circuit to the platform stands."""

    counts: Counts
    circuit: Circuit | None
    """None: there is none. ``until`` is when an open one lets a call through."""


class AuditQuery(BaseModel):
    """Which acts: of a time, of one subject (a stay's id, an operator's), of one kind, by whom."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    subject: str = Field(default="", max_length=200)
    kind: str = Field(default="", max_length=60)
    operator: str = Field(default="", max_length=40)
    before: int | None = Field(default=None, ge=1, le=SEQ_MAX)
    limit: int = Field(default=100, ge=1, le=1000)


class LedgerEntry(BaseModel):
    """One act in its place in the chain."""

    seq: int
    kind: str
    at: datetime
    operator: str
    subject: str
    facts: dict[str, Any]


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of messages, what is due, and audit."""
    routes = api_room("messages")
    _standing(routes, desk)
    _delivery(routes, desk)
    _inspection(routes, desk)
    return routes


def _standing(routes: APIRouter, desk: Desk) -> None:
    site = desk.site

    @routes.get("/sync/status")
    def status(_caller: Reads) -> SyncStatus:
        """Count the messages by state, and tell whether the platform is left in peace."""
        counts = site.outbox.status(site.store.read())
        return SyncStatus(counts=counts, circuit=site.platform.circuit())

    @routes.get("/sync/reminders")
    def due(_caller: Reads) -> list[Reminder]:
        """List what a month's day asks for and is not done yet, the most urgent first."""
        return list(remind(site))


def _delivery(routes: APIRouter, desk: Desk) -> None:
    site = desk.site

    @routes.get("/sync/messages")
    def messages(
        _caller: Reads, limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100
    ) -> list[Message]:
        """List the newest messages and where each stands."""
        return list(site.outbox.messages(site.store.read(), limit=limit))

    @routes.post("/sync/messages/{message}/retry")
    def retry(caller: Acts, message: str) -> Message:
        """Send a refused message again, unchanged, and at once: a person mended something."""
        require_known(site, message)
        with site.store.transaction() as db:
            retried = site.outbox.retry(db, message)
            site.ledger.enter(
                db,
                kind="message.retried",
                operator=caller.name,
                subject=message,
                now=site.clock(),
            )
        desk.changed("message", message)
        desk.relay.try_now()
        return retried

    @routes.post("/sync/messages/{message}/resolve")
    def resolve(caller: Acts, message: str, given: Resolution) -> Message:
        """Close a refused message that was settled outside this system."""
        require_known(site, message)
        with site.store.transaction() as db:
            resolved = site.outbox.resolve(
                db, message, note=given.note, operator=caller.name, now=site.clock()
            )
            site.ledger.enter(
                db,
                kind="message.resolved",
                operator=caller.name,
                subject=message,
                now=site.clock(),
            )
        desk.changed("message", message)
        return resolved


def _inspection(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/audit")
    def audit(_caller: Inspects, asked: Annotated[AuditQuery, Query()]) -> list[LedgerEntry]:
        """List acts, the newest first; ``before`` the last ``seq`` of one page gives the next."""
        which = Asked(
            since=asked.since,
            until=asked.until,
            subject=asked.subject,
            kind=asked.kind,
            operator=asked.operator,
            before=asked.before,
        )
        return [
            LedgerEntry(
                seq=entry.seq,
                kind=entry.act.kind,
                at=datetime.fromisoformat(entry.act.at),
                operator=entry.act.operator,
                subject=entry.act.subject,
                facts=codec.decode(entry.act.body, dict[str, Any]),
            )
            for entry in latest(desk.site.store.read(), limit=asked.limit, asked=which)
        ]


def require_known(site: Site, message: str) -> None:
    """Tell a message that does not exist (404) from one whose state does not allow it (409)."""
    try:
        site.outbox.get(site.store.read(), message)
    except OutboxConflict as missing:
        raise NotFound(
            missing.code,
            Words(missing.text, missing.text_en),
            Words(missing.next_action, missing.next_action_en),
            field="message",
        ) from missing
