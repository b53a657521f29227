"""The folder of the backups that are made by themselves: named by their moment, the oldest go.

Reads names only; what else lies in the folder is nobody's business and stays.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_NAME = re.compile(r"edge-([0-9]{8}T[0-9]{6})Z\.backup")
_FORM = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup on the shelf and when it was made."""

    made_at: datetime
    path: Path


def kept_in(folder: Path) -> list[Kept]:
    """Return the backups in ``folder``, the oldest first; none where there is no folder."""
    if not folder.is_dir():
        return []
    named = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    found = [Kept(_moment(name[1]), path) for name, path in named if name]
    return sorted(found, key=lambda one: one.made_at)


def place_for(folder: Path, now: datetime) -> Path:
    """Return where a backup that is made now lies."""
    return folder / f"edge-{written(now)}.backup"


def written(moment: datetime) -> str:
    """Return a moment as the names of backups have it."""
    return f"{moment.astimezone(UTC):{_FORM}}Z"


def is_due(kept: list[Kept], now: datetime, every: timedelta) -> bool:
    """Tell whether it is time; a newest that lies in the future says that the clock was wrong."""
    return not kept or abs(now - kept[-1].made_at) >= every


def is_late(kept: list[Kept], now: datetime, every: timedelta) -> bool:
    """Tell whether somebody must look: a whole round was missed, or there was never one."""
    return not kept or now - kept[-1].made_at >= 2 * every


def thin_out(kept: list[Kept], keep: int) -> None:
    """Remove all but the newest ``keep``."""
    for one in kept[:-keep]:
        one.path.unlink(missing_ok=True)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
