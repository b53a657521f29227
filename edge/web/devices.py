"""The devices of all desks as the API shows them, and what is shown at one of them.

Opens no device: the drivers' threads do.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from drivers.agent_errors import AgentOffline
from drivers.barcode import Forms, Frame, Framing, read_frame, require_e_card
from drivers.monitor import Presented, ReaderView
from drivers.scan_errors import ScanTooLong, ScanUnreadable
from drivers.scanner import Scanned, ScannerPlan, ScannerView
from edge.core.errors import BadInput, Words
from edge.settings import Place
from edge.settings import Scanner as ScannerSettings
from edge.store.agents import AgentHeard, agents_heard
from edge.store.names import unknown_desk
from edge.web.desk import Desk, other_desk
from edge.web.remote_station import AgentView
from edge.web.security import Caller


class DeviceNow(BaseModel):
    """One device and its ``state``; ``code``, ``text`` and ``text_en`` say what is wrong.

    ``desks`` are those it is bound to, ``agent`` the desk behind whose agent it stands. The
    nameless reader stands for "no reader at all". An agent is ``online`` or ``offline``; ``name``
    is its PC, ``seen_at`` when it was heard last.
    """

    kind: Literal["reader", "scanner", "agent"]
    name: str
    desks: list[str]
    state: str
    since: datetime
    code: str | None
    text: str | None
    text_en: str | None
    simulated: bool
    agent: str | None = None
    seen_at: datetime | None = None


class Presentation(BaseModel):
    """What to look at: one reader, what a desk's devices hold, or the text of an e-card's QR code.

    Left out altogether: the caller's own desk. ``presentation`` is the token of the one showing
    that is meant (``GET /presentations``).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    reader: str = Field(default="", max_length=200)
    desk: str = Field(default="", max_length=40)
    presentation: str = Field(default="", max_length=64)
    qr: SecretStr = Field(default=SecretStr(""), max_length=4096)


def devices(desk: Desk) -> list[DeviceNow]:
    """Return every agent, reader and scanner and its state."""
    found = [_reader(desk, view, desk.desks_of(view.name), None) for view in desk.readers_here()]
    heard = agents_heard(desk.site.store.read())
    for station in desk.agents.all():
        found.append(_agent(desk, station.view(), heard.get(station.desk)))
        views = desk.readers_at(station.desk)
        found += [_reader(desk, view, [station.desk], station.desk) for view in views if view.name]
    for place in desk.site.settings.desks:
        view = desk.scanner_at(place.name)
        found += [_scanner(desk, view, place)] if view else []
    return found


def desk_of(caller: Caller, given: Presentation, desk: Desk) -> str:
    """Return the desk at which something is presented; empty for a system that names none.

    Raises:
        BadInput: DESK_UNKNOWN, when the settings know desks and not this one; OTHER_DESK, when a
            clerk names another desk than their own.
    """
    if given.desk and caller.desk and given.desk != caller.desk:
        raise other_desk("desk", given.desk)
    named = given.desk or caller.desk
    if given.desk and desk.site.settings.desks and desk.place(given.desk) is None:
        raise unknown_desk(given.desk)
    return named


def presented(desk: Desk, given: Presentation, at: str) -> Presented | Scanned:
    """Return the card or code that is meant.

    Raises:
        DriverError: what keeps it from being used, or that there is none.
        Conflict: SEVERAL_CARDS, PRESENTATION_OVER.
        BadInput: OTHER_DESK; SEVERAL_SOURCES, when more than one of reader, code and presentation
            is given.
    """
    code = given.qr.get_secret_value()
    if sum(map(bool, (code, given.reader, given.presentation))) > 1:
        raise BadInput(
            "SEVERAL_SOURCES",
            Words("读卡器、二维码、出示标识只能给一个", "give a reader, a code or a presentation"),
            Words("只保留其中一个后重新提交", "leave one of them out and send again"),
            field="qr",
        )
    if code:
        return _shown(desk, code)
    return desk.presented(given.reader, desk=at, token=given.presentation)


def scanner_plan(settings: ScannerSettings) -> ScannerPlan:
    """Return how the drivers set every scanner up."""
    return ScannerPlan(
        baud_rate=settings.baud_rate,
        framing=Framing(
            prefix=settings.prefix.encode(),
            suffix=settings.suffix.encode(),
            length_max=settings.length_max,
        ),
        forms=_forms(settings),
        quiet_s=settings.quiet_ms / 1000,
        hold_s=settings.hold_s,
    )


def _reader(desk: Desk, view: ReaderView, desks: list[str], agent: str | None) -> DeviceNow:
    return DeviceNow(
        kind="reader",
        name=view.name,
        desks=desks,
        state=view.state.value,
        since=view.since,
        code=view.error.code if view.error else None,
        text=view.error.text if view.error else None,
        text_en=view.error.text_en if view.error else None,
        simulated=desk.site.settings.desk.simulated,
        agent=agent,
    )


def _scanner(desk: Desk, view: ScannerView, place: Place) -> DeviceNow:
    return DeviceNow(
        kind="scanner",
        name=view.device,
        desks=[place.name],
        state=view.state.value,
        since=view.since,
        code=view.error.code if view.error else None,
        text=view.error.text if view.error else None,
        text_en=view.error.text_en if view.error else None,
        simulated=desk.site.settings.desk.simulated,
        agent=place.name if place.agent else None,
    )


def _agent(desk: Desk, view: AgentView, heard: AgentHeard | None) -> DeviceNow:
    """Return an agent; one that is away by what is known of it from before a restart too."""
    offline = None if view.online else AgentOffline(field=view.desk)
    return DeviceNow(
        kind="agent",
        name=view.host or (heard.host if heard else ""),
        desks=[view.desk],
        state="online" if view.online else "offline",
        since=view.since,
        code=offline.code if offline else None,
        text=offline.text if offline else None,
        text_en=offline.text_en if offline else None,
        simulated=desk.site.settings.desk.simulated,
        agent=view.desk,
        seen_at=view.seen_at or (heard.seen_at if heard else None),
    )


def _shown(desk: Desk, code: str) -> Scanned:
    """Take a code that a caller's own scanner read, as if ours had."""
    site, settings = desk.site, desk.site.settings.scanner
    raw = code.encode("utf-8", "surrogatepass")
    if len(raw) > settings.length_max:
        raise ScanTooLong(field="qr")
    found = read_frame(raw)
    if not isinstance(found, Frame):
        raise ScanUnreadable(field="qr")
    require_e_card(found.text, _forms(settings), field="qr")
    return Scanned(site.fresh_id(), "", found.text, site.clock())


def _forms(settings: ScannerSettings) -> Forms:
    return Forms(e_card=settings.e_card_form, e_voucher=settings.e_voucher_form)
