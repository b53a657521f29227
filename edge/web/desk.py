"""What the endpoints and pages of one service work with: the site, its devices, its hints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drivers.errors import DriverError, NoCard, ReaderMissing
from drivers.monitor import Monitor, Presented, ReaderEvent, ReaderState, ReaderView
from drivers.scanner import Scanned, Scanner, ScannerState
from edge.core.errors import BadInput, Conflict, EdgeError, Words
from edge.settings import Place
from edge.site import Site
from edge.steps.clear_case import clear_case
from edge.web.events import Hints
from edge.web.handovers import Handovers
from sync.relay import Relay

_HOLDING = frozenset({ReaderState.READING, ReaderState.PRESENT})
_INSERTED = _HOLDING | {ReaderState.FAULT}
_SHOWN = frozenset({ScannerState.SCANNED, ScannerState.UNUSABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The site behind the pages, the devices before them, and who to tell when things change.

    ``scanners`` are by the name of their desk.
    """

    site: Site
    monitor: Monitor
    hints: Hints
    relay: Relay
    handovers: Handovers
    scanners: Mapping[str, Scanner] = field(default_factory=dict)

    def place(self, desk: str) -> Place | None:
        """Return the desk as the settings have it; None where they bind nothing to it."""
        return next((place for place in self.site.settings.desks if place.name == desk), None)

    def desks_of(self, reader: str) -> list[str]:
        """Return the desks to which a reader is bound by a part of its name."""
        return [place.name for place in self.site.settings.desks if _is_bound(place, reader)]

    def readers_at(self, desk: str) -> list[ReaderView]:
        """Return the readers that serve a desk: those bound to it, or every one bound to none.

        Without a desk, every reader.
        """
        place = self.place(desk)
        views = [view for view in self.monitor.readers() if view.name]
        if place is None or not place.reader:
            return [view for view in views if not desk or not self.desks_of(view.name)]
        return [view for view in views if _is_bound(place, view.name)]

    def presented(self, reader: str = "", *, desk: str = "") -> Presented | Scanned:
        """Return what was presented last at ``desk``: its reader's card, or its scanner's code.

        A code is taken: nobody gets it again. ``reader`` names the one reader to look at. A card
        that is still being read is waited for, as long as the monitor has patience.

        Raises:
            DriverError: what keeps card or code from being used, or that there is neither.
            Conflict: SEVERAL_CARDS, when no reader is named and more than one holds a card.
            BadInput: OTHER_DESK, when the reader is bound to another desk.
        """
        scanner = None if reader else self.scanners.get(desk)
        shown = scanner.view() if scanner else None
        if scanner is None or shown is None or shown.state not in _SHOWN:
            return self.card(reader, desk=desk)
        try:
            card = self.card(reader, desk=desk)
        except DriverError:
            return scanner.take()
        return card if card.at > shown.since else scanner.take()

    def card(self, reader: str = "", *, desk: str = "") -> Presented:
        """Return the card in ``reader``, or in the one reader of ``desk`` that holds a card.

        Raises:
            DriverError, Conflict, BadInput: as ``presented``.
        """
        name = self._reader_with_card(self._looked_at(reader, desk), _HOLDING)
        return self.monitor.presented(name) or self.monitor.read_again(name)

    def reader_with_card(self, reader: str = "", *, desk: str = "") -> str:
        """Return which reader holds the card that is meant, readable or not.

        Raises:
            DriverError, Conflict, BadInput: as ``presented``.
        """
        return self._reader_with_card(self._looked_at(reader, desk), _INSERTED)

    def _reader_with_card(self, views: Sequence[ReaderView], states: frozenset[ReaderState]) -> str:
        holding = [view.name for view in views if view.state in states]
        if len(holding) > 1:
            raise _several_cards(holding)
        if holding:
            return holding[0]
        for view in views:
            if view.error:
                # One object for as long as the card is in: each raise would lengthen its trace.
                raise view.error.with_traceback(None)
        raise NoCard(field="reader")

    def changed(self, topic: str, subject: str) -> None:
        """Tell every open page that ``subject`` is worth fetching again, and the relay to look.

        Call it after the commit: the act may have put a message in the outbox.
        """
        self.hints.publish(topic, subject, version_at(self.site.clock()))
        self.relay.wake()

    def reader_changed(self, event: ReaderEvent) -> None:
        """Pass a reader's news on; a card that was read clears the case of the reader's desks."""
        self.changed("reader", event.reader)
        if self._state_of(event.reader) is not ReaderState.READING:
            self.handovers.forget(event.reader)
        card = self.monitor.presented(event.reader)
        if event.state is ReaderState.PRESENT and card:
            for desk in self.desks_of(event.reader):
                self._begin_anew(desk, card.token)

    def scanner_changed(self, desk: str) -> None:
        """Pass a scanner's news on; a code that was scanned clears the desk's case."""
        self.changed("scanner", desk)
        scanned = self.scanners[desk].waiting()
        if scanned:
            self._begin_anew(desk, scanned.token)

    def _state_of(self, reader: str) -> ReaderState | None:
        """Return what a reader shows now, which may be later than any event."""
        views = self.monitor.readers()
        return next((view.state for view in views if view.name == reader), None)

    def _begin_anew(self, desk: str, presentation: str) -> None:
        try:
            clear_case(self.site, desk, presentation=presentation)
        except EdgeError as fault:
            # The disk's fault must not end the watch; a later identification clears the case too.
            self.site.log.warning("case.not_cleared", code=fault.code, desk=desk)
        self.changed("presentation", desk)

    def _looked_at(self, reader: str, desk: str) -> list[ReaderView]:
        if not reader:
            views = self.readers_at(desk)
        else:
            views = [view for view in self.monitor.readers() if view.name == reader]
            bound = self.desks_of(reader)
            if desk and bound and desk not in bound:
                raise other_desk("reader", bound[0])
        if not views:
            raise ReaderMissing(field="reader")
        return views


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


def _several_cards(readers: list[str]) -> Conflict:
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
