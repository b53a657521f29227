"""The floor of an insertion is the same work: the card is seen, and all of it is read."""

from contextlib import closing

import pytest

from bench.works.card_event import Table
from drivers.pcsc import PcscReaders
from simulators.card import social_security_card, synthetic_person

CARD = social_security_card(synthetic_person(1))


@pytest.mark.usefixtures("pcscd")
def test_both_ways_see_the_card_and_read_every_record_by_turns() -> None:
    records = {b + b"\x90\x00" for file in CARD.files.values() for b in file.values()}
    with closing(PcscReaders()) as readers, closing(Table(readers)) as table:
        table.learn()
        tokens = set()
        for _ in range(2):
            table.before_floor()
            assert records <= {bytes(answer) for answer in table.floor()}
            table.before_ours()
            tokens.add(table.ours())
    assert len(tokens - {""}) == 2
