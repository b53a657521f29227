"""What an agent and the service say to each other, as JSON (docs/agent.md). Sends nothing.

Moments go as ages in seconds: the clocks of two machines differ. What came from the other side is
checked for form, bounded, and never printed where it names a person.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, TypedDict, TypeVar

import msgspec

from drivers import agent_errors, key_errors, records, scan_errors
from drivers.authentication import KeyAnswers, KeyRequest
from drivers.cards import CardRecord
from drivers.errors import DriverError, ReaderFault
from drivers.monitor import Presented, ReaderState, ReaderView
from drivers.psam_slot import PsamPlan
from drivers.scan_errors import BadScan, ScannerFault
from drivers.scanner import Scanned, ScannerState, ScannerView

T = TypeVar("T")

DEVICES_MAX = 16
"""Readers that one desk may have."""

TEXT_MAX = 400
"""Characters of any name, code or sentence that is told."""

ANSWER_BYTES_MAX = 64 * 1024

_VOCABULARIES = (agent_errors, key_errors, scan_errors)  # imported, so that `_kinds` knows them


class BadMessage(Exception):
    """What the other side sent is not what was agreed; quotes nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultNow:
    """An error of a driver, told to the other side."""

    code: str
    field: str
    number: int
    text: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderNow:
    """One reader; ``token`` names the presentation of its card, empty while there is none."""

    name: str
    state: ReaderState
    age_s: float
    token: str = ""
    fault: FaultNow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerNow:
    """The desk's scanner; ``token`` names the code that waits, which itself stays at the desk."""

    device: str
    state: ScannerState
    age_s: float
    token: str = ""
    fault: FaultNow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesNow:
    """All that stands at the desk, as it is now. Never what was before, and nobody's identity."""

    readers: tuple[ReaderNow, ...]
    scanner: ScannerNow | None = None
    terminal: str = ""
    """The number of the PSAM in the readers, where one is."""


class Do(Enum):
    """What the service asks of an agent."""

    CARD = "card"
    """The card that is presented."""
    READ_AGAIN = "read_again"
    TAKE_CODE = "take_code"
    BEGIN_KEYS = "begin_keys"
    FINISH_KEYS = "finish_keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing asked, good for ``s_max`` seconds after it was sent."""

    id: str
    do: Do
    s_max: float
    reader: str = ""
    answers: KeyAnswers | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardNow:
    """A card as it was read; sent only as the answer to a request."""

    token: str
    reader: str
    age_s: float
    record: CardRecord = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeNow:
    """A code that was scanned; sent only as the answer to a request."""

    token: str
    device: str
    age_s: float
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of the request ``id``: one of these, or none of them (nothing waits there)."""

    id: str
    card: CardNow | None = None
    code: CodeNow | None = None
    keys: KeyRequest | None = None
    free: bool = False
    """The card reads without a key."""
    fault: FaultNow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Who comes: for which desk, from which installation, called what in its network."""

    desk: str
    installation: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerSettings:
    """How the desk's scanner is set up, as the site's settings have it."""

    device: str
    baud_rate: int
    prefix: str
    suffix: str
    length_max: int
    quiet_s: float
    hold_s: float
    e_card_form: str
    e_voucher_form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """A session with the service: how often to be heard, and the desk's scanner and PSAM."""

    session: str
    beat_s: float
    wait_s: float
    scanner: ScannerSettings | None = None
    psam: PsamPlan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOutcome:
    """What the holder of the key made of a card's challenges, or why nothing."""

    answers: KeyAnswers | None = None
    fault: FaultNow | None = None


def encode(message: object) -> bytes:
    """Return a message as JSON."""
    return msgspec.json.encode(message)


def decode(raw: bytes, kind: type[T]) -> T:
    """Read a message.

    Raises:
        BadMessage: it is not of that kind.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise BadMessage(kind.__name__) from wrong


def schema(kind: type) -> dict[str, Any]:
    """Return the JSON schema of a message."""
    return msgspec.json.schema(kind)


def fault_now(error: DriverError) -> FaultNow:
    """Return an error as it is told."""
    return FaultNow(
        code=error.code,
        field=error.field,
        number=error.number,
        text=error.text,
        text_en=error.text_en,
    )


def error_of(fault: FaultNow) -> DriverError:
    """Return the error that was told, of its own kind; an unknown one is a reader's fault."""
    kind = _kinds().get(fault.code, ReaderFault)
    return kind.told(
        field=fault.field[:TEXT_MAX],
        number=fault.number,
        text=fault.text[:TEXT_MAX],
        text_en=fault.text_en[:TEXT_MAX],
    )


def reader_now(view: ReaderView, now: datetime) -> ReaderNow:
    """Return a reader's state as it is told."""
    return ReaderNow(name=view.name, state=view.state, **_told(view, now))


def reader_view(told: ReaderNow, now: datetime) -> ReaderView:
    """Return a reader's state as it was told, in our own time."""
    error = error_of(told.fault) if told.fault else None
    return ReaderView(told.name[:TEXT_MAX], told.state, error=error, **_heard(told, now))


def scanner_now(view: ScannerView, now: datetime) -> ScannerNow:
    """Return a scanner's state as it is told."""
    return ScannerNow(device=view.device, state=view.state, **_told(view, now))


def scanner_view(told: ScannerNow, now: datetime) -> ScannerView:
    """Return a scanner's state as it was told, in our own time."""
    error = error_of(told.fault) if told.fault else None
    known = error if isinstance(error, ScannerFault | BadScan) else None
    return ScannerView(told.device[:TEXT_MAX], told.state, error=known, **_heard(told, now))


def card_now(card: Presented, now: datetime) -> CardNow:
    """Return a card as it is answered."""
    age_s = _age_s(card.at, now)
    return CardNow(token=card.token, reader=card.reader, age_s=age_s, record=card.record)


def presented(told: CardNow, now: datetime) -> Presented:
    """Return the card that was answered.

    Raises:
        BadCardData: its number is none, which no reading of ours gives.
    """
    records.citizen_number(told.record.social_security_number.encode())
    return Presented(told.token, told.reader, told.record, _since(told.age_s, now))


def code_now(code: Scanned, now: datetime) -> CodeNow:
    """Return a scanned code as it is answered."""
    age_s = _age_s(code.at, now)
    return CodeNow(token=code.token, device=code.device, age_s=age_s, text=code.text)


def scanned(told: CodeNow, now: datetime) -> Scanned:
    """Return the code that was answered."""
    return Scanned(told.token, told.device, told.text, _since(told.age_s, now))


def attempt(request_id: str, act: Callable[[], Answer]) -> Answer:
    """Return what ``act`` answers, or its error as an answer."""
    try:
        return act()
    except DriverError as error:
        return Answer(id=request_id, fault=fault_now(error))


class _Told(TypedDict):
    """What is told of a reader and of a scanner alike."""

    age_s: float
    token: str
    fault: FaultNow | None


class _Heard(TypedDict):
    """What is heard of both."""

    since: datetime
    token: str


def _told(view: ReaderView | ScannerView, now: datetime) -> _Told:
    fault = fault_now(view.error) if view.error else None
    return {"age_s": _age_s(view.since, now), "token": view.token, "fault": fault}


def _heard(told: ReaderNow | ScannerNow, now: datetime) -> _Heard:
    return {"since": _since(told.age_s, now), "token": told.token[:TEXT_MAX]}


def _age_s(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())


def _since(age_s: float, now: datetime) -> datetime:
    return now - timedelta(seconds=min(max(0.0, age_s), _AGE_S_MAX))


_AGE_S_MAX = 10 * 24 * 3600.0


@cache
def _kinds() -> dict[str, type[DriverError]]:
    return {kind.kind.name: kind for kind in _tree(DriverError) if "kind" in vars(kind)}


def _tree(kind: type[DriverError]) -> Iterator[type[DriverError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _tree(below)
