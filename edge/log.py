"""The service's log: one JSON object a line, on standard error and in a file a day. No identity.

Events are named noun.verb with fields (``message.accepted id=…``). Nobody gives an identity to a
log; what looks like a citizen number is blackened all the same. The one importer of structlog.
"""

import os
import re
import sys
import threading
from collections.abc import Callable, MutableMapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TextIO, cast

import structlog

_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9]{6}[0-9]{11}[0-9Xx](?![0-9A-Za-z])")
_DAY = re.compile(r"edge-([0-9]{4}-[0-9]{2}-[0-9]{2})(\.[0-9]+)?\.jsonl")
_PARTS_MAX = 100


class Log(Protocol):
    """What the product needs of a logger."""

    def info(self, event: str, **fields: object) -> None:
        """Something that happened as it should."""

    def warning(self, event: str, **fields: object) -> None:
        """Something a person may want to look at."""

    def error(self, event: str, **fields: object) -> None:
        """Something a person must look at."""


class LogFolder:
    """A file a day, in parts of ``bytes_max``; files of days longer ago than ``keep`` are removed.

    What the disk does not take is lost: a log must never stop a desk. Thread-safe; several
    processes may write, each line whole.
    """

    def __init__(
        self, folder: Path, now: Callable[[], datetime], *, keep: timedelta, bytes_max: int
    ) -> None:
        self._folder = folder
        self._now = now
        self._keep = keep
        self._bytes_max = bytes_max
        self._day: date | None = None
        self._guard = threading.Lock()

    def write(self, line: str) -> None:
        """Append one line, its end included."""
        try:
            with self._guard:
                self._append(line.encode())
        except OSError:
            return

    def _append(self, line: bytes) -> None:
        today = self._now().astimezone(UTC).date()
        if today != self._day:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._remove_old(today)
            self._day = today
        path = self._part(today)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)

    def _part(self, today: date) -> Path:
        for number in range(_PARTS_MAX):
            part = f".{number}" if number else ""
            path = self._folder / f"edge-{today.isoformat()}{part}.jsonl"
            if not path.exists() or path.stat().st_size < self._bytes_max:
                return path
        raise OSError(f"{_PARTS_MAX} parts of one day are full")

    def _remove_old(self, today: date) -> None:
        for path in self._folder.iterdir():
            named = _DAY.fullmatch(path.name)
            if named and today - date.fromisoformat(named[1]) > self._keep:
                path.unlink(missing_ok=True)


class _Both:
    """Where lines go: standard error and, where there is one, the folder."""

    def __init__(self, stream: TextIO, folder: LogFolder | None) -> None:
        self._stream = stream
        self._folder = folder

    def write(self, text: str) -> None:
        """Write a line."""
        self._stream.write(text)
        if self._folder:
            self._folder.write(text)

    def flush(self) -> None:
        """Let the line be read at once."""
        self._stream.flush()


def json_log(folder: LogFolder | None = None) -> Log:
    """Return a logger that writes JSON lines to standard error, and into ``folder``."""
    logger = structlog.wrap_logger(
        structlog.PrintLogger(cast("TextIO", _Both(sys.stderr, folder))),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _blackened,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    return cast("Log", logger)


def blacken(text: str) -> str:
    """Return the text with whatever looks like a citizen number made unreadable."""
    return _NUMBER.sub("[number]", text)


def _blackened(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name, value in event.items():
        text = value if isinstance(value, str) else repr(value)
        black = blacken(text)
        if black != text:
            event[name] = black
    return event
