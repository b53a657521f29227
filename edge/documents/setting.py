"""The typesetter's process: begun for the first paper, ended when no paper has come for a while.

It holds 70 MB of fonts and as much of what it has laid out before; a service that prints nothing
now holds none of it. What a paper says goes through a pipe and lies on no disk. Knows no paper.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Timer
from typing import Any

from edge import codec

IDLE_S = 5.0
"""So long it waits for another paper; the desks' statements come in rounds of ten seconds."""

_PROGRAM = Path(__file__).with_name("typesetter.py")
_TRIES = 2


class Ended(Exception):
    """The typesetter ended, twice, before it had answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """What became of a paper: its files; or what is ``wrong``, or was ``warned`` of."""

    files: tuple[bytes, ...] = ()
    wrong: str = ""
    warned: str = ""


@dataclass(frozen=True, slots=True)
class _Head:
    sizes: tuple[int, ...]
    wrong: str = ""
    warned: str = ""


class Typesetter:
    """One process, one paper at a time. Thread-safe."""

    def __init__(self, *, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._turn = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._begun_by = 0
        self._later: Timer | None = None

    def set(self, folders: Sequence[str], asked: dict[str, Any]) -> Set:
        """Set one paper: ``asked`` is what typst's ``compile`` takes, as JSON.

        Raises:
            Ended: it was killed, and the one after it too.
            OSError: no process may be begun.
        """
        line = codec.encode(asked) + b"\n"
        with self._turn:
            self._wait_no_more()
            try:
                for _ in range(_TRIES):
                    answer = _answered(self._running(folders), line)
                    if answer:
                        return answer
                    self._end()
                raise Ended
            finally:
                self._later = Timer(self._idle_s, self._end_if_idle)
                self._later.daemon = True
                self._later.start()

    def end(self) -> None:
        """End the process, if there is one; the next paper begins another."""
        with self._turn:
            self._wait_no_more()
            self._end()

    def runs(self) -> bool:
        """Tell whether there is a process now."""
        with self._turn:
            return self._process is not None

    def _running(self, folders: Sequence[str]) -> subprocess.Popen[bytes]:
        if self._process is None or self._begun_by != os.getpid():
            self._begun_by = os.getpid()
            # Our own program, with nothing of our environment: it needs none.
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", str(_PROGRAM), *folders],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
            )
        return self._process

    def _end_if_idle(self) -> None:
        if self._turn.acquire(blocking=False):  # else a paper has come
            try:
                self._end()
            finally:
                self._turn.release()

    def _wait_no_more(self) -> None:
        if self._later:
            self._later.cancel()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or self._begun_by != os.getpid():
            return
        process.kill()
        with process, suppress(OSError):  # its pipes, and its end
            pass


def _answered(process: subprocess.Popen[bytes], line: bytes) -> Set | None:
    """Ask, and return the answer; None when the process has ended."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("no pipes")
    try:
        process.stdin.write(line)
        process.stdin.flush()
    except OSError:
        return None
    told = process.stdout.readline()
    if not told:
        return None
    head = codec.decode(told, _Head)
    files = tuple(process.stdout.read(size) for size in head.sizes)
    if [len(file) for file in files] != list(head.sizes):
        return None
    return Set(files=files, wrong=head.wrong, warned=head.warned)
