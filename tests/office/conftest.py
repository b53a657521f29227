"""Fixtures of the office: one PostgreSQL and one platform's server for all its tests."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from edge.office.books import Books
from edge.office.schema import bring_up
from simulators.platform.app import build
from simulators.platform.faults import Faults
from simulators.platform.journal import Journal
from simulators.platform.register import load_register
from simulators.platform.server import serve
from sync.envelope import SigningKey, new_key
from tests.office.ground import EAST, WEST, Office
from tests.postgres import Postgres, postgres
from tests.sync.far_end import FarEnd, Switchboard


@pytest.fixture(scope="session")
def cluster() -> Iterator[Postgres]:
    """Run the server that the office's tests share; each has a database of its own."""
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def campus_keys() -> dict[str, SigningKey]:
    """Return the keys of the two campuses."""
    return {EAST: new_key(), WEST: new_key()}


@pytest.fixture(scope="session")
def platform_server() -> Iterator[tuple[Switchboard, str]]:
    """Run the one platform server of these tests."""
    board = Switchboard()
    with serve(board) as url:
        yield board, url


@pytest.fixture(scope="session")
def address(cluster: Postgres) -> str:
    """Return a database with the office's tables."""
    address = cluster.new_database()
    with closing(Books(address)) as books:
        bring_up(books)
    return address


@pytest.fixture
def office(
    address: str,
    campus_keys: dict[str, SigningKey],
    platform_server: tuple[Switchboard, str],
) -> Iterator[Office]:
    """Return an office with empty books."""
    office = Office(address, platform_server[1], campus_keys)
    yield office
    office.empty_books()
    office.close()


@pytest.fixture
def far(office: Office, platform_server: tuple[Switchboard, str]) -> FarEnd:
    """Connect a platform of this test's own, which knows both campuses."""
    board, url = platform_server
    known = load_register()
    [east] = [one for one in known.facilities if one.id == EAST]
    facilities = (east, east.model_copy(update={"id": WEST}))
    register = known.model_copy(update={"facilities": facilities})
    journal, faults = Journal(), Faults()
    public = {name: key.public() for name, key in office.keys.items()}
    board.platform = build(register, office.clock, public, faults, journal)
    return FarEnd(url, faults, journal, None)  # type: ignore[arg-type]
