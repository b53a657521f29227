"""What passed between us and a card, without the person: recorded, written down, played again.

A trace from a hospital's own reader shows why a card cannot be read, and becomes a test. `masking`
takes the person out before anything is kept, so no trace ever holds a name or a number.
"""

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from drivers.authentication import ANSWER_BYTES, KeyAnswers, KeyRequest
from drivers.errors import CardRemoved, DriverError
from drivers.masking import Masker
from drivers.transport import Transport

STEPS_MAX = 2_000
"""Commands kept of one card; what follows is not recorded."""

HEADER = "# card trace 1: names, numbers and keys are masked"
_LINE = re.compile(r"(atr|>) ([0-9A-F]{2})+|protocol [01]|< ([0-9A-F]{2}){2,}|!")
_SHAPE = re.compile(r"ap(>[<!])*")
_STATUS_BYTES = 2
_NO_SUCH_COMMAND = 0x6F00


@dataclass(frozen=True, slots=True)
class Step:
    """One command and its answer, masked; without an ``answer`` the card gave none."""

    command: bytes
    answer: bytes
    status: int | None


@dataclass(frozen=True, slots=True)
class Trace:
    """One card from power-on to power-off, masked."""

    atr: bytes
    protocol: int
    steps: tuple[Step, ...] = ()


class Recorded:
    """A card (`Transport`) whose exchange is kept, masked; give it to whoever reads the card."""

    def __init__(self, card: Transport) -> None:
        self.atr = card.atr
        self.protocol = card.protocol
        self._card = card
        self._recording = Recording(card.atr, card.protocol)

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        """Pass one command on."""
        try:
            data, status = self._card.transmit(apdu)
        except DriverError:
            self._recording.take(apdu, b"", None)
            raise
        self._recording.take(apdu, data, status)
        return data, status

    def trace(self) -> Trace:
        """Return what was kept so far."""
        return self._recording.trace()


class Recording:
    """A trace in the making, masked as it grows."""

    def __init__(self, atr: bytes, protocol: int) -> None:
        self._masker = Masker(atr)
        self._protocol = protocol
        self._steps: list[Step] = []

    def take(self, command: bytes, data: bytes, status: int | None) -> None:
        """Keep one exchange; ``status`` None: no answer came."""
        if len(self._steps) < STEPS_MAX:
            masked = self._masker.command(command), self._masker.answer(command, data)
            self._steps.append(Step(*masked, status))

    def trace(self) -> Trace:
        """Return what was kept so far."""
        return Trace(self._masker.atr, self._protocol, tuple(self._steps))


class Replayed:
    """A trace as a card (`Transport`): the same answers to the same commands, in their order.

    The last answer to a command is given again; a command that was never sent is refused (6F00).
    """

    def __init__(self, trace: Trace) -> None:
        self.atr = trace.atr
        self.protocol = trace.protocol
        self._masker = Masker(trace.atr)
        self._answers: dict[bytes, deque[Step]] = {}
        for step in trace.steps:
            self._answers.setdefault(step.command, deque()).append(step)

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        """Answer as the card did.

        Raises:
            CardRemoved: it gave no answer.
        """
        left = self._answers.get(self._masker.command(apdu))
        if not left:
            return b"", _NO_SUCH_COMMAND
        step = left.popleft() if len(left) > 1 else left[0]
        if step.status is None:
            raise CardRemoved
        return step.answer, step.status


def replayed_key(_request: KeyRequest) -> KeyAnswers:
    """Answer as the holder of a traced card's key: its proofs are masked, too."""
    return KeyAnswers(internal=bytes(ANSWER_BYTES), external=bytes(ANSWER_BYTES))


def written(traces: Iterable[Trace]) -> str:
    """Return the traces as lines: ``>`` a command, ``<`` its answer, ``!`` none."""
    lines = [HEADER]
    for trace in traces:
        lines += ["", f"atr {_hex(trace.atr)}", f"protocol {trace.protocol}"]
        for step in trace.steps:
            lines.append(f"> {_hex(step.command)}")
            said = "!" if step.status is None else f"< {_hex(step.answer)}{step.status:04X}"
            lines.append(said)
    return "\n".join(lines) + "\n"


def read_traces(text: str) -> tuple[Trace, ...]:
    """Read what ``written`` wrote.

    Raises:
        ValueError: a line, named by its number, that is none of a trace's or not in its place.
    """
    cards: list[list[str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("atr "):
            cards.append([])
        if not cards or not _LINE.fullmatch(line):
            raise ValueError(f"line {number}")
        cards[-1].append(line)
    return tuple(map(_trace, cards))


def _trace(lines: list[str]) -> Trace:
    kinds = "".join(line[0] for line in lines)
    if not _SHAPE.fullmatch(kinds):
        raise ValueError(f"the card {lines[0]} is no trace: {kinds}")
    atr, protocol, *steps = (line.partition(" ")[2] for line in lines)
    pairs = zip(steps[::2], steps[1::2], strict=True)
    return Trace(bytes.fromhex(atr), int(protocol), tuple(_step(*pair) for pair in pairs))


def _step(command: str, said: str) -> Step:
    answer = bytes.fromhex(said)
    status = int.from_bytes(answer[-_STATUS_BYTES:], "big") if answer else None
    return Step(bytes.fromhex(command), answer[:-_STATUS_BYTES], status)


def _hex(raw: bytes) -> str:
    return raw.hex().upper()
