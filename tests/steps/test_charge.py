"""Charges: once each, mended only while refused, and told at once what is wrong."""

import pytest

from edge.core.charges import Charge, Refusal
from edge.core.errors import BadInput, Conflict
from edge.core.settlement import Blocked
from edge.steps.charge import LINES_MAX, charge
from edge.steps.preview import preview
from edge.steps.report_charges import report_charges
from edge.steps.settle import Request, settle
from edge.steps.show_charges import show_charges
from edge.store.settlements import Settlement
from tests.steps.conftest import CLERK, Ground, line

SYSTEM = "医院信息系统"


def test_a_line_sent_twice_is_kept_once(ground: Ground) -> None:
    stay = ground.admitted()
    first = charge(ground.site, stay.id, [line("1"), line("2")], SYSTEM)
    again = charge(ground.site, stay.id, [line("2"), line("3"), line("3")], SYSTEM)
    assert (first.accepted, first.duplicates) == (2, 0)
    assert (again.accepted, again.duplicates) == (1, 2)
    assert preview(ground.site, stay.ref).ruling.total_fen == 3600


def test_another_line_under_a_known_id_is_refused(ground: Ground) -> None:
    stay = ground.admitted()
    charge(ground.site, stay.id, [line("1")], SYSTEM)
    received = charge(ground.site, stay.id, [line("1", price="13.00")], SYSTEM)
    assert received.accepted == 0
    assert [(r.id, r.code) for r in received.refused] == [("1", Refusal.DUPLICATE_LINE)]
    assert preview(ground.site, stay.ref).ruling.total_fen == 1200


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
    assert [r.code for r in preview(ground.site, stay.ref).ruling.refused] == [code]

    mended = charge(ground.site, stay.id, [line("1")], SYSTEM)
    assert (mended.accepted, mended.refused) == (1, ())
    assert preview(ground.site, stay.ref).ruling.refused == ()


def test_a_refund_takes_back_what_it_names(ground: Ground) -> None:
    stay = ground.admitted()
    refund = line("2", quantity="-1", amount_fen=-1200, reverses="1")
    charge(ground.site, stay.id, [line("1"), refund], SYSTEM)
    assert preview(ground.site, stay.ref).ruling.total_fen == 0


def test_no_lines_and_too_many_are_refused_whole(ground: Ground) -> None:
    stay = ground.admitted()
    with pytest.raises(BadInput, match="NO_LINES"):
        charge(ground.site, stay.id, [], SYSTEM)
    with pytest.raises(BadInput, match="TOO_MANY_LINES"):
        charge(ground.site, stay.id, [line("1")] * (LINES_MAX + 1), SYSTEM)
    assert ground.count("charge_batches") == 0


def test_a_stay_has_twenty_thousand_lines_and_the_whole_bill_may_come_again(
    ground: Ground,
) -> None:
    stay = ground.admitted()
    whole = [line(str(number)) for number in range(LINES_MAX)]
    first = charge(ground.site, stay.id, whole[1:], SYSTEM)
    again = charge(ground.site, stay.id, whole, SYSTEM)
    assert (first.accepted, again.accepted, again.duplicates) == (LINES_MAX - 1, 1, LINES_MAX - 1)
    ruling = preview(ground.site, stay.ref).ruling
    assert (len(ruling.lines), ruling.total_fen) == (LINES_MAX, LINES_MAX * 1200)
    with pytest.raises(BadInput, match="TOO_MANY_LINES"):
        charge(ground.site, stay.id, [line("one more")], SYSTEM)
    assert ground.count("charge_batches") == 2


def test_a_refund_sent_before_its_line_stands_once_the_line_has_come(ground: Ground) -> None:
    stay = ground.admitted()
    refund = line("2", quantity="-1", amount_fen=-1200, reverses="1")
    early = charge(ground.site, stay.id, [refund], SYSTEM)
    assert [(one.id, one.code) for one in early.refused] == [("2", Refusal.BAD_REVERSAL)]
    assert charge(ground.site, stay.id, [line("1")], SYSTEM).refused == ()
    assert preview(ground.site, stay.ref).ruling.refused == ()


def test_a_settled_stay_takes_no_charges(ground: Ground) -> None:
    from edge.steps.settle import Request, settle

    stay = ground.discharged()
    settle(ground.site, Request(case=stay.ref, key="k1"), SYSTEM)
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
    ruling = preview(ground.site, stay.ref).ruling
    assert [(r.fund_fen, r.personal_fen, r.reason.value) for r in ruling.lines] == [
        (900, 0, "IN_SCOPE"),
        (1000, 200, "OVER_PRICE_CAP"),
        (0, 5000, "NON_INJURY"),
        (0, 3000, "OUT_OF_CATALOGUE"),
    ]
    assert all(r.article.startswith("津 ") for r in ruling.lines)


def test_the_hospitals_own_total_blocks_until_it_agrees(ground: Ground) -> None:
    stay = ground.discharged(line("1"), line("2"))
    charge(ground.site, stay.id, [], SYSTEM, hospital_total_fen=3600)
    report = report_charges(ground.site, stay.id)
    assert (report.ruled_fen, report.hospital_total_fen, report.difference_fen) == (
        2400,
        3600,
        1200,
    )
    blocked = settle(ground.site, Request(case=stay.ref, key="k"), CLERK)
    assert isinstance(blocked, Blocked)
    assert [block.code for block in blocked.blocks] == ["HOSPITAL_TOTAL_DIFFERS"]
    assert "12.00" in blocked.blocks[0].reason.zh
    charge(ground.site, stay.id, [line("3")], SYSTEM)
    assert isinstance(settle(ground.site, Request(case=stay.ref, key="k2"), CLERK), Settlement)


def test_a_total_said_again_takes_the_place_of_the_one_before(ground: Ground) -> None:
    stay = ground.discharged(line("1"))
    for total in (9999, 1200):
        charge(ground.site, stay.id, [], SYSTEM, hospital_total_fen=total)
    assert report_charges(ground.site, stay.id).difference_fen == 0
    assert ground.count("hospital_totals") == 2


@pytest.mark.parametrize("total", [-1, 10**18])
def test_a_total_that_cannot_be_is_refused_and_nothing_is_kept(ground: Ground, total: int) -> None:
    stay = ground.admitted()
    with pytest.raises(BadInput) as wrong:
        charge(ground.site, stay.id, [line("1")], SYSTEM, hospital_total_fen=total)
    assert (wrong.value.code, wrong.value.field) == ("BAD_TOTAL", "hospital_total_fen")
    assert ground.count("charge_batches") == ground.count("hospital_totals") == 0


def test_the_report_counts_what_cannot_stand_and_what_looks_twice(ground: Ground) -> None:
    stay = ground.admitted()
    lines = [
        *(line("1"), line("2"), line("3", price="13.00")),
        line("4", code="NOWHERE"),
        line("5", date=line("1").date.replace(day=1)),
    ]
    charge(ground.site, stay.id, lines, SYSTEM)
    report = report_charges(ground.site, stay.id)
    assert (report.lines, report.ruled_fen, report.refused_fen) == (5, 3700, 2400)
    assert report.refused_by_code == {Refusal.UNKNOWN_CODE: 1, Refusal.OUTSIDE_STAY: 1}
    assert report.alike == (("1", "2"),)
    assert (report.hospital_total_fen, report.difference_fen) == (None, None)


def test_the_lines_are_shown_page_by_page_in_the_order_they_came(ground: Ground) -> None:
    stay = ground.admitted()
    charge(ground.site, stay.id, [line(str(n)) for n in range(5)], SYSTEM)
    charge(ground.site, stay.id, [line("x", code="NOWHERE")], SYSTEM)
    first, after = show_charges(ground.site, stay.id, start=0, limit=4)
    assert after == 4
    rest, after = show_charges(ground.site, stay.id, start=after, limit=4)
    assert after is None
    seen = [(shown.id, refused.code if refused else None) for shown, refused in first + rest]
    assert seen == [*((str(n), None) for n in range(5)), ("x", Refusal.UNKNOWN_CODE)]
