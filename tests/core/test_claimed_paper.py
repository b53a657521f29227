"""The month's papers: what is asked for in two copies, and how it compares with the audit."""

from edge.core.claim import ItemKind
from edge.core.paper.blocks import Code, PageBreak, Paper, Paragraph, Row, Table
from edge.core.paper.claimed import claim_form, reconciliation_report
from edge.core.verification import Service
from tests.documents import office_samples as office


def tables(paper: Paper, first: str) -> list[tuple[Row, ...]]:
    """Return the rows of each table that begins with this column."""
    return [
        block.rows
        for block in paper.blocks
        if isinstance(block, Table) and block.columns[0].label == first
    ]


def test_a_claim_is_asked_for_in_two_copies_that_say_the_same_but_their_name() -> None:
    blocks = claim_form(office.claimed()).blocks
    first, second = (place for place, block in enumerate(blocks) if isinstance(block, PageBreak))
    one, other = blocks[:first], blocks[first + 1 : second]
    assert one[1:] == other[1:]
    assert isinstance(one[0], Paragraph)
    assert one[0] != other[0]


def test_the_sums_by_service_by_region_and_by_item_are_one_sum() -> None:
    paper = claim_form(office.claimed())
    wanted = ("4", "21,843.80", "21,350.00")
    for first in ("服务类别", "参保地"):
        assert [rows[-1].cells[1:] for rows in tables(paper, first)] == [wanted, wanted]
    [items] = tables(paper, "结算日期")
    assert (items[-1].cells[0], items[-1].cells[5:7]) == ("共 4 笔", wanted[1:])
    assert [row.cells[1] for row in items[:-1]].count("冲正更正") == 1


def test_the_code_of_a_claim_is_its_number_its_count_and_its_sums_in_fen() -> None:
    claimed = office.claimed(office.item(1), office.item(2, -100, kind=ItemKind.CORRECTION))
    codes = [block for block in claim_form(claimed).blocks if isinstance(block, Code)]
    assert [code.data for code in codes] == [f"{claimed.claim}\n2\n506890\n482200"] * 2


def test_the_papers_that_go_along_say_how_often_how_and_by_which_article() -> None:
    claimed = office.claimed()
    [rows] = tables(claim_form(claimed), "已附")
    form = claimed.by_claim[Service.INPATIENT_MEDICAL][0]
    assert rows[0].cells[1:] == (
        "住院工伤医疗", "申请", form.zh, "2", "原件、盖章", "川 第二十三条",
    )  # fmt: skip
    assert [row.cells[2] for row in rows] == ["申请", "结算"]


def test_what_differs_and_what_was_deducted_stands_settlement_by_settlement() -> None:
    paper = reconciliation_report(office.found())
    compared, deducted = tables(paper, "结算编号")
    differs = {row.cells[0]: row.cells[1:] for row in compared}
    second, third = office.ITEMS[1].settlement, office.ITEMS[2].settlement
    assert differs[second][1:] == ("950.00", "940.00")
    assert differs[third][2] == "—"
    assert [row.cells[3:5] for row in deducted] == [
        ("100.00", "60.00"),
        ("50.00", "50.00"),
        ("7.00", "7.00"),
    ]
    assert [row.cells[7] for row in deducted] == ["部分采纳", "待答复", ""]


def test_what_was_paid_stands_with_its_reference() -> None:
    [paid] = tables(reconciliation_report(office.found()), "拨付编号")
    assert [row.cells for row in paid] == [("P1", "2026-12-20", "3,000.00", "银行回单 0912")]
