"""A virtual scanner on a real pseudo-terminal: what it sends, how, and what goes wrong, by script.

Makes no codes (the platform simulator issues synthetic ones) and reads none.
"""

import os
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from simulators.script_file import BadFile, load_file

Ending = Literal["cr", "lf", "crlf", "none"]
Act = Literal["scan", "e_card", "again", "garbage", "too_long", "slow", "unplug", "replug", "wait"]

_ENDS: dict[Ending, bytes] = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "none": b""}
_NONSENSE = {"garbage": bytes(range(128, 256)), "too_long": b"A" * 100_000}
_PIECE = 512
_SEND_S_MAX = 5.0
_LOOK_AGAIN_S = 0.01


class Step(BaseModel):
    """One line of the script: what the scanner does, ``times`` times.

    ``seconds`` is the length of ``wait``, and the pause between two bytes of ``slow``. ``expect``
    is what the desk then shows: a state, or the code of an error.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: Act
    code: str = Field(default="", max_length=4096)
    ending: Ending = "cr"
    times: int = Field(default=1, ge=1, le=1000)
    seconds: float = Field(default=0.0, ge=0, le=600)
    expect: str = Field(default="", pattern=r"^([a-z_]+|[A-Z_]+)?$")


class ScanScript(BaseModel):
    """A whole script; ``prefix`` and ``suffix`` stand around every code."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prefix: str = Field(default="", max_length=16)
    suffix: str = Field(default="", max_length=16)
    step: tuple[Step, ...] = Field(max_length=1000)


def load_scan_script(path: Path) -> ScanScript:
    """Read a script (TOML, described in docs/simulators.md) for a scanner that stands alone.

    Raises:
        BadFile: not TOML, an unknown key, or a value that does not fit, with its place.
    """
    script = load_file(path, ScanScript)
    for number, step in enumerate(script.step, 1):
        if step.do == "e_card":
            said = "只有 hospital 能发码 / only a hospital issues codes"
            raise BadFile(path, f"step.{number}.do: {said}")
    return script


class VirtualScanner:
    """A scanner at ``device``, a link that stays the same when it is unplugged and comes back.

    As with a real one under ``/dev/serial/by-id``, the link is gone while it is unplugged.
    """

    def __init__(self, device: Path, *, prefix: str = "", suffix: str = "") -> None:
        self.device = device
        self._prefix = prefix.encode()
        self._suffix = suffix.encode()
        self._far_end: int | None = None
        self._last = b""

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def plug(self) -> None:
        """Connect it; one that is connected stays so."""
        if self._far_end is not None:
            return
        self._far_end, near_end = os.openpty()
        tty.setraw(near_end)  # a terminal would turn CR into LF and echo
        os.set_blocking(self._far_end, False)
        fresh = self.device.with_name(f"{self.device.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(near_end))
        fresh.rename(self.device)
        os.close(near_end)

    def unplug(self) -> None:
        """Disconnect it: whoever has it open is told by the kernel."""
        far_end, self._far_end = self._far_end, None
        if far_end is not None:
            self.device.unlink(missing_ok=True)
            os.close(far_end)

    def scan(self, code: str, *, ending: Ending = "cr") -> None:
        """Send one code as the scanner's set-up has it."""
        self._last = self._prefix + code.encode() + self._suffix + _ENDS[ending]
        self.send(self._last)

    def again(self) -> None:
        """Send the last code once more."""
        self.send(self._last)

    def send(self, raw: bytes, *, pause_s: float = 0.0) -> None:
        """Send bytes as they are, a piece at a time; byte by byte with a pause between.

        Unplugged, they are lost, as is what nobody takes for some seconds.
        """
        size = 1 if pause_s else _PIECE
        for start in range(0, len(raw), size):
            self._write(raw[start : start + size])
            time.sleep(pause_s)

    def play(
        self,
        script: ScanScript,
        *,
        wait: Callable[[float], object] = time.sleep,
        fresh_code: Callable[[], str] | None = None,
        done: Callable[[Step], None] = lambda _: None,
    ) -> None:
        """Do the script's steps in order; ``done`` is called after each.

        ``fresh_code`` issues the codes of ``e_card``.

        Raises:
            ValueError: ``e_card``, and nobody issues codes.
        """
        self._prefix, self._suffix = script.prefix.encode(), script.suffix.encode()
        for step in script.step:
            for _ in range(step.times):
                if step.do != "e_card":
                    self._do(step, wait)
                elif fresh_code:
                    self.scan(fresh_code(), ending=step.ending)
                else:
                    raise ValueError(step.do)
                done(step)

    def _do(self, step: Step, wait: Callable[[float], object]) -> None:
        end = _ENDS[step.ending]
        match step.do:
            case "scan" | "e_card":
                self.scan(step.code, ending=step.ending)
            case "again":
                self.again()
            case "unplug":
                self.unplug()
            case "replug":
                self.unplug()
                self.plug()
            case "wait":
                wait(step.seconds)
            case "garbage" | "too_long":
                self.send(_NONSENSE[step.do] + end)
            case "slow":
                self.send(step.code.encode() + end, pause_s=step.seconds)

    def _write(self, piece: bytes) -> None:
        ends = time.monotonic() + _SEND_S_MAX
        while piece and self._far_end is not None and time.monotonic() < ends:
            written = 0
            with suppress(BlockingIOError):  # nobody reads and the kernel's buffer is full
                written = os.write(self._far_end, piece)
            piece = piece[written:]
            if not written:
                time.sleep(_LOOK_AGAIN_S)
