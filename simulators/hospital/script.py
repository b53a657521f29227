"""A script for the whole hospital: mishaps of its card, its scanner and its platform together.

Each part is a script of that far side (docs/simulators.md). Card and scanner go on side by side.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from simulators.card.image import CardImage
from simulators.card.script import CardScript, CardStep, Prepared, check_readers, play, prepared
from simulators.hospital.ground import Hospital
from simulators.platform.faults import NO_FAULTS, Script
from simulators.scanner import ScanScript
from simulators.script_file import load_file


class HospitalScript(BaseModel):
    """The parts of a script; one that is left out does nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    card: CardScript | None = None
    scanner: ScanScript | None = None
    platform: Script = NO_FAULTS


@dataclass(frozen=True, slots=True)
class Mishaps:
    """A script that was read with everything it names."""

    card: tuple[Prepared, ...]
    scanner: ScanScript | None
    platform: Script


NO_MISHAPS = Mishaps((), None, NO_FAULTS)


def load_hospital_script(path: Path) -> Mishaps:
    """Read a script and the images that it names.

    Raises:
        BadFile: an unknown key, or a value that does not fit, with file and key.
    """
    script = load_file(path, HospitalScript)
    steps = prepared(script.card, path, CardImage()) if script.card else ()
    check_readers(steps, path, 1)
    return Mishaps(steps, script.scanner, script.platform)


@contextmanager
def playing(
    place: Hospital, mishaps: Mishaps, told: Callable[[CardStep], None], ending: threading.Event
) -> Iterator[None]:
    """Play card and scanner beside the block; ``ending`` is set at its end, and ends both."""
    parts = (lambda: play_card(place, mishaps, told), lambda: play_scanner(place, mishaps, ending))
    threads = [threading.Thread(target=part, name="mishaps", daemon=True) for part in parts]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ending.set()
        for thread in threads:
            thread.join()


def play_card(place: Hospital, mishaps: Mishaps, told: Callable[[CardStep], None]) -> None:
    """Do the card's steps; ``told`` is called after each, and waits."""
    play(mishaps.card, [place.virtual.slot], place.virtual.restart, told)


def play_scanner(place: Hospital, mishaps: Mishaps, ending: threading.Event) -> None:
    """Do the scanner's steps; codes of ``e_card`` come fresh from the platform."""
    if mishaps.scanner:
        place.scanner.play(mishaps.scanner, wait=ending.wait, fresh_code=place.show_e_card)
