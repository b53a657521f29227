"""What several folders of tests share."""

import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from simulators.pcscd import Pcscd, ensure_running

# One commit, one answer: the suite tries the same examples everywhere. `make fuzz` explores others.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=5_000, deadline=None)
settings.register_profile("mutate", max_examples=20, derandomize=True, deadline=None)
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--screenshots", action="store_true", help="write the desk's pages to docs/screens"
    )
    parser.addoption(
        "--rounds",
        type=int,
        default=10,
        help="insertions of a card on the real stack (each takes up to 0.8 s)",
    )
    parser.addoption(
        "--messages", type=int, default=2_000, help="messages sent through a network that loses"
    )


@pytest.hookimpl(tryfirst=True)  # the workers read the mark in a hook of their own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep on one worker what needs the machine's only card service."""
    for item in items:
        asked = getattr(item, "fixturenames", ())
        params = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if "pcscd" in asked or "pcscd" in [value for value in params if isinstance(value, str)]:
            item.add_marker(pytest.mark.xdist_group("pcscd"))


@pytest.fixture(scope="session")
def pcscd() -> Iterator[Pcscd]:
    """Run the real card service; other test runs on this machine wait for their turn."""
    path = Path(tempfile.gettempdir()) / "edge-tests-pcscd.lock"
    with path.open("w", encoding="ascii") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        with ensure_running() as service:
            yield service
