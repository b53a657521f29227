"""A short round of each harness, and its broken variants, which it must catch."""

from pathlib import Path

import pytest

from tests.torture.harnesses import HARNESSES, SOUND
from tests.torture.promises import Broken

SEED = 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("torture")


@pytest.mark.parametrize("name", HARNESSES)
def test_no_promise_is_broken_and_a_variant_that_breaks_one_is_caught(
    name: str, folder: Path
) -> None:
    harness = HARNESSES[name]
    place = folder / name
    place.mkdir()
    assert harness.run(place, harness.few, SEED, SOUND) == Broken()
    for control in harness.controls:
        assert harness.run(place, harness.few, SEED, control) != Broken(), control
