"""A hospital's bad morning by script: card, scanner and platform fail together, and all is well."""

import threading

from simulators.card.script import CardStep
from simulators.hospital import Hospital, HospitalSystem
from simulators.hospital.script import load_hospital_script, playing
from simulators.hospital.telling import awaited
from simulators.script_file import SCRIPTS

WAIT_S_MAX = 20.0


def test_after_a_bad_morning_card_and_scanner_are_there_again(
    place: Hospital, system: HospitalSystem
) -> None:
    mishaps = load_hospital_script(SCRIPTS / "hospital" / "bad-morning.toml")
    place.faults.play(mishaps.platform)
    done, ending = threading.Event(), threading.Event()
    left = [one.step for one in mishaps.card]

    def told(step: CardStep) -> None:
        if step.expect in {"empty", "present"}:  # the pulled card's fault is gone with the card
            assert awaited(lambda: step.expect in _states(system), WAIT_S_MAX)
        left.remove(step)
        if not left:
            done.set()

    with playing(place, mishaps, told, ending):
        assert done.wait(4 * WAIT_S_MAX), left
        assert awaited(lambda: _states(system) == {"present", "online"}, WAIT_S_MAX)


def _states(system: HospitalSystem) -> set[str]:
    """Return what the virtual reader and the scanner show."""
    return {r["state"] for r in system.get("/readers") if r["name"] != _OTHER}


_OTHER = "Virtual PCD 00 01"
