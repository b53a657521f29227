"""The platform's scripts that ship, as docs/simulators.md names them: each strikes as it says."""

import json
import signal
from collections import Counter
from pathlib import Path
from typing import get_args
from urllib.request import urlopen

import pytest

from simulators.platform.faults import Fault, Faults, Place, load_script
from simulators.script_file import SCRIPTS
from tests.house.source import ROOT
from tests.programs import Program

FOLDER = SCRIPTS / "platform"
PLACES: tuple[Place, ...] = get_args(Place)


def struck(name: str, *places: Place) -> list[Fault | None]:
    """Play a script that ships against requests at these places."""
    faults = Faults(load_script(FOLDER / f"{name}.toml"))
    return [faults.strike(place) for place in places]


def does(fault: Fault | None) -> str:
    return fault.do if fault else "answers"


def test_outage_leaves_nothing_answered_until_the_script_is_replaced() -> None:
    assert {does(fault) for fault in struck("outage", *PLACES * 50)} == {"down"}


def test_slow_keeps_a_hundred_requests_waiting_three_seconds_and_no_more() -> None:
    verifications: list[Place] = ["verifications"] * 100
    messages: list[Place] = ["messages"] * 50
    delays = struck("slow", *verifications, *messages)
    assert {(does(fault), fault and fault.seconds) for fault in delays[:100]} == {("delay", 3.0)}
    assert {does(fault) for fault in delays[100:]} == {"answers"}


def test_no_card_keys_silences_the_hsm_alone() -> None:
    faults = struck("no-card-keys", *PLACES * 20)
    silent = {place for place, fault in zip(PLACES * 20, faults, strict=True) if fault}
    assert silent == {"card_keys"}
    assert {does(fault) for fault in faults if fault} == {"down"}


def test_flaky_strikes_about_three_of_ten_in_its_three_ways_and_the_same_each_time() -> None:
    requests: list[Place] = ["messages"] * 1000
    kinds = Counter(does(fault) for fault in struck("flaky", *requests))
    assert kinds.keys() == {"answers", "down", "lose_ack", "busy"}
    assert 220 < 1000 - kinds["answers"] < 320
    assert struck("flaky", *requests) == struck("flaky", *requests)


@pytest.mark.parametrize("kind", ["card", "scanner", "platform", "hospital"])
def test_the_page_names_every_script_that_ships(kind: str) -> None:
    page = (ROOT / "docs/simulators.md").read_text(encoding="utf-8")
    for file in (SCRIPTS / kind).glob("*.toml"):
        assert f"`{file.stem}`" in page


def test_the_command_plays_a_script_by_its_name(tmp_path: Path) -> None:
    words = ["platform", "--port", "0", "--script", "no-card-keys"]
    with Program("simulators", [*words, "--agency", tmp_path / "agency.db"]) as platform:
        url = platform.stdout.readline().split()[2]
        with urlopen(f"{url}/sim/faults", timeout=10) as answer:  # noqa: S310 - our own address
            left = json.load(answer)
        platform.send_signal(signal.SIGTERM)
        assert platform.wait(10) == 0
    assert "card_keys" in json.dumps(left)
