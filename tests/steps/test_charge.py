"""Charges: once each, mended only while refused, and told at once what is wrong."""

import pytest

from edge.core.charges import Charge, Refusal
from edge.core.errors import BadInput, Conflict
from edge.steps.charge import LINES_MAX, charge
from edge.steps.preview import preview
from tests.steps.conftest import Ground, line

SYSTEM = "医院信息系统"


def test_a_line_sent_twice_is_kept_once(ground: Ground) -> None:
    stay = ground.admitted()
    first = charge(ground.site, stay.id, [line("1"), line("2")], SYSTEM)
    again = charge(ground.site, stay.id, [line("2"), line("3"), line("3")], SYSTEM)
    assert (first.accepted, first.duplicates) == (2, 0)
    assert (again.accepted, again.duplicates) == (1, 2)
    assert preview(ground.site, stay.id).ruling.total_fen == 3600


def test_another_line_under_a_known_id_is_refused(ground: Ground) -> None:
    stay = ground.admitted()
    charge(ground.site, stay.id, [line("1")], SYSTEM)
    received = charge(ground.site, stay.id, [line("1", price="13.00")], SYSTEM)
    assert received.accepted == 0
    assert [(r.id, r.code) for r in received.refused] == [("1", Refusal.DUPLICATE_LINE)]
    assert preview(ground.site, stay.id).ruling.total_fen == 1200


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (line("1", code="NOWHERE"), Refusal.UNKNOWN_CODE),
        (line("1", amount_fen=1300), Refusal.AMOUNT_MISMATCH),
        (line("1", quantity="one"), Refusal.BAD_NUMBER),
        (line("1", date=line("1").date.replace(day=1)), Refusal.OUTSIDE_STAY),
        (line("1", quantity="-1", amount_fen=-1200, reverses="9"), Refusal.BAD_REVERSAL),
    ],
)
def test_a_refused_line_is_reported_blocks_and_can_be_mended(
    ground: Ground, wrong: Charge, code: Refusal
) -> None:
    stay = ground.admitted()
    received = charge(ground.site, stay.id, [wrong], SYSTEM)
    assert (received.accepted, [r.code for r in received.refused]) == (0, [code])
    assert [r.code for r in preview(ground.site, stay.id).ruling.refused] == [code]

    mended = charge(ground.site, stay.id, [line("1")], SYSTEM)
    assert (mended.accepted, mended.refused) == (1, ())
    assert preview(ground.site, stay.id).ruling.refused == ()


def test_a_refund_takes_back_what_it_names(ground: Ground) -> None:
    stay = ground.admitted()
    refund = line("2", quantity="-1", amount_fen=-1200, reverses="1")
    charge(ground.site, stay.id, [line("1"), refund], SYSTEM)
    assert preview(ground.site, stay.id).ruling.total_fen == 0


def test_no_lines_and_too_many_are_refused_whole(ground: Ground) -> None:
    stay = ground.admitted()
    with pytest.raises(BadInput, match="NO_LINES"):
        charge(ground.site, stay.id, [], SYSTEM)
    with pytest.raises(BadInput, match="TOO_MANY_LINES"):
        charge(ground.site, stay.id, [line("1")] * (LINES_MAX + 1), SYSTEM)
    assert ground.count("charge_batches") == 0


def test_a_settled_stay_takes_no_charges(ground: Ground) -> None:
    from edge.steps.settle import Request, settle

    stay = ground.discharged()
    settle(ground.site, Request(stay=stay.id, key="k1"), SYSTEM)
    with pytest.raises(Conflict) as refused:
        charge(ground.site, stay.id, [line("9")], SYSTEM)
    assert refused.value.code == "STAY_STATE"


def test_each_fen_has_its_reason_and_article(ground: Ground) -> None:
    stay = ground.admitted()
    lines = [
        line("1", price="9.00"),
        line("2", price="12.00"),
        line("3", code="TREAT", price="50.00", injury_related=False),
        line("4", code="COSMETIC", price="30.00"),
    ]
    charge(ground.site, stay.id, lines, SYSTEM)
    ruling = preview(ground.site, stay.id).ruling
    assert [(r.fund_fen, r.personal_fen, r.reason.value) for r in ruling.lines] == [
        (900, 0, "IN_SCOPE"),
        (1000, 200, "OVER_PRICE_CAP"),
        (0, 5000, "NON_INJURY"),
        (0, 3000, "OUT_OF_CATALOGUE"),
    ]
    assert all(r.article.startswith("津 ") for r in ruling.lines)
