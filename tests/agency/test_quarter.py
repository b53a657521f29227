"""A quarter in four provinces: every form, to the fen, is what the edges' own ledgers say."""

import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from edge.claiming import claim_now
from edge.core.claim import ClaimState
from edge.core.verification import Service
from edge.sheets.written import Fen, Sheet
from edge.steps.reconcile import Protest, object_to, receivables
from edge.store.database import Rows
from edge.store.ledger import latest
from simulators.agency.clearing import Cleared, cleared, quarter_months
from simulators.agency.forms import jilin, shandong, sichuan
from simulators.agency.forms.places import JILIN
from simulators.agency.refusals import AgencyRefuses, Deducted
from tests.agency.country import (
    FINANCE,
    LEG_LIMIT_FEN,
    Country,
    Edge,
    country_at,
    month,
    worker,
)

LUZHOU = worker(1, "510000", "510500", "SC0001")
LESHAN = worker(2, "510000", "511100", "SC0001")
QINGDAO = worker(3, "370000", "370200", "SD0001")
POOLED = worker(4, "370000", None, "SD0001")
TIANJIN = worker(5, "120000", "120100", "SD0001")
JILIN_CITY = worker(6, "220000", "220200", "JL0001")
GONGZHULING = worker(7, "220000", "220184", "JL0001")
SHANDONG_AT_JILIN = worker(8, "370000", "370600", "JL0001")
SIPING = worker(9, "220000", "220300", "JL0001")
BEIJING = worker(10, "110000", "110100", "TJ0001")
CHENGDU = worker(11, "510000", "510100", "TJ0001")
PEOPLE = (
    LUZHOU,
    LESHAN,
    QINGDAO,
    POOLED,
    TIANJIN,
    JILIN_CITY,
    GONGZHULING,
    SHANDONG_AT_JILIN,
    SIPING,
    BEIJING,
    CHENGDU,
)
MONTHS = ("2026-10", "2026-11", "2026-12")
CHEAPER = (
    "编码,名称,类别,是否支付,限价（元）,每日限量,每次住院限量,最低使用年限,限定支付范围,有效期起,有效期止\n"
    "DRUG,样例 药品,药品,是,8.00,,,,,2024-01-01,\n"
    "CARE,样例 诊疗,诊疗项目,是,,,,,,2024-01-01,\n"
    "REHAB,样例 康复,康复项目,是,,,,,,2024-01-01,\n"
).encode()
"""By this Tianjin's agency audits: a drug costs 2 yuan less than its facility believes."""
LOST_FEN = {"SC0001": 10, "SD0001": 10, "JL0001": 10, "TJ0001": 3 * 2 * 200}
"""What each facility is refused in the quarter: two deductions' 5 fen, or what the rules find."""
INPATIENT, VISIT, REHAB = (
    Service.INPATIENT_MEDICAL,
    Service.OUTPATIENT_MEDICAL,
    Service.INPATIENT_REHAB,
)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    with country_at(tmp_path_factory.mktemp("country"), *PEOPLE) as country:
        country.office.catalogues.bring_out("120000", "2026.9", CHEAPER)
        assert [edge.collected().applied for edge in country.edges.values()] == [1, 1, 1, 1]
        _a_quarter(country)
        yield country


def _a_quarter(country: Country) -> None:
    for number, text in enumerate(MONTHS):
        _a_months_care(country, 10_000 + 1_001 * number)
        if number == 0:  # a leg lasts longer than a quarter
            country.edges["SD0001"].fitted(QINGDAO, LEG_LIMIT_FEN + 100)
            country.edges["JL0001"].fitted(JILIN_CITY, LEG_LIMIT_FEN - 100)
        country.clock.now = (country.clock.now.replace(day=1, hour=1) + timedelta(days=32)).replace(
            day=3
        )
        for name, edge in country.edges.items():
            by_rules = name == "TJ0001"
            deduct_fen = 0 if by_rules else 7 * number
            _a_months_money(country, name, edge, text, deduct_fen=deduct_fen, by_rules=by_rules)


def _a_months_care(country: Country, care_fen: int) -> None:
    sichuan_, shandong_, jilin_, tianjin_ = country.edges.values()
    for edge, who, service, code in (
        (sichuan_, LUZHOU, INPATIENT, "CARE"),
        (sichuan_, LUZHOU, VISIT, "CARE"),
        (sichuan_, LESHAN, REHAB, "REHAB"),
        (shandong_, QINGDAO, INPATIENT, "CARE"),
        (shandong_, POOLED, VISIT, "CARE"),
        (shandong_, TIANJIN, REHAB, "REHAB"),
        (jilin_, JILIN_CITY, INPATIENT, "CARE"),
        (jilin_, GONGZHULING, VISIT, "CARE"),
        (jilin_, SHANDONG_AT_JILIN, INPATIENT, "CARE"),
        (jilin_, SIPING, REHAB, "REHAB"),
        (tianjin_, BEIJING, INPATIENT, "CARE"),
        (tianjin_, CHENGDU, REHAB, "REHAB"),
    ):
        edge.settled(who, service, care_fen, code)
        care_fen += 3


def _a_months_money(
    country: Country, name: str, edge: Edge, text: str, *, deduct_fen: int, by_rules: bool = False
) -> None:
    """Claim, audit, object, answer, confirm, pay: all over the wire."""
    claim = edge.claimed(month(text))
    first = claim_now(edge.site, edge.site.store.read(), month(text)).items[0]
    deducted = [
        Deducted(
            settlement=first.settlement,
            line="2",
            amount_fen=deduct_fen,
            kind="over_standard",
            reason="超标准",
        )
    ]
    country.office.audits.audit(claim.id, deducted if deduct_fen else (), by_rules=by_rules)
    assert edge.collected().applied == 1
    if deduct_fen:
        _objected(country, edge, text, lifted_fen=deduct_fen - 5)
    country.office.audits.state(name, text)
    due = edge.confirmed(month(text))
    assert country.office.audits.pay(name, text) == due
    assert edge.collected().waiting == 0


def _objected(country: Country, edge: Edge, text: str, *, lifted_fen: int) -> None:
    now = claim_now(edge.site, edge.site.store.read(), month(text))
    [deduction] = [one for item in now.audited for one in item.deductions]
    protest = Protest(month=month(text), deduction=deduction.id, text="病历已载明", key=text)
    objection = object_to(edge.site, protest, FINANCE)
    edge.deliver()
    country.office.audits.answer(objection.id, lifted_fen=lifted_fen, text="部分采纳")
    assert edge.collected().applied == 1


def ledger_sum(edge: Edge, kind: str, fact: str) -> int:
    """Add a fact of one kind of entry in an edge's own chained ledger."""
    db = edge.site.store.read()
    return sum(
        json.loads(e.act.body)[fact] for e in latest(db, limit=1_000_000) if e.act.kind == kind
    )


def grid(sheet: Sheet) -> list[list[object]]:
    return [list(row) for row in sheet.rows]


def rows_of(db: Rows, city: str) -> list[Cleared]:
    """Return what was cleared in the quarter for one insured city."""
    return [r for r in cleared(db, quarter_months("2026Q4")) if r.insured_city == city]


def fen(cell: object) -> int:
    assert isinstance(cell, Fen)
    return cell.fen


def test_every_month_of_every_facility_is_paid_and_every_ledger_verifies(country: Country) -> None:
    for edge in country.edges.values():
        db = edge.site.store.read()
        assert edge.site.ledger.verify(db) is None
        for text in MONTHS:
            now = claim_now(edge.site, db, month(text))
            assert now.state is ClaimState.PAID
            assert now.reconciliation
            assert now.reconciliation.agreed
            assert now.statement
            assert now.statement.approved_fen == now.balance.due_fen
        assert receivables(edge.site).outstanding_fen == 0


def test_what_the_agency_cleared_is_what_the_ledgers_say(country: Country) -> None:
    db = country.office.store.read()
    rows = cleared(db, quarter_months("2026Q4"))
    for name, edge in country.edges.items():
        theirs = sum(row.fund_fen for row in rows if row.facility == name)
        assert theirs == ledger_sum(edge, "claim.confirmed", "approved_fen")
        settled = ledger_sum(edge, "stay.settled", "fund_fen")
        settled += ledger_sum(edge, "fitting.settled", "fund_fen")
        assert theirs == settled - LOST_FEN[name]
        paid = db.one("select sum(amount_fen) as fen from payments where facility = ?", [name])
        assert paid
        assert paid["fen"] == theirs


def test_sichuans_forms_add_up_to_its_edge(country: Country) -> None:
    db, edge = country.office.store.read(), country.edges["SC0001"]
    whole = 0
    for text in MONTHS:
        matrix, benefits, *notices = sichuan.sheets(cleared(db, (text,)), text)
        table = grid(matrix)
        assert table[0] == ["省内异地就医清算汇总表"]
        assert table[2][2] == "付款市（州）"
        assert table[3][2:5] == ["成都市", "乐山市", "雅安市"]
        [chengdu] = [row for row in table if row[1:2] == ["成都市"]]
        assert chengdu[2] == "——"
        by_payer = dict(zip(table[3][2:], chengdu[2:], strict=True))
        listed = {row[0]: row for row in grid(benefits)[3:]}
        assert grid(benefits)[2] == ["市（州）", "住院费", "门诊费", "康复费", "上解合计"]
        for city in ("泸州市", "乐山市"):
            assert fen(listed[city][4]) == fen(by_payer[city]) > 0
            assert fen(listed[city][4]) == sum(map(fen, listed[city][1:4]))
        assert fen(listed["泸州市"][3]) == fen(listed["乐山市"][1]) == 0
        assert [grid(one)[1][0] for one in notices] == ["市（州）：泸州市", "市（州）：乐山市"]
        assert sum(fen(grid(one)[3][1]) for one in notices) == fen(listed["合计"][4])
        whole += fen(listed["合计"][4])
    assert whole == ledger_sum(edge, "claim.confirmed", "approved_fen")


def test_shandongs_forms_add_up_within_and_across(country: Country) -> None:
    db = country.office.store.read()
    sheets = {
        one.name: grid(one)
        for one in shandong.sheets(cleared(db, quarter_months("2026Q4")), "2026Q4")
    }
    assert [name for name in sheets if name.startswith("附件3")] == ["附件3 济南"]
    assert sheets["附件3 济南"][0] == ["济南市工伤保险省内异地就医应收费用清算表"]
    assert sheets["附件3 济南"][2] == ["清算所属季度：2026 年第 4 季度"]
    heads = ["参保地", "合计", "住院（门诊）医疗", "住院（门诊）康复", "辅助器具配置"]
    assert sheets["附件3 济南"][4] == heads
    within = fen(_row(sheets["附件3 济南"], "合 计")[1])
    assert fen(_row(sheets["附件3 济南"], "青岛")[4]) == LEG_LIMIT_FEN
    came = fen(_row(sheets["附件5 济南"], "合 计")[1])
    edge = country.edges["SD0001"]
    assert within + came == ledger_sum(edge, "claim.confirmed", "approved_fen")
    assert fen(_row(sheets["附件4 青岛"], "济南")[1]) == fen(_row(sheets["附件3 济南"], "青岛")[1])
    assert fen(_row(sheets["附件4 省本级"], "济南")[1]) > 0
    assert fen(_row(sheets["附件5 济南"], "天津")[3]) == came  # rehab
    jinan = _row(sheets["附件7"], "济南", at=1)
    assert jinan[2] == "---"
    assert fen(_row(sheets["附件7"], "合计", at=1)[-1]) == within
    assert fen(_row(sheets["附件8"], "天津", at=1)[2]) == came
    went = fen(_row(sheets["附件6 烟台"], "吉林")[1])
    assert fen(_row(sheets["附件9"], "吉林", at=1)[7]) == went > 0


def test_jilins_form_pays_each_facility_and_shows_visits_beside_it(country: Country) -> None:
    db, edge = country.office.store.read(), country.edges["JL0001"]
    paid = devices = rehab = 0
    for text in MONTHS:
        rows = cleared(db, (text,))
        [sheet] = jilin.sheets(rows, text)
        table = grid(sheet)
        assert table[0] == ["工伤保险省内异地就医统一支付明细表"]
        assert table[2][:2] == ["协议机构", "全省"]
        assert table[3][1:5] == [
            "合计",
            "住院工伤医疗费用",
            "住院工伤康复费用",
            "辅助器具配置费用",
        ]
        total = table[-1]
        assert fen(total[1]) == sum(fen(total[1 + 4 * (n + 1)]) for n in range(len(JILIN)))
        assert fen(total[-1]) > 0
        paid += fen(total[1]) + fen(total[-1])
        rehab += fen(total[3])
        devices += fen(total[4])
        paid += sum(r.fund_fen for r in rows if r.insured_city == "370600")
    assert devices == LEG_LIMIT_FEN - 100
    assert rehab == sum(r.fund_fen for r in rows_of(db, "220300")) > 0
    assert paid == ledger_sum(edge, "claim.confirmed", "approved_fen")


def test_the_workbooks_hold_the_same_sums_as_yuan(country: Country) -> None:
    made = country.office.forms("370000", "2026Q4")
    book = CalamineWorkbook.from_filelike(io.BytesIO(made))
    assert {"附件7", "附件8", "附件9", "预付金预警"} <= set(book.sheet_names)
    rows = book.get_sheet_by_name("附件3 济南").to_python()
    [total] = [row for row in rows if row[0] == "合 计"]
    edge = country.edges["SD0001"]
    tianjin = sum(
        row.fund_fen
        for row in cleared(country.office.store.read(), quarter_months("2026Q4"))
        if row.insured_region == "120000"
    )
    confirmed = ledger_sum(edge, "claim.confirmed", "approved_fen")
    assert round(float(str(total[1])) * 100) == confirmed - tianjin
    with pytest.raises(AgencyRefuses, match="NO_FORMS"):
        country.office.forms("120000", "2026-10")


def test_tianjins_warnings_add_up_to_what_its_edge_was_paid_after_an_audit_by_rules(
    country: Country,
) -> None:
    edge, office = country.edges["TJ0001"], country.office
    usages = {one.payer: one for one in office.prepayments.usages("120000", "2026Q4")}
    assert set(usages) == {"110000", "510000"}
    cleared_fen = sum(one.cleared_fen for one in usages.values())
    assert cleared_fen == ledger_sum(edge, "claim.confirmed", "approved_fen")
    book = CalamineWorkbook.from_filelike(io.BytesIO(office.forms("120000", "2026Q4")))
    table = book.get_sheet_by_name("预付金预警").to_python()
    assert sum(round(float(str(row[2])) * 100) for row in table[3:]) == cleared_fen
    first = claim_now(edge.site, edge.site.store.read(), month("2026-10"))
    for item in first.audited:
        [one] = item.deductions
        assert (one.line, one.amount_fen, one.points) == ("1", 200, 1)
        assert (one.kind, one.article) == ("over_standard", "津 第二十四条")


def test_every_clearing_was_due_and_is_confirmed_once_from_its_day_on(country: Country) -> None:
    office, clock = country.office, country.clock
    now = clock.now
    clock.now = now.replace(year=2027, month=1, day=20)
    with pytest.raises(AgencyRefuses, match="CLEARING_TOO_EARLY"):
        office.clearings.confirm("120000", "2026Q4")
    clock.now = now.replace(year=2027, month=1, day=21)
    done = office.clearings.confirm("120000", "2026Q4")
    assert done == ledger_sum(country.edges["TJ0001"], "claim.confirmed", "approved_fen")
    with pytest.raises(AgencyRefuses, match="CLEARING_CONFIRMED"):
        office.clearings.confirm("120000", "2026Q4")
    shown = {(one.duty, one.subject): one for one in office.terms()}
    assert not shown["clearing", "120000 2026Q4"].late(office.today())
    assert shown["clearing", "370000 2026Q4"].due_on == date(2027, 1, 23)
    assert shown["clearing", "510000 2026-12"].due_on == date(2027, 1, 20)
    assert shown["clearing", "510000 2026-12"].late(office.today())
    assert not shown["upload", "JL0001 2026-11"].late(office.today())
    assert not shown["payment", "JL0001 2026-11"].late(office.today())
    clock.now = now


def test_a_prepayment_warns_by_what_was_really_cleared(country: Country) -> None:
    office, pair = country.office, ("120000", "370000")
    used = office.prepayments.usage(*pair, "2026Q4").cleared_fen
    edge = country.edges["SD0001"]
    assert 0 < used < ledger_sum(edge, "claim.confirmed", "approved_fen")
    office.prepayments.decide(*pair, "2026Q1", [used * 100 // 75 // 2] * 4)
    usage = office.prepayments.usage(*pair, "2026Q4")
    assert usage.grade.value == "黄色预警"
    with pytest.raises(AgencyRefuses, match="EMERGENCY_NOT_RED"):
        office.prepayments.request(*pair, "2026Q4", 1)


def test_a_settlement_reversed_after_it_was_paid_is_taken_back_next_month(
    tmp_path: Path,
) -> None:
    with country_at(tmp_path, QINGDAO, facilities=["SD0001"]) as country:
        edge = country.edges["SD0001"]
        done = edge.settled(QINGDAO, INPATIENT, 10_000)
        country.clock.pass_time(days=28)
        _a_months_money(country, "SD0001", edge, "2026-10", deduct_fen=7)
        edge.reversed(done.id)
        country.clock.pass_time(days=35)
        _a_months_money(country, "SD0001", edge, "2026-11", deduct_fen=0)
        rows = cleared(country.office.store.read(), ("2026-10", "2026-11"))
        assert sum(row.fund_fen for row in rows) == 0
        assert [row.fund_fen for row in rows] == [10_995, -10_995]
        assert ledger_sum(edge, "claim.confirmed", "approved_fen") == 0


def _row(table: list[list[object]], name: str, *, at: int = 0) -> list[object]:
    [found] = [row for row in table if len(row) > at + 1 and row[at] == name]
    return found
