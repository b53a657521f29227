"""A virtual card under power: an ISO 7816 file tree that answers APDUs, and fails as planned.

Links to no reader: `simulators.reader` does.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping

from drivers.apdu import RecordMode, Status
from drivers.authentication import CHALLENGE_BYTES
from drivers.records import INJURY_FOLDER
from simulators.card.hsm import proof
from simulators.card.plan import EVERY, CardPlan, Strike

TRIES = 3
"""Wrong PINs, and wrong authentications, that a card takes before it locks."""

_SELECT, _GET_RESPONSE, _READ_RECORD = 0xA4, 0xC0, 0xB2
_CHALLENGE, _INTERNAL, _EXTERNAL, _VERIFY = 0x84, 0x88, 0x82, 0x20
_HEADER_BYTES = 5
_BY_FILE_ID, _BY_NAME = 0x00, 0x04
_LOCKED = 0x6983
_IN_INJURY_FOLDER = frozenset({0x15, 0x17})
_NONSENSE = bytes(range(0xF0, 0x100))


class CardGone(Exception):
    """The card left the reader before it answered."""


class CardSilent(Exception):
    """The card does not answer this command, and never will."""


class VirtualCard:
    """A `CardPlan` under power: answers APDUs one at a time."""

    classes = frozenset({0x00})
    """The class bytes that it knows."""

    def __init__(self, plan: CardPlan) -> None:
        self.plan = plan
        self._pin_tries = self._key_tries = TRIES
        self._challenges_given = 0
        self.power_on()

    def power_on(self) -> None:
        """Reset: nothing is selected, proved or waiting to be fetched."""
        self._selected = False
        self._folder = b""
        self._authenticated = False
        self._challenge = b""
        self._offered = self._waiting = b""
        self._apdus = 0

    def answer(self, apdu: bytes) -> bytes:
        """Return data and status word.

        Raises:
            CardGone, CardSilent: as the plan says for this APDU.
        """
        self._apdus += 1
        strikes = self.plan.strikes
        strike = strikes.get(self._apdus) or strikes.get(EVERY)
        if strike is None:
            data, status = self._perform(apdu)
            return data + status.to_bytes(2, "big")
        return self._fail(strike, apdu)

    def _fail(self, strike: Strike, apdu: bytes) -> bytes:
        match strike.kind:
            case "pull":
                raise CardGone
            case "silence":
                raise CardSilent
            case "garbage":
                return _NONSENSE
            case "refuse":
                return strike.status.to_bytes(2, "big")
            case "slow":
                time.sleep(strike.pause_s)
        data, status = self._perform(apdu)
        if strike.kind == "short":
            data = data[:-1]
        elif strike.kind == "long":
            data += b"\0"
        return data + status.to_bytes(2, "big")

    def _perform(self, apdu: bytes) -> tuple[bytes, int]:
        if len(apdu) < _HEADER_BYTES:
            return b"", Status.WRONG_LENGTH
        cla, ins, p1, p2, length = apdu[:_HEADER_BYTES]
        if cla not in self.classes:
            return b"", Status.UNKNOWN_CLASS
        # What an answer offered is gone once another command came.
        self._offered, self._waiting = self._waiting, b""
        if ins in self._giving:
            return self._giving[ins](p1, p2, length)
        if ins in self._taking:
            data = apdu[_HEADER_BYTES:]
            # Case 4 under T=1 ends with Le.
            return self._take(ins, p1, data[:-1] if self.plan.protocol and data else data, length)
        return b"", Status.UNKNOWN_INSTRUCTION

    @property
    def _giving(self) -> Mapping[int, Callable[[int, int, int], tuple[bytes, int]]]:
        """The commands that ask for data, by instruction."""
        return {
            _GET_RESPONSE: self._get_response,
            _READ_RECORD: self._read_record,
            _CHALLENGE: self._give_challenge,
        }

    @property
    def _taking(self) -> Mapping[int, Callable[[int, bytes], tuple[bytes, int]]]:
        """The commands that bring data, by instruction."""
        return {
            _SELECT: self._select,
            _INTERNAL: self._prove,
            _EXTERNAL: self._check_proof,
            _VERIFY: self._verify,
        }

    def _take(self, ins: int, p1: int, data: bytes, length: int) -> tuple[bytes, int]:
        if length != len(data):
            return b"", Status.WRONG_LENGTH
        answer, status = self._taking[ins](p1, data)
        if not answer or self.plan.protocol:
            return answer, status
        self._waiting = answer
        return b"", 0x6100 | len(answer)

    def _select(self, p1: int, name: bytes) -> tuple[bytes, int]:
        if p1 == _BY_FILE_ID:
            return self._select_folder(name)
        if p1 != _BY_NAME:
            return b"", Status.WRONG_P1_P2
        self._authenticated = self._authenticated and name == self.plan.aid
        if name != self.plan.aid:
            return b"", Status.FILE_NOT_FOUND
        self._selected = True
        self._folder = b""
        return self.plan.fci, Status.DONE

    def _select_folder(self, name: bytes) -> tuple[bytes, int]:
        if not self._selected or name != INJURY_FOLDER or not self.plan.files.keys() & {0x15, 0x17}:
            return b"", Status.FILE_NOT_FOUND
        self._folder = name
        return b"", Status.DONE

    def _get_response(self, _p1: int, _p2: int, length: int) -> tuple[bytes, int]:
        waiting = self._offered
        if not waiting:
            return b"", Status.NOT_IN_THIS_STATE
        if length != len(waiting):
            self._waiting = waiting
            return b"", 0x6C00 | len(waiting)
        return waiting, Status.DONE

    def _read_record(self, p1: int, p2: int, length: int) -> tuple[bytes, int]:
        sfi = p2 >> 3
        here = INJURY_FOLDER if sfi in _IN_INJURY_FOLDER else b""
        if not self._selected or sfi not in self.plan.files or here != self._folder:
            return b"", Status.FILE_NOT_FOUND
        if sfi in self.plan.guarded and not self._authenticated:
            return b"", Status.SECURITY_NOT_SATISFIED
        record = _found(self.plan.files[sfi], p1, p2 & 0b111)
        if record is None:
            return b"", Status.RECORD_NOT_FOUND
        if length != len(record) and not (self.plan.protocol and length == 0):
            return b"", 0x6C00 | len(record)
        return record, Status.DONE

    def _give_challenge(self, _p1: int, _p2: int, length: int) -> tuple[bytes, int]:
        if length != CHALLENGE_BYTES:
            return b"", Status.WRONG_LENGTH
        # Never the same twice from one card, and the same again in a repeated rehearsal.
        self._challenges_given += 1
        seed = self.plan.key + self._challenges_given.to_bytes(4, "big")
        self._challenge = hashlib.sha256(seed).digest()[:CHALLENGE_BYTES]
        return self._challenge, Status.DONE

    def _prove(self, _p1: int, data: bytes) -> tuple[bytes, int]:
        if len(data) != 2 * CHALLENGE_BYTES:
            return b"", Status.WRONG_LENGTH
        factor, asked = data[:CHALLENGE_BYTES], data[CHALLENGE_BYTES:]
        return proof(self.plan.key, factor, asked), Status.DONE

    def _check_proof(self, _p1: int, data: bytes) -> tuple[bytes, int]:
        challenge, self._challenge = self._challenge, b""
        if self._key_tries == 0:
            return b"", _LOCKED
        given, factor = data[:CHALLENGE_BYTES], data[CHALLENGE_BYTES:]
        if not challenge or not hmac.compare_digest(given, proof(self.plan.key, factor, challenge)):
            self._key_tries -= 1
            return b"", 0x63C0 | self._key_tries
        self._key_tries = TRIES
        self._authenticated = True
        return b"", Status.DONE

    def _verify(self, _p1: int, data: bytes) -> tuple[bytes, int]:
        if not self.plan.pin:
            return b"", Status.UNKNOWN_INSTRUCTION
        if self._pin_tries == 0:
            return b"", _LOCKED
        if not data:
            return b"", 0x63C0 | self._pin_tries
        if data.hex().upper().rstrip("F") != self.plan.pin:
            self._pin_tries -= 1
            return b"", 0x63C0 | self._pin_tries if self._pin_tries else _LOCKED
        self._pin_tries = TRIES
        return b"", Status.DONE


def _found(records: Mapping[int, bytes], wanted: int, mode: int) -> bytes | None:
    if mode == RecordMode.TAG:
        return records.get(wanted)
    if mode == RecordMode.NUMBER and 1 <= wanted <= len(records):
        return list(records.values())[wanted - 1]
    return None
