"""What the endpoints and pages of one service work with: the site, its devices, its hints."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from drivers.agent.station import LocalStation, Station
from drivers.errors import DriverError, NoCard, ReaderMissing
from drivers.monitor import Presented, ReaderEvent, ReaderState, ReaderView
from drivers.scanner import Scanned, ScannerState, ScannerView
from edge.core.credential import expires_at
from edge.core.errors import BadInput, Conflict, EdgeError, Words
from edge.loops.keeper import Keeper
from edge.loops.stopping import Stopping
from edge.settings import Place
from edge.site import Site
from edge.steps.clear_case import clear_case
from edge.store.agents import AgentHeard, note_agent
from edge.store.desk_cases import is_left_behind
from edge.store.people import presentation_is_used
from edge.web.agents import Agents
from edge.web.events import Hints
from edge.web.reminded import Reminded
from edge.web.reveals import Reveals
from edge.web.uploads import Uploads
from sync.relay import Relay

if TYPE_CHECKING:
    from edge.loops.campus import CampusLine

_HOLDING = frozenset({ReaderState.READING, ReaderState.PRESENT, ReaderState.LEFT_BEHIND})
_INSERTED = _HOLDING | {ReaderState.FAULT}
_SHOWN = frozenset({ScannerState.SCANNED, ScannerState.UNUSABLE})


class Source(StrEnum):
    """By what somebody shows who they are."""

    CARD = "card"
    E_CARD = "e_card"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityPresented:
    """Somebody presented a card or a code: the one event of both, and nothing of whom.

    ``token`` names this one showing and identifies once, until ``expires_at``. A card whose case is
    over is ``left_behind``.
    """

    token: str
    source: Source
    device: str
    desks: tuple[str, ...]
    at: datetime
    expires_at: datetime
    left_behind: bool


@dataclass(frozen=True, slots=True)
class _Seat:
    """One reader and where it stands."""

    station: Station
    view: ReaderView


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The site behind the pages, the devices before them, and who to tell when things change.

    ``station`` holds the devices of this machine, ``agents`` those of the desks that have one.
    """

    site: Site
    station: LocalStation
    agents: Agents
    hints: Hints
    relay: Relay
    keeper: Keeper
    stopping: Stopping
    readers: object = None
    """This machine's readers, as they were given; what they count is worth watching."""
    campus: "CampusLine | None" = None
    """The line through a group's office, where the site is one of a group."""
    reveals: Reveals = field(default_factory=Reveals)
    reminded: Reminded = field(default_factory=Reminded)
    uploads: Uploads = field(default_factory=Uploads)

    def place(self, desk: str) -> Place | None:
        """Return the desk as the settings have it; None where they bind nothing to it."""
        return next((place for place in self.site.settings.desks if place.name == desk), None)

    def desks_of(self, reader: str) -> list[str]:
        """Return the desks to which a reader of this machine is bound by a part of its name."""
        places = self.site.settings.desks
        return [place.name for place in places if not place.agent and _is_bound(place, reader)]

    def readers_at(self, desk: str) -> list[ReaderView]:
        """Return the readers that serve a desk: its agent's; or those bound to it, or to none.

        Without a desk, every reader. One that is not there at all has no name.
        """
        return [seat.view for seat in self._seats(desk)]

    def readers_here(self) -> list[ReaderView]:
        """Return the readers of this machine; the nameless one says why there is none."""
        return [self._marked(view) for view in self.station.readers()]

    def shown_at(self, desk: str) -> Sequence[ReaderView]:
        """Return what a desk's header shows: its readers, or why there is none."""
        return self.readers_at(desk) or self.readers_here()

    def left_behind(self) -> frozenset[str]:
        """Return the readers with a card whose case is over, by name."""
        views = [seat.view for seat, _ in self._bound("")]
        return frozenset(view.name for view in views if view.state is ReaderState.LEFT_BEHIND)

    def scanner_at(self, desk: str) -> ScannerView | None:
        """Return the desk's scanner; None when it has none."""
        return (self.agents.at(desk) or self.station).scanner(desk)

    def terminal(self, desk: str) -> str:
        """Return the number of the PSAM in a desk's readers; empty where there is none."""
        return (self.agents.at(desk) or self.station).terminal()

    def presentations(self, desk: str) -> list[IdentityPresented]:
        """Return what lies presented at a desk, the newest last; without a desk, anywhere."""
        found = [
            self._event(Source.CARD, seat.view.name, seat.view.token, seat.view.since, desks)
            for seat, desks in self._bound(desk)
            if seat.view.token
        ]
        for place in self.site.settings.desks:
            scanner = self.scanner_at(place.name) if desk in {"", place.name} else None
            if scanner and scanner.token:
                since, desks = scanner.since, (place.name,)
                device, token = scanner.device, scanner.token
                found.append(self._event(Source.E_CARD, device, token, since, desks))
        return sorted(found, key=lambda event: event.at)

    def presented(
        self, reader: str = "", *, desk: str = "", token: str = ""
    ) -> Presented | Scanned:
        """Return what was presented last at ``desk``: its reader's card, or its scanner's code.

        A code is taken: nobody gets it again. ``reader`` names the one reader to look at, ``token``
        the one showing that is meant. A card that is still being read is waited for, as long as the
        monitor has patience; one that was used, or lay too long, is read again.

        Raises:
            DriverError: what keeps card or code from being used, or that there is neither.
            Conflict: SEVERAL_CARDS, when no reader is named and more than one holds a card;
                PRESENTATION_OVER, when the showing that is meant is not there any more.
            BadInput: OTHER_DESK, when the reader is bound to another desk.
        """
        if token:
            return self._the_one(token, desk)
        shown = None if reader else self.scanner_at(desk)
        if shown is None or shown.state not in _SHOWN:
            return self._unused(reader, desk)
        station = self.agents.at(desk) or self.station
        try:
            card = self._unused(reader, desk)
        except DriverError:
            return station.take(desk)
        return card if card.at > shown.since else station.take(desk)

    def card(self, reader: str = "", *, desk: str = "") -> Presented:
        """Return the card in ``reader``, or in the one reader of ``desk`` that holds a card.

        Raises:
            DriverError, Conflict, BadInput: as ``presented``.
        """
        seat = self._holding(reader, desk, _HOLDING)
        return seat.station.card(seat.view.name)

    def reader_with_card(self, reader: str = "", *, desk: str = "") -> tuple[Station, str]:
        """Return which reader holds the card that is meant, readable or not, and where it stands.

        Raises:
            DriverError, Conflict, BadInput: as ``presented``.
        """
        seat = self._holding(reader, desk, _INSERTED)
        return seat.station, seat.view.name

    # News

    def changed(self, topic: str, subject: str) -> None:
        """Tell every open page that ``subject`` is worth fetching again, and the relay to look.

        Call it after the commit: the act may have put a message in the outbox.
        """
        self.hints.publish(topic, subject, version_at(self.site.clock()))
        self.relay.wake()

    def reader_changed(self, event: ReaderEvent) -> None:
        """Pass a reader's news on; a card that was read clears the case of the reader's desks."""
        self.changed("reader", event.reader)
        card = self.station.held(event.reader)
        if event.state is ReaderState.PRESENT and card:
            for desk in self.desks_of(event.reader):
                self._begin_anew(desk, card.token)

    def scanner_changed(self, desk: str) -> None:
        """Pass a scanner's news on; a code that was scanned clears the desk's case."""
        self.changed("scanner", desk)
        shown = self.scanner_at(desk)
        if shown and shown.token:
            self._begin_anew(desk, shown.token)

    def agent_changed(self, desk: str) -> None:
        """Pass the news of a desk's agent on; a new card or code there clears the case."""
        for topic in ("reader", "scanner", "agent"):
            self.changed(topic, desk)
        for newest in self.presentations(desk)[-1:]:
            # A showing that has identified somebody is old news: the service was restarted since.
            used = presentation_is_used(self.site.store.read(), newest.token)
            if self.agents.is_news(desk, newest.token) and not used:
                self._begin_anew(desk, newest.token)

    def note_agents(self) -> None:
        """Keep when each agent was heard last: a restart and `edge doctor` must know."""
        views = [station.view() for station in self.agents.all()]
        heard = [
            AgentHeard(desk=view.desk, host=view.host, seen_at=view.seen_at)
            for view in views
            if view.online and view.seen_at
        ]
        if not heard:
            return
        try:
            with self.site.store.transaction() as db:
                for one in heard:
                    note_agent(db, one)
        except EdgeError as fault:
            self.site.log.warning("agent.not_noted", code=fault.code)

    def _begin_anew(self, desk: str, presentation: str) -> None:
        try:
            clear_case(self.site, desk, presentation=presentation)
        except EdgeError as fault:
            # The disk's fault must not end the watch; a later identification clears the case too.
            self.site.log.warning("case.not_cleared", code=fault.code, desk=desk)
        self.changed("presentation", desk)

    # Which reader

    def _seats(self, desk: str) -> list[_Seat]:
        agent, place = self.agents.at(desk), self.place(desk)
        if agent:
            part = place.reader if place else ""
            views = [view for view in agent.readers() if not view.name or part in view.name]
            return [_Seat(agent, self._marked(view)) for view in views]
        seats = [_Seat(self.station, self._marked(v)) for v in self.station.readers() if v.name]
        if desk:
            bound = place is not None and bool(place.reader)
            return [
                seat
                for seat in seats
                if (bound and place and _is_bound(place, seat.view.name))
                or (not bound and not self.desks_of(seat.view.name))
            ]
        behind = [_Seat(one, self._marked(v)) for one in self.agents.all() for v in one.readers()]
        return seats + [seat for seat in behind if seat.view.name]

    def _bound(self, desk: str) -> list[tuple[_Seat, tuple[str, ...]]]:
        if desk:
            return [(seat, (desk,)) for seat in self._seats(desk)]
        here = [
            (_Seat(self.station, view), tuple(self.desks_of(view.name)))
            for view in self.readers_here()
        ]
        return here + [
            (seat, (one.desk,)) for one in self.agents.all() for seat in self._seats(one.desk)
        ]

    def _looked_at(self, reader: str, desk: str) -> list[_Seat]:
        if not reader:
            seats = self._seats(desk)
        else:
            # An agent that is away has one nameless reader, which tells why.
            seats = [seat for seat in self._seats(desk) if seat.view.name in {reader, ""}]
            bound = self.desks_of(reader)
            if desk and not self.agents.at(desk) and bound and desk not in bound:
                raise other_desk("reader", bound[0])
        if not seats:
            raise ReaderMissing(field="reader")
        return seats

    def _holding(self, reader: str, desk: str, states: frozenset[ReaderState]) -> _Seat:
        seats = self._looked_at(reader, desk)
        holding = [seat for seat in seats if seat.view.state in states]
        if len(holding) > 1:
            raise _several_cards([seat.view.name for seat in holding])
        if holding:
            return holding[0]
        for seat in seats:
            if seat.view.error:
                # One object for as long as the card is in: each raise would lengthen its trace.
                raise seat.view.error.with_traceback(None)
        raise NoCard(field="reader")

    # What was presented

    def _unused(self, reader: str, desk: str) -> Presented:
        """Return the card that is meant, as a showing that may still identify somebody."""
        seat = self._holding(reader, desk, _HOLDING)
        card = seat.station.card(seat.view.name)
        late = self.site.clock() > self._expires_at(card.at)
        if late or presentation_is_used(self.site.store.read(), card.token):
            return seat.station.read_again(seat.view.name)
        return card

    def _the_one(self, token: str, desk: str) -> Presented | Scanned:
        for event in self.presentations(desk):
            if event.token == token and self.site.clock() <= event.expires_at:
                at = desk or next(iter(event.desks), "")
                station = self.agents.at(at) or self.station
                shown = (
                    station.card(event.device) if event.source is Source.CARD else station.take(at)
                )
                if shown.token == token:
                    return shown
        raise _over()

    def _event(
        self, source: Source, device: str, token: str, at: datetime, desks: tuple[str, ...]
    ) -> IdentityPresented:
        return IdentityPresented(
            token=token,
            source=source,
            device=device,
            desks=desks,
            at=at,
            expires_at=self._expires_at(at),
            left_behind=source is Source.CARD and self._lies_there(token),
        )

    def _expires_at(self, at: datetime) -> datetime:
        return expires_at(at, valid_min=self.site.settings.desk.identity_valid_min)

    def _marked(self, view: ReaderView) -> ReaderView:
        if view.token and self._lies_there(view.token):
            return replace(view, state=ReaderState.LEFT_BEHIND)
        return view

    def _lies_there(self, token: str) -> bool:
        return is_left_behind(self.site.store.read(), token, at=self.site.clock())


def version_at(moment: datetime) -> int:
    """Return a hint's version: milliseconds, so that a later change has a greater one."""
    return int(moment.timestamp() * 1000)


def other_desk(field: str, bound: str) -> BadInput:
    """Return the error of a desk, or a device, that is not the caller's."""
    return BadInput(
        "OTHER_DESK",
        Words(f"该窗口或设备属于“{bound}”", f"this desk or device is that of {bound!r}"),
        Words("在本窗口的读卡器或扫码器上出示", "present it at this desk's reader or scanner"),
        field=field,
    )


def _is_bound(place: Place, reader: str) -> bool:
    return bool(place.reader) and place.reader in reader


def _several_cards(readers: Sequence[str]) -> Conflict:
    names = " / ".join(readers)
    return Conflict(
        "SEVERAL_CARDS",
        Words(f"多个读卡器中都有卡：{names}", f"more than one reader holds a card: {names}"),
        Words(
            "只留下当前职工的卡，或指明读卡器",
            "leave only the card of the worker at the desk, or name the reader",
        ),
        field="reader",
    )


def _over() -> Conflict:
    return Conflict(
        "PRESENTATION_OVER",
        Words(
            "所指的卡或码已不在，或已过期",
            "the card or code that is meant is not there any more, or has expired",
        ),
        Words("查看本窗口现在出示的是什么", "look at what is presented at the desk now"),
        field="presentation",
    )
