"""The floor of the ledger's bench does the same work: it comes to the same last MAC."""

from bench.works.chain import book
from edge.store.ledger import last_entry


def test_the_plain_loop_comes_to_the_ledgers_head() -> None:
    with book(25) as made:
        made.ours()
        last = last_entry(made.store.read())
        assert last is not None
        assert made.floor() == last.mac
