"""Reads the files that IT staff write for the simulators: scripts, card images, registers.

TOML, or JSON of the same shape. What cannot be played is refused by file and key, and nothing of
it is played. Knows no simulator.
"""

import json
import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

SCRIPTS = Path(__file__).with_name("scripts")
"""The scripts that ship, in a folder for each far side."""

T = TypeVar("T", bound=BaseModel)

_BYTES_MAX = 1_000_000


class BadFile(ValueError):
    """A file that cannot be played: one line for each mistake, with file and key."""

    def __init__(self, path: Path, *mistakes: str) -> None:
        """Take the file and what is wrong in it."""
        super().__init__("\n".join(f"{path}: {mistake}" for mistake in mistakes))


def load_file(path: Path, kind: type[T]) -> T:
    """Read ``path`` (``.toml``, or ``.json``) as a ``kind``.

    Raises:
        BadFile: no such file, not TOML or JSON, an unknown key, or a value that does not fit.
    """
    try:
        if path.stat().st_size > _BYTES_MAX:
            raise BadFile(path, "文件过大 / the file is too large")
        text = path.read_text(encoding="utf-8")
        given = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as wrong:
        raise BadFile(path, f"无法读取 / cannot be read: {wrong.strerror}") from wrong
    except (UnicodeDecodeError, json.JSONDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise BadFile(path, f"格式错误 / malformed: {wrong}") from wrong
    try:
        return kind.model_validate(given)
    except ValidationError as wrong:
        found = wrong.errors(include_url=False, include_context=False)
        raise BadFile(path, *(_mistake(error["loc"], error) for error in found)) from wrong


def shipped(name: str, folder: Path) -> Path:
    """Return the file ``name``, or the one of that name that ships in ``folder``."""
    path, own = Path(name), folder / f"{name}.toml"
    return own if not path.exists() and own.exists() else path


def _mistake(place: tuple[int | str, ...], error: object) -> str:
    said = dict(error) if isinstance(error, dict) else {}
    # Lists are counted from 1, as people do.
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in place)
    if said.get("type") == "extra_forbidden":
        return f"{key}: 未知的键 / unknown key"
    return f"{key}: {said.get('msg')}" if key else str(said.get("msg"))
