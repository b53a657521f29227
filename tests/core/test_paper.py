"""Papers say what was settled: every fen of the worker's with its reason, sums that agree."""

from dataclasses import replace
from datetime import timedelta

import pytest

from edge.core.adjudication import Bucket, LineReason
from edge.core.catalogue import CostKind
from edge.core.complaint import Channel
from edge.core.entry_sheet import SheetKind
from edge.core.fitting import Fitting
from edge.core.paper.blocks import Paper, Row, Table
from edge.core.paper.claimed import reconciliation_report
from edge.core.paper.handed import manual_paper, referral_application, referral_opinion
from edge.core.paper.office import complaint_receipt, day_end_sheet, entry_sheet_paper
from edge.core.paper.settled import Settled, payment_slip, statement
from edge.core.paper.words import BUCKETS, KINDS, REASONS, capitals, place
from edge.core.verification import Service
from tests.documents import office_samples as office
from tests.documents import samples
from tests.documents.samples import FORM, LINES, SETTLED_AT, STAY, settled


def fen(cell: str) -> int:
    return int(cell.replace(",", "").replace(".", ""))


def table(paper: Paper, head: str) -> tuple[Row, ...]:
    """Return the rows of the first table with a column of this name."""
    tables = (block for block in paper.blocks if isinstance(block, Table))
    return next(t.rows for t in tables if any(c.label == head for c in t.columns))


def words(paper: Paper) -> str:
    return repr(paper.blocks)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (100, "壹元整"),
        (105, "壹元零伍分"),
        (150, "壹元伍角整"),
        (100_105, "壹仟零壹元零伍分"),
        (1_000_000, "壹万元整"),
        (1_000_100, "壹万零壹元整"),
        (1_002_000, "壹万零贰拾元整"),
        (123_456_789, "壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分"),
        (10_000_000_000, "壹亿元整"),
        (10_001_000_000, "壹亿零壹万元整"),
        (10_000_000_100, "壹亿零壹元整"),
        (100_020_003_000_00, "壹仟亿贰仟万叁仟元整"),
        (-1_250, "负壹拾贰元伍角整"),
    ],
)
def test_money_is_written_in_capitals_as_on_receipts(given: int, told: str) -> None:
    assert capitals(given) == told


def test_every_fen_of_the_workers_stands_under_its_reason_and_article() -> None:
    one = settled()
    *reasons, whole = table(statement(one, FORM), "理由")
    assert all(row.cells[0] and row.cells[1] for row in reasons)
    assert sum(fen(row.cells[3]) for row in reasons) == one.ruling.personal_fen
    assert fen(whole.cells[3]) == one.ruling.personal_fen > 0


def test_classes_lines_and_sums_of_a_statement_agree_to_the_fen() -> None:
    one = settled()
    paper = statement(one, FORM)
    sums = (one.ruling.total_fen, one.ruling.fund_fen, one.ruling.personal_fen)
    *kinds, whole = table(paper, "费用类别")
    assert tuple(map(fen, whole.cells[1:])) == sums
    assert tuple(sum(fen(row.cells[n]) for row in kinds) for n in (1, 2, 3)) == sums
    *lines, last = table(paper, "理由与依据")
    assert len(lines) == len(LINES)
    assert tuple(sum(fen(row.cells[n]) for row in lines) for n in (5, 6, 7)) == sums
    assert tuple(map(fen, last.cells[5:8])) == sums
    assert all("津" in row.cells[8] for row in lines if fen(row.cells[7]))


def test_a_worker_who_owes_nothing_is_told_so() -> None:
    paper = payment_slip(settled(LINES[1]))
    assert "个人无须负担" in words(paper)
    assert "零元整" in words(paper)


def test_a_settlement_on_the_list_says_so_and_a_late_one_says_why() -> None:
    told = words(statement(settled(), FORM))
    assert "离线名单核验" in told
    assert "网络中断，恢复后办理" in told


def test_the_slip_lies_about_so_its_number_is_masked() -> None:
    assert "110101********0011" in words(payment_slip(settled()))
    assert samples.PERSON.number not in words(payment_slip(settled()))


def test_a_visit_has_no_days_in_bed_and_a_filing_that_there_is_not_is_a_dash() -> None:
    visit = replace(STAY, service=Service.OUTPATIENT_MEDICAL)
    told = words(statement(replace(settled(), case=visit, filing=None), FORM))
    assert "住院天数" not in told
    assert "—" in told


def test_a_fittings_sheet_names_device_serial_limit_and_the_refund() -> None:
    one = samples.fitted()
    rows = table(statement(one, FORM), "序列号")
    assert rows[0].cells[:4] == ("小腿假肢", "D-LEG", "GK-3", "SN-20261103-77")
    assert rows[0].cells[6:] == ("4 年", "20,000.00 × 1.02")
    assert (rows[1].cells[5], rows[2].cells[4]) == ("2023-05-06", "退费")
    assert _without_notice(one).cells[6:] == ("4 年", "15,000.00")


def _without_notice(one: Settled) -> Row:
    assert isinstance(one.case, Fitting)
    case = replace(one.case, notice=None)
    bill = replace(one.bill, notice=None)
    return table(statement(replace(one, case=case, bill=bill), FORM), "序列号")[0]


def test_a_manual_package_tells_reason_papers_verdict_and_the_refused_lines() -> None:
    package = samples.manual()
    told = words(manual_paper(package, facility="院"))
    for part in ("津 第三条", "交通事故", "须退还职工", "复印件可", "院内自制洗剂", "已冲正"):
        assert part in told
    fitting = samples.fitted()
    assert isinstance(fitting.case, Fitting)
    other = replace(
        package,
        stay=None,
        fitting=fitting.case,
        bill=fitting.bill,
        ruling=fitting.ruling,
        reversed_settlement=None,
    )
    told = words(manual_paper(other, facility="院"))
    assert "未直接结算过" in told
    with pytest.raises(AssertionError):
        manual_paper(replace(package, stay=None), facility="院")


def test_sex_and_age_are_read_off_a_citizen_number_and_off_no_other() -> None:
    told = words(referral_application(samples.REFERRAL, samples.REFERRED))
    assert "Field(label='性别', value='男'" in told
    assert "Field(label='年龄', value='36'" in told
    for number, sex, age in (("110101199012310022", "女", "35"), ("H01234567", "", "")):
        whom = replace(
            samples.REFERRED, person=replace(samples.PERSON, number=number), at=SETTLED_AT
        )
        told = words(referral_application(samples.REFERRAL, whom))
        assert f"Field(label='性别', value='{sex}'" in told
        assert f"Field(label='年龄', value='{age}'" in told


def test_a_report_before_the_audit_says_that_there_is_none() -> None:
    told = words(reconciliation_report(office.found(audited=False)))
    for part in ("经办机构尚未审核", "没有扣除", "尚无拨付"):
        assert part in told


def test_a_report_in_which_both_sides_agree_lists_no_difference() -> None:
    found = office.found()
    assert found.reconciliation is not None
    same = replace(found.reconciliation, rows=())
    told = words(reconciliation_report(replace(found, reconciliation=same)))
    assert "0 笔不一致" in told


def test_the_day_end_has_its_head_or_says_that_the_ledger_is_empty() -> None:
    assert f"1834:{samples.SHA.upper()}" in words(day_end_sheet(office.closed()))
    assert "账链尚无记录" in words(day_end_sheet(office.closed(head=False)))


def test_a_reversal_has_an_entry_sheet_of_its_own_name() -> None:
    paper = entry_sheet_paper(samples.typed(SheetKind.REVERSAL), facility="院")
    assert paper.title == "配置结算冲正录入单"


def test_a_complaint_need_not_be_signed_and_may_come_from_an_agency() -> None:
    complaint = office.complaint(Channel.AGENCY, name=" ")
    told = words(complaint_receipt(complaint, facility="院", article="津 第四十条"))
    assert "未具名" in told
    assert "经办机构转来" in told
    assert str((SETTLED_AT + timedelta(days=15)).date()) in told


def test_a_place_that_nobody_knows_is_its_code() -> None:
    assert place("510100") == "四川省（510100）"
    assert place("990000") == "990000"


def test_every_reason_bucket_and_class_of_cost_has_its_words_on_paper() -> None:
    assert set(REASONS) == set(LineReason)
    assert set(BUCKETS) == set(Bucket)
    assert set(KINDS) == set(CostKind)


def test_an_opinion_on_a_referral_says_who_goes_where_and_why() -> None:
    told = words(referral_opinion(samples.REFERRAL, samples.REFERRED))
    said = samples.REFERRAL
    for part in (said.condition, said.opinion, said.destination, said.physician, said.expert):
        assert part in told
