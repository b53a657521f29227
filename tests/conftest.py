"""What several folders of tests share."""

import fcntl
import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer

from simulators.pcscd import Pcscd, ensure_running
from tests.scheduling import OneCardService, long_first, refuse_unlisted

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
        "--messages",
        type=int,
        default=2_000,
        help="messages sent through a network that loses; `make torture` sends 10,000",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    refuse_unlisted(items)
    long_first(items)


def pytest_collection_finish() -> None:
    """Spare the collector what lives to the end of the run: modules and tests."""
    gc.freeze()


def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are processors: whoever has a card or a browser mostly waits for it."""
    return (os.cpu_count() or 1) + 2


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneCardService:
    return OneCardService(config, log)


@pytest.fixture(scope="session")
def pcscd() -> Iterator[Pcscd]:
    """Run the real card service; other test runs on this machine wait for their turn."""
    path = Path(tempfile.gettempdir()) / "edge-tests-pcscd.lock"
    with path.open("w", encoding="ascii") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        with ensure_running() as service:
            yield service
