"""A PSAM in a slot: what it answers, what it says when it cannot, and that nobody presents it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from drivers.authentication import KeyRequest
from drivers.card_readers import CardReaders
from drivers.cards import read_card
from drivers.errors import DriverError, ServiceDown
from drivers.key_errors import KeyMissing
from drivers.psam import ASKS_ON
from drivers.psam_slot import Factor
from drivers.transport import Slot, Transport
from simulators.card import foreign_card, mute_card, psam_card, social_security_card
from simulators.card.hsm import answers
from simulators.card.plan import CardPlan, SyntheticPerson
from simulators.card.psam import TERMINAL
from simulators.reader import InProcessReaders
from tests.drivers.psams import psam_in, psam_of
from tests.drivers.script import PlannedCard

PERSON = SyntheticPerson()
GUARDED = social_security_card(PERSON, version="3.00")
REQUEST = KeyRequest(
    issuing_region="999999",
    historical_bytes=bytes.fromhex("0081544A444686999900BF7C7A"),
    algorithm=3,
    card_id="999999D15600000500BF7C7A48FB4966",
    challenges=(b"factor-1", b"data-one", b"factor-2", b"data-two"),
)


def table(*names: str) -> InProcessReaders:
    return InProcessReaders(*(names or ("读卡器", "SAM")))


def test_it_answers_as_an_hsm_with_the_same_master_key_does() -> None:
    psam = psam_in(table(), "SAM")
    assert psam.answers(REQUEST) == answers(REQUEST)
    assert psam.answers(REQUEST) == answers(REQUEST)


def test_a_guarded_card_is_read_with_it() -> None:
    assert read_card(PlannedCard(GUARDED), psam_in(table(), "SAM").answers).name == PERSON.name


@pytest.mark.parametrize(
    ("card", "other", "number"),
    [
        (foreign_card(), {}, -2203),
        (mute_card(), {}, -2201),
        (psam_card(), {"algorithms": (1, 2)}, -2202),
        (psam_card(), {"derive": bytes.fromhex("801A280A")}, -0x6A88),
        (psam_card(), {"derive": bytes.fromhex("801B480A")}, -0x6D00),
        (psam_card().struck(2, "refuse"), {}, -0x6F00),
        (psam_card().struck(5, "short"), {}, -33),
        (psam_card().struck(3, "pull"), {}, -2201),
    ],
    ids=["another", "mute", "algorithm", "key", "command", "broken", "short", "pulled"],
)
def test_why_it_cannot_is_a_number_that_hospital_systems_know(
    card: CardPlan, other: dict[str, Any], number: int
) -> None:
    psam = psam_in(table(), "SAM", card, **other)
    with pytest.raises(KeyMissing) as caught:
        psam.answers(REQUEST)
    assert caught.value.number == number
    assert answers(REQUEST).internal.hex() not in f"{caught.value} {caught.value.text}"


def test_a_module_without_the_key_lets_another_be_asked_and_a_broken_one_does_not() -> None:
    broken = psam_in(table(), "SAM", psam_card().struck(2, "refuse"))
    for psam, goes_on in ((broken, False), (psam_of(table(), "SAM"), True)):
        with pytest.raises(DriverError) as caught:
            psam.answers(REQUEST)
        assert (caught.value.number in ASKS_ON) is goes_on


def test_a_service_that_is_down_is_told_as_itself() -> None:
    readers = table()
    psam = psam_in(readers, "SAM")
    readers.kill_service()
    with pytest.raises(ServiceDown):
        psam.answers(REQUEST)


def test_factors_are_data_in_any_order() -> None:
    every = (Factor.CARD, Factor.REGION, Factor.CHIP, Factor.CHALLENGE)
    made = {
        psam_in(table(), "SAM", factors=factors).answers(REQUEST).internal
        for factors in (every, every[::-1], every[3:])
    }
    assert len(made) == 3
    assert answers(REQUEST).internal not in made


def test_its_terminal_number_is_the_settings_or_its_own_or_none() -> None:
    assert psam_in(table(), "SAM", terminal="123456789012").terminal == "123456789012"
    readers = table()
    psam = psam_in(readers, "SAM")
    assert psam.terminal == TERMINAL
    readers.insert(psam_card("000000000077"), reader="SAM")
    psam.readers.wait((), 0)
    assert psam.terminal == "000000000077"
    readers.remove(reader="SAM")
    psam.readers.wait((), 0)
    assert psam.terminal == ""
    assert psam_in(table(), "SAM", foreign_card()).terminal == ""
    assert psam_in(table(), "SAM", terminal_read=bytes.fromhex("00B09700")).terminal == ""


def test_a_psam_that_falls_silent_keeps_nobody_who_asks_for_its_number() -> None:
    readers = table()
    psam = psam_in(readers, "SAM", psam_card().struck(1, "silence"))
    assert (psam.terminal, psam.terminal) == ("", "")
    readers.insert(psam_card(), reader="SAM")  # it was taken out, and put in again
    psam.readers.wait((), 0)
    assert psam.terminal == TERMINAL


def test_its_slot_is_shown_to_nobody_and_ends_no_wait() -> None:
    readers = _Counted("读卡器", "SAM")
    cards = CardReaders(readers, "SAM")
    readers.insert(psam_card(), reader="SAM")
    known = cards.wait((), 0)
    assert [slot.name for slot in known] == ["读卡器"]
    assert [slot.name for slot in cards.hidden()] == ["SAM"]
    assert cards.wait(known, 0.01) == known
    assert readers.uninformed == 1


def test_where_a_psam_is_all_there_is_no_wait_spins() -> None:
    readers = _Counted("SAM")
    cards = CardReaders(readers, "SAM")
    assert (cards.wait((), 0), cards.wait((), 0.01)) == ((), ())
    assert readers.uninformed == 1


def test_what_is_hidden_may_change_while_cards_are_watched() -> None:
    cards = CardReaders(table())
    known = cards.wait((), 0)
    assert [slot.name for slot in known] == ["读卡器", "SAM"]
    cards.hide("SAM")
    known = cards.wait(known, 1)
    assert [slot.name for slot in known] == ["读卡器"]
    cards.hide("")
    assert [slot.name for slot in cards.wait(known, 1)] == ["读卡器", "SAM"]


def test_after_a_restart_everything_is_seen_afresh() -> None:
    readers = table()
    cards = CardReaders(readers, "SAM")
    readers.insert(psam_card(), reader="SAM")
    known = cards.wait((), 0)
    readers.kill_service()
    with pytest.raises(ServiceDown):
        cards.wait(known, 0)
    assert cards.hidden() == ()
    readers.start_service()
    assert [slot.name for slot in cards.wait((), 0)] == ["读卡器"]
    assert [slot.name for slot in cards.hidden()] == ["SAM"]


class _Counted:
    """Readers that count the waits whose caller did not know what is there."""

    def __init__(self, *names: str) -> None:
        self._readers = InProcessReaders(*names)
        self.insert = self._readers.insert
        self.uninformed = 0

    def wait(self, known: tuple[Slot, ...], timeout_s: float) -> tuple[Slot, ...]:
        slots = self._readers.wait(known, timeout_s)
        self.uninformed += known != slots
        return slots

    def wake(self) -> None:
        self._readers.wake()

    @contextmanager
    def open(self, name: str) -> Iterator[Transport]:
        with self._readers.open(name) as card:
            yield card
