"""Persons whose number and name stand in no byte of any file: database, logs, backup."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.steps.back_up import back_up
from simulators.card import synthetic_person
from tests.steps.conftest import ground_at
from tests.steps.story import live
from tests.torture.promises import Broken
from tests.web.test_canary import found


def silent_files(folder: Path, rounds: int, seed: int, variant: str) -> Broken:
    """Let so many workers live a story; each file that names them is torn."""
    named = 0
    for number in range(rounds):
        with TemporaryDirectory(dir=folder) as place:
            named += _named(Path(place), (seed + number) % 1000, chatty=variant == "chatty")
    return Broken(torn=named)


def _named(folder: Path, number: int, *, chatty: bool) -> int:
    person = synthetic_person(number)
    with ground_at(folder) as ground:
        ground.meet(person)
        live(ground)
        back_up(ground.site, folder / "a.backup", "system")
        if chatty:
            ground.site.log.info("worker.met", name=person.name)
        told = "\n".join(
            json.dumps(one, ensure_ascii=False, default=str) for one in ground.log.told
        )
        (folder / "log.jsonl").write_text(told, encoding="utf-8")
        return len(found(folder, person.number, person.name))
