"""What goes wrong, by script: the next answers come late, broken, twice refused or not at all.

The script is data (TOML or JSON, described in docs/platform-protocol.md); each fault names where it
strikes, what it does and how often. Only the wire is disturbed: what was kept stays kept.
"""

import random
from pathlib import Path
from threading import Lock
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from simulators.script_file import load_file

Place = Literal[
    "any",
    "verifications",
    "credentials",
    "card_keys",
    "recollections",
    "messages",
    "status",
    "lists",
    "list_release",
    "inbox",
]
Act = Literal[
    "down",
    "delay",
    "error",
    "busy",
    "lose_ack",
    "garbage",
    "truncated",
    "huge",
    "drip",
    "duplicate",
    "reorder",
    "wrong_signature",
    "stale_list",
    "rolled_back_list",
]
LIST_FAULT = "list_fault"
"""Where the wire tells the publisher of lists what to serve, in the request's scope."""


class Fault(BaseModel):
    """One line of the script.

    ``times`` requests are struck (0: until the script is replaced), each with ``chance``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    on: Place = "any"
    do: Act
    times: int = Field(default=1, ge=0)
    chance: float = Field(default=1.0, gt=0, le=1)
    status: int = Field(default=500, ge=400, le=599)
    seconds: float = Field(default=0.0, ge=0, le=600)
    retry_after: str = "1"


class Script(BaseModel):
    """A whole script; ``seed`` makes its chances repeatable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    fault: tuple[Fault, ...] = Field(default=(), max_length=1000)


NO_FAULTS = Script()


def load_script(path: Path) -> Script:
    """Read a script: ``.toml``, or ``.json`` of the same shape.

    Raises:
        BadFile: not TOML or JSON, an unknown key, or a value that does not fit, with its place.
    """
    return load_file(path, Script)


class Faults:
    """The script as it is being played. Thread-safe."""

    def __init__(self, script: Script = NO_FAULTS) -> None:
        self._guard = Lock()
        self.play(script)

    def play(self, script: Script) -> None:
        """Replace what is left by a new script; an empty one ends all faults."""
        with self._guard:
            self._left = [(fault, fault.times) for fault in script.fault]
            self._chance = random.Random(script.seed)  # noqa: S311 - rehearsal, not secrecy

    def left(self) -> list[tuple[Fault, int]]:
        """Return the faults still to strike, each with the times left (0: for ever)."""
        with self._guard:
            return list(self._left)

    def strike(self, place: Place) -> Fault | None:
        """Return the fault for this request, if one strikes, and count it."""
        with self._guard:
            for number, (fault, times) in enumerate(self._left):
                if _fits(fault, place) and self._chance.random() < fault.chance:
                    self._count(number, fault, times)
                    return fault
        return None

    def _count(self, number: int, fault: Fault, times: int) -> None:
        if times == 1:
            del self._left[number]
        elif times:
            self._left[number] = (fault, times - 1)


def _fits(fault: Fault, place: Place) -> bool:
    """Tell whether a fault may strike here; a release's own faults strike where it is named."""
    release = place == "list_release"
    if fault.on in {"lists", "list_release"} and fault.do in _OF_A_RELEASE:
        return release
    return fault.on in {place, "any"} or (release and fault.on == "lists")


_OF_A_RELEASE = {"wrong_signature", "stale_list", "rolled_back_list"}
