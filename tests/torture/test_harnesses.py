"""A short round of each harness, and its broken variant, which it must catch."""

from pathlib import Path

import pytest

from tests.torture.harnesses import HARNESSES
from tests.torture.life import Variant
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
    assert harness.run(folder, harness.few, SEED, Variant.SOUND) == Broken()
    assert harness.run(folder, harness.few, SEED, harness.control) != Broken()
