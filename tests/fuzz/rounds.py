"""Inputs by chance from a seed, the same each time: the seeds of a target, bent in small ways."""

from collections.abc import Iterator
from random import Random

from tests.fuzz.targets import SEEDS

INPUT_BYTES_MAX = 512


def inputs(name: str, count: int, seed: int) -> Iterator[bytes]:
    """Yield ``count`` inputs for target ``name``."""
    chance = Random(f"{name} {seed}")  # noqa: S311 - a rehearsal, not a secret
    for number in range(count):
        base = SEEDS[name][number % len(SEEDS[name])]
        yield bytes(_bent(bytearray(base), chance))[:INPUT_BYTES_MAX]


def _bent(data: bytearray, chance: Random) -> bytearray:
    """Change, insert, cut or repeat here and there, or start from nothing."""
    if chance.random() < 1 / 8:
        return bytearray(chance.randbytes(chance.randrange(INPUT_BYTES_MAX)))
    for _ in range(chance.randrange(8)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0 if place < len(data):
                data[place] = chance.randrange(256)
            case 1:
                data[place:place] = chance.randbytes(chance.randrange(1, 12))
            case 2:
                del data[place : place + chance.randrange(1, 8)]
            case _:
                data += data[place:]
    return data
