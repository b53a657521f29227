"""The bench of statements makes the very document that Typst makes of what lies ready."""

from bench.works.document import statements
from bench.works.settle import bills


def test_both_ways_make_the_same_document_of_each_settlement() -> None:
    with bills(((5, 3),), 50, {5: 2}) as made:
        [(_, bill)] = made
        bill.ours()
        bill.ours()
        one = statements(bill.site)
        first, second = one.ours(), one.ours()
        assert (first, second) == (one.floor(), one.floor())
    assert first != second
