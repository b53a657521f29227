"""A virtual PSAM: it knows the rehearsal's master key, derives cards' keys and encrypts with them.

Its commands are those of `drivers.psam_slot`'s plan as settings give it; a real one's may differ.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from drivers.apdu import Status
from simulators.card.hsm import derived, encrypted
from simulators.card.plan import CardPlan, foreign_card
from simulators.card.virtual import VirtualCard

PSAM_AID = bytes.fromhex("D15600000590")
TERMINAL = "000000000042"

_READ_BINARY, _DERIVE, _COMPUTE = 0xB0, 0x1A, 0xFA
_TERMINAL_FILE = 0x96
_KEY_USE = 0x48
_BLOCK_BYTES = 8
_MASTER_FILE = bytes.fromhex("3F00")


def psam_card(terminal: str = TERMINAL) -> CardPlan:
    """Return a PSAM with this terminal number, twelve digits."""
    plan = foreign_card(PSAM_AID)
    return replace(plan, atr=bytes.fromhex("3B6900005053414D2D52454845"), terminal=terminal)


def powered(plan: CardPlan) -> VirtualCard:
    """Return what ``plan`` is, under power: a card, or a PSAM."""
    return VirtualPsam(plan) if plan.terminal else VirtualCard(plan)


class VirtualPsam(VirtualCard):
    """A PSAM under power. It gives no key away, only what it makes of eight bytes."""

    classes = frozenset({0x00, 0x80})

    def power_on(self) -> None:
        """Reset: no key is derived."""
        super().power_on()
        self._key = b""

    @property
    def _giving(self) -> Mapping[int, Callable[[int, int, int], tuple[bytes, int]]]:
        return {**super()._giving, _READ_BINARY: self._read_binary}

    @property
    def _taking(self) -> Mapping[int, Callable[[int, bytes], tuple[bytes, int]]]:
        return {**super()._taking, _DERIVE: self._derive, _COMPUTE: self._compute}

    def _select_folder(self, name: bytes) -> tuple[bytes, int]:
        return b"", Status.DONE if name == _MASTER_FILE else Status.FILE_NOT_FOUND

    def _read_binary(self, p1: int, _p2: int, length: int) -> tuple[bytes, int]:
        held = bytes.fromhex(self.plan.terminal)
        if p1 != _TERMINAL_FILE:
            return b"", Status.FILE_NOT_FOUND
        return (held, Status.DONE) if length == len(held) else (b"", 0x6C00 | len(held))

    def _derive(self, p1: int, factors: bytes) -> tuple[bytes, int]:
        if not self._selected or p1 != _KEY_USE:
            return b"", Status.DATA_NOT_FOUND
        if not factors or len(factors) % _BLOCK_BYTES:
            return b"", Status.WRONG_LENGTH
        blocks = range(0, len(factors), _BLOCK_BYTES)
        self._key = derived(factors[at : at + _BLOCK_BYTES] for at in blocks)
        return b"", Status.DONE

    def _compute(self, _p1: int, data: bytes) -> tuple[bytes, int]:
        key, self._key = self._key, b""
        if not key:
            return b"", Status.NOT_IN_THIS_STATE
        if len(data) != _BLOCK_BYTES:
            return b"", Status.WRONG_LENGTH
        return encrypted(key, data), Status.DONE
