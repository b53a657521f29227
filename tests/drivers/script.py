"""Stand-ins for a powered card: one that follows a script, one that answers from a plan."""

from simulators.card import CardPlan, VirtualCard


class ScriptedCard:
    """Answers the commands it expects, in order, all in hexadecimal; anything else fails."""

    atr = b"\x3b\x00"
    protocol = 0

    def __init__(self, *steps: tuple[str, str]) -> None:
        self._steps = list(steps)

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        """Take one step."""
        expected, answer = self._steps.pop(0)
        assert apdu.hex() == expected
        raw = bytes.fromhex(answer)
        return raw[:-2], int.from_bytes(raw[-2:], "big")

    def is_done(self) -> bool:
        """Tell whether every step was taken."""
        return not self._steps


class PlannedCard:
    """A virtual card without a reader."""

    def __init__(self, plan: CardPlan) -> None:
        self.atr = plan.atr
        self.protocol = plan.protocol
        self._card = VirtualCard(plan)

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        """Pass one command on."""
        raw = self._card.answer(apdu)
        return raw[:-2], int.from_bytes(raw[-2:], "big")
