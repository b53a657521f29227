"""A PSAM that knows the rehearsal's cards of one algorithm, or has a fault."""

from drivers.authentication import KeyAnswers, KeyRequest
from drivers.key_errors import KeyMissing
from drivers.psam import NO_ALGORITHM
from simulators.card.hsm import answers

_SM4 = 3


class FakePsam:
    """Answers for SM4 cards; with ``fault`` it raises that number instead."""

    terminal = "000000000042"

    def __init__(self, fault: int = 0) -> None:
        self.asked = 0
        self._fault = fault

    def answers(self, request: KeyRequest) -> KeyAnswers:
        """Answer, or raise ``KeyMissing``."""
        self.asked += 1
        number = self._fault or (0 if request.algorithm == _SM4 else NO_ALGORITHM)
        if number:
            raise KeyMissing(number=number)
        return answers(request)
