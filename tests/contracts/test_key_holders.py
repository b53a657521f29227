"""What every holder of 3.0 cards' key keeps: a PSAM's stand-in, the platform's HSM over HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.authentication import Authenticator, KeyAnswers, KeyRequest
from drivers.cards import read_card
from drivers.errors import DriverError
from drivers.psam import ASKS_ON, psam_first
from edge.card_key import by_platform
from simulators.card import social_security_card, synthetic_person
from simulators.hospital import hospital
from tests.drivers.script import PlannedCard
from tests.fakes.log import Log
from tests.fakes.psam import FakePsam

CARDS = [social_security_card(synthetic_person(n), version="3.00") for n in (1, 2)]


@pytest.fixture(params=["psam", "platform"])
def holder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Authenticator]:
    if request.param == "psam":
        yield FakePsam().answers
        return
    request.getfixturevalue("pcscd")
    with hospital(tmp_path / "site", log=Log()) as place:
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


@pytest.mark.parametrize("fault", sorted(ASKS_ON))
def test_where_the_psam_has_no_answer_the_hsm_is_asked(fault: int) -> None:
    psam, hsm = FakePsam(fault), FakePsam()
    record = read_card(PlannedCard(CARDS[0]), psam_first(psam, hsm.answers))
    assert record.name == synthetic_person(1).name
    assert (psam.asked, hsm.asked) == (1, 1)


def test_a_psam_that_answers_is_enough() -> None:
    psam, hsm = FakePsam(), FakePsam()
    read_card(PlannedCard(CARDS[0]), psam_first(psam, hsm.answers))
    assert (psam.asked, hsm.asked) == (1, 0)


def test_another_fault_of_the_psam_ends_the_reading() -> None:
    psam, hsm = FakePsam(-11), FakePsam()
    with pytest.raises(DriverError) as caught:
        read_card(PlannedCard(CARDS[0]), psam_first(psam, hsm.answers))
    assert (caught.value.number, hsm.asked) == (-11, 0)
