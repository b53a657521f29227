"""The floor of reading a card is the same exchange: the same commands, the same answers."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from bench.works.card import RECORDS, commands, raw_reading
from drivers.pcsc import PcscReaders
from drivers.transport import Presence
from simulators.card import SyntheticPerson, social_security_card
from simulators.reader import VpcdCard
from tests.contracts.desk import Desk

CARD = social_security_card(SyntheticPerson())
READ_RECORD = 0xB2


@pytest.mark.usefixtures("pcscd")
def test_the_floor_sends_what_we_send_and_the_card_answers_the_same() -> None:
    slot = VpcdCard()
    with closing(PcscReaders()) as readers, _inserted(readers, slot) as name:
        sent = commands(readers, name)
        with raw_reading(name, sent) as floor:
            answers = [bytes(answer) for answer in floor()]
    assert [apdu[1] for apdu in sent].count(READ_RECORD) == RECORDS
    records = {b + b"\x90\x00" for file in CARD.files.values() for b in file.values()}
    assert records <= set(answers)


@contextmanager
def _inserted(readers: PcscReaders, slot: VpcdCard) -> Iterator[str]:
    desk = Desk(readers, slot, slot.reader, lambda: None, lambda: None)
    slot.insert(CARD)
    try:
        desk.wait_for(Presence.PRESENT)
        yield slot.reader
    finally:
        desk.empty()
