"""Fixtures of the wire: a sender on a real file, the simulator on a real port, the line between."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.platform.codes import Codes
from simulators.platform.journal import Journal
from simulators.platform.server import serve
from sync.envelope import SigningKey, new_key
from sync.platform import Platform
from tests.sync.far_end import FarEnd, Switchboard, far_end
from tests.sync.sender import Sender, line_to


@pytest.fixture(scope="session")
def key() -> SigningKey:
    """Return the facility's key."""
    return new_key()


@pytest.fixture(scope="session")
def switchboard() -> Iterator[tuple[Switchboard, str]]:
    """Run the one server that all tests share."""
    board = Switchboard()
    with serve(board) as url:
        yield board, url


@pytest.fixture
def sender(tmp_path: Path, key: SigningKey) -> Iterator[Sender]:
    """Return an edge with an empty outbox."""
    sender = Sender(tmp_path / "edge.db", key)
    yield sender
    sender.store.close()


@pytest.fixture
def far(sender: Sender, switchboard: tuple[Switchboard, str]) -> FarEnd:
    """Connect a platform of this test's own to the server."""
    board, url = switchboard
    journal, codes = Journal(), Codes(sender.clock)
    board.platform, faults = far_end(sender.key, sender.clock, journal, codes)
    return FarEnd(url, faults, journal, codes)


@pytest.fixture
def line(sender: Sender, far: FarEnd) -> Iterator[Platform]:
    """Open the sender's line to the simulator."""
    with line_to(far.url, sender) as platform:
        yield platform
