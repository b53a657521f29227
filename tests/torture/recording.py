"""What a process wrote and what it asked the disk to keep, in order; and any moment of it again."""

import os
import random
import shutil
import struct
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from signal import SIGKILL

from tests.programs import finished
from tests.torture.life import ACKNOWLEDGED

SECTOR = 512
_HEAD = struct.Struct("<cIQI")
_SOURCE = Path(__file__).with_name("recorder.c")


@dataclass(frozen=True, slots=True)
class Op:
    """One thing done to a file: ``W`` writes ``data`` at ``offset``, ``T`` cuts, ``S`` syncs."""

    kind: str
    file: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Recording:
    """All that was done to the files of ``base``, which are as they were before."""

    base: Path
    ops: tuple[Op, ...]

    def at(self, moment: int, folder: Path, dice: random.Random) -> None:
        """Put into ``folder`` what a disk may hold when the power fails after ``moment`` acts.

        What was synced is there. Of what was not, each sector is there or not, as the dice say.
        """
        shutil.copytree(self.base, folder)
        images = _images(self.base, {op.file for op in self.ops} - {ACKNOWLEDGED})
        synced = {op.file: number for number, op in self._files_of(moment) if op.kind == "S"}
        for number, op in self._files_of(moment):
            image = images[op.file]
            if number <= synced.get(op.file, -1):
                _apply(image, op)
            elif dice.random() < 0.5:
                _apply_torn(image, op, dice)
        for name, image in images.items():
            if image or (folder / name).exists():
                (folder / name).write_bytes(image)

    def acknowledged(self, moment: int) -> list[list[str]]:
        """Return the acts told of before ``moment``, as words."""
        told = b"".join(op.data for op in self.ops[:moment] if op.file == ACKNOWLEDGED)
        return [line.split() for line in told.decode("ascii").splitlines()]

    def _files_of(self, moment: int) -> Iterator[tuple[int, Op]]:
        for number, op in enumerate(self.ops[:moment]):
            if op.file != ACKNOWLEDGED:
                yield number, op


@dataclass(frozen=True, slots=True)
class End:
    """At which write the disk begins to fail or the process is killed; 0 is never."""

    fail_at: int = 0
    kill_at: int = 0


def record(base: Path, folder: Path, words: Iterable[str], end: End = End()) -> Recording:
    """Run a life on a copy of ``base`` in ``folder`` under the recorder, to its end.

    Raises:
        RuntimeError: it ended in a way that nobody meant.
    """
    shutil.copytree(base, folder)
    log = folder.with_suffix(".log")
    environment = {
        **os.environ,
        "TORTURE_FOLDER": str(folder),
        "TORTURE_LOG": str(log),
        "TORTURE_FAIL_AT": str(end.fail_at),
        "TORTURE_KILL_AT": str(end.kill_at),
    }
    recorder = _recorder(folder.parent)
    ended = finished("tests.torture.life", folder, *words, env=environment, preloaded=recorder)
    if ended.returncode not in (0, bool(end.fail_at), -SIGKILL if end.kill_at else 0):
        raise RuntimeError(ended.stderr)
    return Recording(base, tuple(_read(log.read_bytes())))


@cache
def _recorder(folder: Path) -> Path:
    made = folder / "recorder.so"
    command = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror"]
    subprocess.run([*command, "-o", str(made), str(_SOURCE), "-ldl"], check=True)
    return made


def _read(log: bytes) -> Iterator[Op]:
    names: dict[int, str] = {}
    at = 0
    while at + _HEAD.size <= len(log):
        kind, file, offset, length = _HEAD.unpack_from(log, at)
        at += _HEAD.size
        data = log[at : at + length]
        at += length
        if kind == b"N":
            names[file] = data.decode()
        elif names[file] == ACKNOWLEDGED or names[file].startswith("edge.db"):
            yield Op(kind.decode("ascii"), names[file], offset, data)


def _images(base: Path, names: Iterable[str]) -> dict[str, bytearray]:
    return {
        name: bytearray((base / name).read_bytes() if (base / name).exists() else b"")
        for name in names
    }


def _apply(image: bytearray, op: Op) -> None:
    if op.kind == "T":
        del image[op.offset :]
        image.extend(bytes(op.offset - len(image)))
    elif op.kind == "W":
        _put(image, op.offset, op.data)


def _apply_torn(image: bytearray, op: Op, dice: random.Random) -> None:
    """Do part of an act: any of its sectors, the rest as it was."""
    if op.kind != "W":
        _apply(image, op)
        return
    for start in range(0, len(op.data), SECTOR):
        if dice.random() < 0.5:
            _put(image, op.offset + start, op.data[start : start + SECTOR])


def _put(image: bytearray, offset: int, data: bytes) -> None:
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset : offset + len(data)] = data
