"""The header's lamps: every reader, and the platform as it was last met. Decides nothing."""

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile

from drivers.monitor import ReaderState, ReaderView
from drivers.scanner import ScannerState, ScannerView
from edge.core.errors import Words
from edge.core.verification import Basis
from edge.store.verifications import last_asked
from edge.web.desk import Desk
from edge.web.look import Colour, Lamp
from sync.breaker import Circuit, State

LAMPS_MAX = 4
"""Readers shown; a desk has one or two."""

_READER = Words("读卡器", "Reader")
_PLATFORM = Words("平台", "Platform")
_SCANNER = Words("扫码器", "Scanner")
_SCANNER_STATES = {
    ScannerState.OFFLINE: (Colour.BAD, Words("未连接", "none")),
    ScannerState.ONLINE: (Colour.GOOD, Words("请扫码", "ready")),
    ScannerState.SCANNED: (Colour.GOOD, Words("已扫码", "code scanned")),
    ScannerState.UNUSABLE: (Colour.BAD, Words("不是电子社保卡", "no e-card")),
    ScannerState.FAULT: (Colour.BAD, Words("无法打开", "fault")),
}
_READER_STATES = {
    ReaderState.SERVICE_DOWN: (Colour.BAD, Words("读卡服务未运行", "service down")),
    ReaderState.NO_READER: (Colour.BAD, Words("未连接", "none")),
    ReaderState.EMPTY: (Colour.GOOD, Words("请插卡", "empty")),
    ReaderState.READING: (Colour.BUSY, Words("正在读卡", "reading")),
    ReaderState.PRESENT: (Colour.GOOD, Words("有卡", "card present")),
    ReaderState.MUTE: (Colour.BAD, Words("卡无应答", "mute card")),
    ReaderState.FAULT: (Colour.BAD, Words("读卡失败", "fault")),
    ReaderState.STUCK: (Colour.BAD, Words("读卡器无响应", "stuck")),
    ReaderState.LEFT_BEHIND: (Colour.BAD, Words("请取走卡", "card left behind")),
    ReaderState.OFFLINE: (Colour.BAD, Words("读卡程序未连接", "agent offline")),
}


DEVICE_STATES: dict[str, tuple[Colour, Words]] = {
    **{state.value: shown for state, shown in _SCANNER_STATES.items()},
    **{state.value: shown for state, shown in _READER_STATES.items()},
}
"""How a device's state is shown, whatever device it is."""


def lamps(desk: Desk, at: str = "") -> tuple[Lamp, ...]:
    """Return the lamps of one header: the devices of the desk ``at``, and the platform."""
    met_at, answered = _last_met(desk)
    scanner = desk.scanner_at(at)
    return (
        *reader_lamps(desk.shown_at(at)),
        *([scanner_lamp(scanner)] if scanner else []),
        circuit_lamp(desk.site.platform.circuit()) or platform_lamp(met_at, answered=answered),
    )


def scanner_lamp(view: ScannerView) -> Lamp:
    """Return the lamp of a desk's scanner."""
    return Lamp(_SCANNER, *_SCANNER_STATES[view.state])


def reader_lamps(views: Sequence[ReaderView]) -> tuple[Lamp, ...]:
    """Return one lamp a reader; several are told apart by what differs in their names."""
    shown = views[:LAMPS_MAX]
    marks = _marks([view.name for view in shown])
    return tuple(_reader(view, mark) for view, mark in zip(shown, marks, strict=True))


def platform_lamp(met_at: datetime | None, *, answered: bool) -> Lamp:
    """Return the platform's lamp: unknown before anybody asked it anything."""
    if met_at is None:
        return Lamp(_PLATFORM, Colour.UNKNOWN, Words("尚未联系", "not asked yet"))
    if answered:
        return Lamp(_PLATFORM, Colour.GOOD, Words("在线", "online"))
    return Lamp(_PLATFORM, Colour.BAD, Words("无法连接", "unreachable"))


def circuit_lamp(circuit: Circuit | None) -> Lamp | None:
    """Return the platform's lamp while it is silent and left in peace; else None."""
    if circuit is None or circuit.state is State.CLOSED:
        return None
    return Lamp(_PLATFORM, Colour.BAD, Words("无应答，暂停联系", "silent, left in peace"))


def _reader(view: ReaderView, mark: str) -> Lamp:
    colour, state = _READER_STATES[view.state]
    label = Words(f"{_READER.zh} {mark}", f"{_READER.en} {mark}") if mark else _READER
    return Lamp(label, colour, state)


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
