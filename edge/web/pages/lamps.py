"""The header's lamps: every reader, and the platform as it was last met. Decides nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile

from drivers.monitor import ReaderState, ReaderView
from drivers.scanner import ScannerState, ScannerView
from edge.core.errors import Words
from edge.core.reminders import Reminder
from edge.core.verification import Basis
from edge.store.verifications import last_asked
from edge.web.desk import Desk
from edge.web.look import Colour, Lamp
from edge.web.texts import words
from sync.breaker import Circuit, State

LAMPS_MAX = 4
"""Readers shown; a desk has one or two."""

_SCANNER_COLOURS = {
    ScannerState.OFFLINE: Colour.BAD,
    ScannerState.ONLINE: Colour.GOOD,
    ScannerState.SCANNED: Colour.GOOD,
    ScannerState.UNUSABLE: Colour.BAD,
    ScannerState.FAULT: Colour.BAD,
}
_READER_COLOURS = {
    ReaderState.SERVICE_DOWN: Colour.BAD,
    ReaderState.NO_READER: Colour.BAD,
    ReaderState.EMPTY: Colour.GOOD,
    ReaderState.READING: Colour.BUSY,
    ReaderState.PRESENT: Colour.GOOD,
    ReaderState.MUTE: Colour.BAD,
    ReaderState.FAULT: Colour.BAD,
    ReaderState.STUCK: Colour.BAD,
    ReaderState.LEFT_BEHIND: Colour.BAD,
    ReaderState.OFFLINE: Colour.BAD,
}


def reader_state(state: ReaderState) -> tuple[Colour, Words]:
    """Return how a reader's state is shown."""
    return _READER_COLOURS[state], words(f"reader.{state.value}")


def scanner_state(state: ScannerState) -> tuple[Colour, Words]:
    """Return how a scanner's state is shown."""
    return _SCANNER_COLOURS[state], words(f"scanner.{state.value}")


def lamps(desk: Desk, at: str = "") -> tuple[Lamp, ...]:
    """Return the lamps of one header: the devices of the desk ``at``, and the platform."""
    met_at, answered = _last_met(desk)
    scanner = desk.scanner_at(at)
    return (
        *reader_lamps(desk.shown_at(at)),
        *([scanner_lamp(scanner)] if scanner else []),
        *due_lamps(desk.reminded.of(desk.site)),
        _through(
            desk.site.settings.sync.transport,
            circuit_lamp(desk.site.platform.circuit()) or platform_lamp(met_at, answered=answered),
        ),
    )


def due_lamps(raised: Sequence[Reminder]) -> tuple[Lamp, ...]:
    """Return the lamp of what is due by a day of the month: none while nothing is."""
    if not raised:
        return ()
    first = raised[0]
    count, day = len(raised), f"{first.due_on:%m-%d}"
    if first.overdue:
        lamp = Lamp(words("lamp.due"), Colour.BAD, words("due.overdue", count=count, day=day))
    else:
        lamp = Lamp(words("lamp.due"), Colour.BUSY, words("due.soon", count=count, day=day))
    return (lamp,)


def scanner_lamp(view: ScannerView) -> Lamp:
    """Return the lamp of a desk's scanner."""
    return Lamp(words("lamp.scanner"), *scanner_state(view.state))


def reader_lamps(views: Sequence[ReaderView]) -> tuple[Lamp, ...]:
    """Return one lamp a reader; several are told apart by what differs in their names."""
    shown = views[:LAMPS_MAX]
    marks = _marks([view.name for view in shown])
    return tuple(_reader(view, mark) for view, mark in zip(shown, marks, strict=True))


def platform_lamp(met_at: datetime | None, *, answered: bool) -> Lamp:
    """Return the platform's lamp: unknown before anybody asked it anything."""
    if met_at is None:
        return Lamp(words("lamp.platform"), Colour.UNKNOWN, words("platform.not_asked"))
    if answered:
        return Lamp(words("lamp.platform"), Colour.GOOD, words("platform.online"))
    return Lamp(words("lamp.platform"), Colour.BAD, words("platform.unreachable"))


def circuit_lamp(circuit: Circuit | None) -> Lamp | None:
    """Return the platform's lamp while it is silent and left in peace; else None."""
    if circuit is None or circuit.state is State.CLOSED:
        return None
    return Lamp(words("lamp.platform"), Colour.BAD, words("platform.circuit"))


def _through(transport: str, lamp: Lamp) -> Lamp:
    """Say of the platform's lamp that the group's office stands between, where it does."""
    if transport == "https":
        return lamp
    via = words("platform.via_group")
    state = Words(f"{via.zh}{lamp.state.zh}", f"{lamp.state.en}, {via.en}")
    return replace(lamp, state=state)


def _reader(view: ReaderView, mark: str) -> Lamp:
    name = words("lamp.reader")
    label = Words(f"{name.zh} {mark}", f"{name.en} {mark}") if mark else name
    return Lamp(label, *reader_state(view.state))


def _marks(names: Sequence[str]) -> list[str]:
    if len(names) < 2:  # noqa: PLR2004 - one needs no telling apart
        return ["" for _ in names]
    words = [name.split() for name in names]
    alike = len(list(takewhile(lambda same: len(set(same)) == 1, zip(*words, strict=False))))
    return [" ".join(own[alike:]) or name for own, name in zip(words, names, strict=True)]


def _last_met(desk: Desk) -> tuple[datetime | None, bool]:
    """Return the newer of the last delivery's and the last verification's experience."""
    met = [(contact.at, contact.answered) for contact in [desk.relay.last_contact()] if contact]
    asked = last_asked(desk.site.store.read())
    if asked:
        at, basis = asked
        met.append((at, basis == Basis.ONLINE))
    return max(met, default=(None, False))
