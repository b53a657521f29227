"""The floor of adjudication is the same work: it comes to the same shares."""

from bench.works.adjudicate import cases


def test_the_floor_splits_a_bill_as_the_product_does() -> None:
    (case,) = cases([(500, 50)], codes=200)
    ruling, (total, fund, lines) = case.ours(), case.floor()
    assert (ruling.total_fen, ruling.fund_fen) == (total, fund)
    assert {reason for *_, reason in lines} == {line.reason for line in ruling.lines}
    assert len({reason for *_, reason in lines}) == 4
