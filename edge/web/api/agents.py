"""What the agents of desks say and ask: their sessions, devices, answers, and cards' keys.

An agent speaks for the desk of its token and for no other. No card is sent here but as the answer
to a request of ours, and none is kept or logged.
"""

from dataclasses import replace
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Header, Request, Response

from drivers.agent import messages
from drivers.agent.messages import (
    Answer,
    BadMessage,
    DevicesNow,
    Hello,
    KeyOutcome,
    ScannerSettings,
    Welcome,
    fault_now,
)
from drivers.authentication import KeyRequest
from drivers.errors import DriverError
from edge.card_key import by_platform, psam_plan
from edge.core.errors import BadInput, Words
from edge.store.operators import Scope
from edge.web.desk import Desk, other_desk
from edge.web.remote_station import RemoteStation, session_over
from edge.web.rooms import api_room
from edge.web.schema import spelt_out
from edge.web.security import Caller, require

T = TypeVar("T")

SpeaksForDesk = Annotated[Caller, Depends(require(Scope.AGENT))]
Session = Annotated[str, Header(alias="edge-session", max_length=64)]

JSON = "application/json"
NAME_MAX = 80
"""Characters of a PC's name or mark that are kept."""


async def _raw(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_raw)]


def router(desk: Desk) -> APIRouter:
    """Return the endpoints."""
    routes = api_room("agents", at="/agent")
    _sessions(routes, desk)
    _devices(routes, desk)
    _requests(routes, desk)
    return routes


def _sessions(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/sessions", openapi_extra=_body(Hello))
    def sessions(caller: SpeaksForDesk, body: Body) -> Response:
        """Begin a session; the same installation's earlier one ends, another's is respected."""
        given = _read(body, Hello)
        hello = replace(
            given, host=given.host[:NAME_MAX], installation=given.installation[:NAME_MAX]
        )
        if hello.desk != caller.desk and caller.desk:
            raise other_desk("desk", caller.desk)
        station = _station(desk, caller)
        session = station.open(hello)
        desk.site.log.info("agent.connected", desk=station.desk, host=hello.host)
        desk.note_agents()
        desk.agent_changed(station.desk)
        patience = desk.agents.patience
        return _json(
            Welcome(
                session=session,
                beat_s=patience.beat_s,
                wait_s=patience.wait_s,
                scanner=_scanner_settings(desk, station.desk),
                psam=psam_plan(desk.site.settings.psam),
            )
        )

    @routes.post("/farewells", status_code=204)
    def farewells(caller: SpeaksForDesk, session: Session = "") -> None:
        """End the session: its devices are off line from now on."""
        station = _station(desk, caller)
        desk.note_agents()
        station.leave(session)
        desk.site.log.info("agent.left", desk=station.desk)
        desk.agent_changed(station.desk)


def _devices(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/devices", status_code=204, openapi_extra=_body(DevicesNow))
    def devices(caller: SpeaksForDesk, body: Body, session: Session = "") -> None:
        """Take the agent's word on what stands at its desk now; also its beat."""
        station = _station(desk, caller)
        if station.report(session, _read(body, DevicesNow)):
            desk.agent_changed(station.desk)

    @routes.post("/card-keys", openapi_extra=_body(KeyRequest))
    def card_keys(caller: SpeaksForDesk, body: Body, session: Session = "") -> Response:
        """Ask the platform's HSM what a 3.0 card's key makes of its challenges."""
        _station(desk, caller).box(session)
        try:
            answers = by_platform(desk.site)(_read(body, KeyRequest))
        except DriverError as missing:
            return _json(KeyOutcome(fault=fault_now(missing)))
        return _json(KeyOutcome(answers=answers))


def _requests(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/requests")
    async def requests(caller: SpeaksForDesk, session: Session = "") -> Response:
        """Wait for something to do: a long poll, empty when nothing came."""
        box = _station(desk, caller).box(session)
        asked = await box.take(desk.agents.patience.wait_s)
        if asked is None:  # ended while it waited: the session's own error says how
            _station(desk, caller).box(session)
            raise session_over()
        return _json(asked)

    @routes.post("/answers", status_code=204, openapi_extra=_body(Answer))
    def answers(caller: SpeaksForDesk, body: Body, session: Session = "") -> None:
        """Answer a request; the answer goes to whoever asked, and is kept nowhere."""
        _station(desk, caller).answered(session, _read(body, Answer))


def _station(desk: Desk, caller: Caller) -> RemoteStation:
    """Return the station that the caller speaks for.

    Raises:
        BadInput: DESK_REQUIRED, when its token is bound to none; AGENT_NOT_EXPECTED.
    """
    if not caller.desk:
        raise BadInput(
            "DESK_REQUIRED",
            Words("令牌没有绑定窗口", "the token is bound to no desk"),
            Words("用 edge tokens add --desk 新建令牌", "make a token with edge tokens add --desk"),
            field="desk",
        )
    station = desk.agents.at(caller.desk)
    if station is None:
        raise BadInput(
            "AGENT_NOT_EXPECTED",
            Words(
                f"设置中窗口“{caller.desk}”没有读卡程序",
                f"the settings give desk {caller.desk!r} no agent",
            ),
            Words(
                "在 site.toml 的 desks 中为该窗口写 agent = true，然后重启服务",
                "set agent = true for the desk in site.toml, then restart the service",
            ),
            field="desk",
        )
    return station


def _scanner_settings(desk: Desk, name: str) -> ScannerSettings | None:
    place, settings = desk.place(name), desk.site.settings.scanner
    if place is None or not place.scanner:
        return None
    return ScannerSettings(
        device=place.scanner,
        baud_rate=settings.baud_rate,
        prefix=settings.prefix,
        suffix=settings.suffix,
        length_max=settings.length_max,
        quiet_s=settings.quiet_ms / 1000,
        hold_s=settings.hold_s,
        e_card_form=settings.e_card_form,
        e_voucher_form=settings.e_voucher_form,
    )


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return messages.decode(body, kind)
    except BadMessage as wrong:
        raise BadInput(
            "AGENT_MESSAGE",
            Words("读卡程序的消息格式不对", "the agent's message is not as agreed"),
            Words("读卡程序与服务须为同一版本", "run the same release on both sides"),
            field="body",
        ) from wrong


def _json(message: object) -> Response:
    return Response(messages.encode(message), media_type=JSON)


def _body(kind: type) -> dict[str, Any]:
    schema = messages.schema(kind)
    shown = spelt_out(schema, schema.get("$defs", {}))
    return {"requestBody": {"required": True, "content": {JSON: {"schema": shown}}}}
