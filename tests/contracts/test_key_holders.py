"""What every holder of 3.0 cards' key keeps: a PSAM, its stand-in, the platform's HSM over HTTP."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial

import pytest

from drivers.authentication import Authenticator, KeyAnswers, KeyRequest
from drivers.cards import read_card
from drivers.errors import DriverError
from drivers.monitor import Limits, Monitor, ReaderState
from drivers.pcsc import PcscReaders
from drivers.psam import ASKS_ON
from drivers.psam_slot import Order, PsamInSlot, keys_in_order
from drivers.transport import Presence
from edge.card_key import by_platform
from edge.clock import fresh_id, system_clock
from simulators.card import psam_card, social_security_card, synthetic_person
from simulators.card.psam import TERMINAL
from simulators.hospital import hospital
from simulators.pcscd import READERS, Pcscd
from simulators.reader import InProcessReaders, VpcdCard
from tests.contracts.desk import Desk, wait_for_state
from tests.drivers.psams import psam_in, psam_of
from tests.drivers.script import PlannedCard
from tests.fakes.log import Log
from tests.fakes.psam import FakePsam

SM4 = (3,)
LIMITS = Limits(backoff_s_max=0.1)
CARDS = [social_security_card(synthetic_person(n), version="3.00") for n in (1, 2)]


def test_a_card_in_one_real_reader_is_opened_by_the_psam_in_the_other(pcscd: Pcscd) -> None:
    """Both stay under power side by side; the PSAM is shown to nobody as a card.

    It stands first in the file: later the hospital below has the readers.
    """
    card, service = VpcdCard(0), FakePsam()
    with real_psam() as (psam, second), ExitStack() as stack:
        stack.callback(card.remove)
        read = partial(read_card, authenticator=keys_in_order(psam, service.answers, Order.PSAM))
        monitor = stack.enter_context(
            Monitor(psam.readers, system_clock, fresh_id, read=read, limits=LIMITS)
        )
        wait_for_state(monitor, READERS[0], ReaderState.EMPTY)
        card.insert(CARDS[1])
        wait_for_state(monitor, READERS[0], ReaderState.PRESENT)
        presented = monitor.presented(READERS[0])
        assert presented is not None
        assert presented.record.name == synthetic_person(2).name
        assert [view.name for view in monitor.readers()] == [READERS[0]]
        assert (service.asked, psam.terminal) == (0, TERMINAL)
        pcscd.restart()
        wait_for_state(monitor, READERS[0], ReaderState.SERVICE_DOWN)
        wait_for_state(monitor, READERS[0], ReaderState.PRESENT)
        # The card may be back before the PSAM, and is then opened by the other who has keys.
        second.wait_for(Presence.PRESENT)
        meanwhile = service.asked
        card.remove()
        wait_for_state(monitor, READERS[0], ReaderState.EMPTY)
        card.insert(CARDS[1])
        wait_for_state(monitor, READERS[0], ReaderState.PRESENT)
        assert service.asked == meanwhile


@pytest.fixture(scope="module", params=["fake", "slot", "slot_pcscd", "platform"])
def holder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Authenticator]:
    if request.param == "fake":
        yield FakePsam().answers
        return
    if request.param == "slot":
        yield psam_in(InProcessReaders("社保卡", "SAM"), "SAM", algorithms=SM4).answers
        return
    request.getfixturevalue("pcscd")
    if request.param == "slot_pcscd":
        with real_psam() as (psam, _):
            yield psam.answers
        return
    with hospital(tmp_path_factory.mktemp("hospital") / "site", log=Log()) as place:
        yield by_platform(place.desk.site)


def test_it_opens_guarded_cards_and_answers_each_card_otherwise(holder: Authenticator) -> None:
    asked: list[tuple[KeyRequest, KeyAnswers]] = []

    def heard(request: KeyRequest) -> KeyAnswers:
        asked.append((request, holder(request)))
        return asked[-1][1]

    names = [read_card(PlannedCard(plan), heard).name for plan in CARDS]
    assert names == [synthetic_person(n).name for n in (1, 2)]
    (request, one), (_, other) = asked
    assert one != other
    assert holder(request) == one
    assert {len(answer) for answer in (one.internal, one.external)} == {8}
    assert one.external.hex() not in repr(one)


def test_a_card_of_another_algorithm_may_be_asked_for_elsewhere(holder: Authenticator) -> None:
    def of_des(request: KeyRequest) -> KeyAnswers:
        return holder(replace(request, algorithm=1))

    with pytest.raises(DriverError) as caught:
        read_card(PlannedCard(CARDS[0]), of_des)
    assert caught.value.number in ASKS_ON
    assert CARDS[0].key.hex() not in str(caught.value)


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("fault", sorted(ASKS_ON))
def test_where_the_first_has_no_answer_the_second_is_asked(fault: int, order: Order) -> None:
    psam, platform = in_order(order, FakePsam(fault), FakePsam())
    holder = keys_in_order(psam, platform.answers, order)
    record = read_card(PlannedCard(CARDS[0]), holder)
    assert record.name == synthetic_person(1).name
    assert (psam.asked, platform.asked) == (1, 1)


@pytest.mark.parametrize("order", list(Order))
def test_the_first_that_answers_is_enough(order: Order) -> None:
    psam, platform = FakePsam(), FakePsam()
    read_card(PlannedCard(CARDS[0]), keys_in_order(psam, platform.answers, order))
    assert (psam.asked, platform.asked) == ((1, 0) if order is Order.PSAM else (0, 1))


def test_without_a_psam_the_platform_alone_is_asked() -> None:
    platform = FakePsam()
    read_card(PlannedCard(CARDS[0]), keys_in_order(None, platform.answers, Order.PSAM))
    assert platform.asked == 1


@pytest.mark.parametrize("order", list(Order))
def test_another_fault_of_the_first_ends_the_reading(order: Order) -> None:
    psam, platform = in_order(order, FakePsam(-11), FakePsam())
    with pytest.raises(DriverError) as caught:
        read_card(PlannedCard(CARDS[0]), keys_in_order(psam, platform.answers, order))
    assert (caught.value.number, psam.asked + platform.asked) == (-11, 1)


def in_order(order: Order, first: FakePsam, second: FakePsam) -> tuple[FakePsam, FakePsam]:
    """Return PSAM and platform, the first asked first."""
    return (first, second) if order is Order.PSAM else (second, first)


@contextmanager
def real_psam() -> Iterator[tuple[PsamInSlot, Desk]]:
    """Give the PSAM in the second reader of the real stack, and that reader."""
    slot = VpcdCard(1)
    slot.insert(psam_card())
    try:
        with closing(PcscReaders()) as readers:
            desk = Desk(readers, slot, slot.reader, lambda: None, lambda: None)
            desk.wait_for(Presence.PRESENT)
            yield psam_of(readers, READERS[1], algorithms=SM4), desk
            desk.empty()
    finally:
        slot.remove()
