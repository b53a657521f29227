"""A reader with a virtual card: in process, on the real stack, and on a stand-in for winscard."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count

import pytest

from drivers.pcsc import PcscReaders
from drivers.transport import Presence
from simulators.pcscd import Pcscd
from simulators.reader import InProcessReaders, VpcdCard
from tests.contracts.desk import Desk
from tests.fakes.winscard import Winscard

_TURN = count()


@pytest.fixture(params=["in_process", "winscard_linux", "winscard_windows", "pcscd"])
def desks(request: pytest.FixtureRequest) -> Iterator[tuple[Desk, Desk]]:
    """Yield two readers of one kind, the first seen empty, and leave none a card.

    vpcd sees 0.4 s later that a card has left: of the real readers the next test uses the other.
    """
    if request.param == "in_process":
        yield _simulated_desk(), _simulated_desk()
    elif request.param.startswith("winscard"):
        windows = request.param == "winscard_windows"
        with _winscard_desk(windows=windows) as one, _winscard_desk(windows=windows) as other:
            yield one, other
    else:
        pcscd = request.getfixturevalue("pcscd")
        first = next(_TURN) % 2
        with (
            _real_desk(pcscd, first, seen_empty=True) as one,
            _real_desk(pcscd, 1 - first, seen_empty=False) as other,
        ):
            yield one, other


@pytest.fixture
def desk(desks: tuple[Desk, Desk]) -> Desk:
    """Return the first of the two."""
    return desks[0]


def _simulated_desk() -> Desk:
    readers = InProcessReaders()
    return Desk(readers, readers, readers.names[0], readers.kill_service, readers.start_service)


@contextmanager
def _winscard_desk(*, windows: bool) -> Iterator[Desk]:
    api = Winscard(("Contact Reader 0",), windows=windows)
    with closing(PcscReaders(api)) as readers:
        yield Desk(readers, api, api.names[0], api.kill_service, api.start_service)
    assert (readers.contexts_open, api.held) == (0, (0, 0))


@contextmanager
def _real_desk(pcscd: Pcscd, slot: int, *, seen_empty: bool) -> Iterator[Desk]:
    card = VpcdCard(slot)
    with closing(PcscReaders()) as readers:
        desk = Desk(readers, card, card.reader, pcscd.kill, pcscd.start)
        if seen_empty:
            desk.wait_for(Presence.EMPTY)
            readers.close()  # a context held across a restart of the service would report it later
        try:
            yield desk
        finally:
            card.remove()
    assert readers.contexts_open == 0
