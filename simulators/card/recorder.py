"""Virtual cards whose exchanges are kept as masked traces (`drivers.trace`), in one file."""

from pathlib import Path

from drivers.trace import Recording, written
from simulators.card.plan import CardPlan
from simulators.card.psam import VirtualPsam
from simulators.card.virtual import CardGone, CardSilent, VirtualCard

_STATUS_BYTES = 2


class Recorder:
    """Makes cards (``made``) and writes what passed (``save``); each insertion is a trace."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._recordings: list[Recording] = []

    def made(self, plan: CardPlan) -> VirtualCard:
        """Return a card whose exchange is kept; of a PSAM nothing is."""
        if plan.terminal:
            return VirtualPsam(plan)
        recording = Recording(plan.atr, plan.protocol)
        self._recordings.append(recording)
        return _HeardCard(plan, recording)

    def save(self) -> None:
        """Write the traces; of a card that nobody spoke to there is none."""
        traces = (recording.trace() for recording in self._recordings)
        text = written(trace for trace in traces if trace.steps)
        self._file.write_text(text, encoding="ascii")


class _HeardCard(VirtualCard):
    def __init__(self, plan: CardPlan, recording: Recording) -> None:
        super().__init__(plan)
        self._recording = recording

    def answer(self, apdu: bytes) -> bytes:
        try:
            answer = super().answer(apdu)
        except (CardGone, CardSilent):
            self._recording.take(apdu, b"", None)
            raise
        data, status = answer[:-_STATUS_BYTES], answer[-_STATUS_BYTES:]
        self._recording.take(apdu, data, int.from_bytes(status, "big"))
        return answer
