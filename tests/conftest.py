"""What several folders of tests share."""

import fcntl
import gc
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from simulators.pcscd import Pcscd, ensure_running
from tests.nursery import load_late
from tests.programs import start_nursery
from tests.scheduling import batches
from tests.sharing import Sharing

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
        "--workers", type=_workers, default=0, help="share the run among so many, or auto"
    )


def pytest_collection() -> None:
    """Collect no garbage while tests are collected: there is none, and a sixth of the time went."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Spare the collector what lives to the end of the run: modules and tests."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Share the run among forked processes when asked to; leave it to pytest otherwise."""
    workers = session.config.getoption("workers")
    if not workers or session.testsfailed or session.config.option.collectonly:
        return None
    start_nursery()
    if "edge.app" in sys.modules:  # somebody will serve
        load_late()
    assert threading.active_count() == 1, "a fork has one thread: a test module started another"
    Sharing(session, batches(session.items), workers).run()
    return True


def _workers(word: str) -> int:
    """Read how many: four more than there are processors is ``auto``.

    Whoever has a card or a browser mostly waits for it.
    """
    return (os.cpu_count() or 1) + 4 if word == "auto" else int(word)


@pytest.fixture(scope="session")
def pcscd() -> Iterator[Pcscd]:
    """Run the real card service; other test runs on this machine wait for their turn."""
    path = Path(tempfile.gettempdir()) / "edge-tests-pcscd.lock"
    with path.open("w", encoding="ascii") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        with ensure_running() as service:
            yield service
