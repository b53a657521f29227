"""The agency's own rules: what they cut of a bill, what inspectors pick out, by when it decides."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from edge.core.catalogue import CatalogueRow, CostKind, Insurance, RegionalList
from simulators.agency.checking import BilledLine, Fault, Finding, Standard, findings
from simulators.agency.forms.sichuan import initial_fen
from simulators.agency.ledger import Typed, take_back, type_in
from simulators.agency.office import Office, open_office
from simulators.agency.refusals import AgencyRefuses
from simulators.agency.sampling import FREQUENT, LARGE_FEN, Sample, picked
from simulators.agency.terms import CLEARINGS, clearing_days, decide_by
from simulators.platform.register import Register
from tests.agency.country import START, facility_named, worker
from tests.fakes.clock import Clock

QINGDAO = worker(3, "370000", "370200", "SD0001")
AT_HOME = facility_named("SD0001").model_copy(update={"id": "SD0002", "city": "370200"})
DAY = date(2026, 10, 5)
SHANDONG = RegionalList("370000")
LINE = BilledLine(id="1", date=DAY, code="DRUG", quantity="2", fund_fen=2_000, injury_related=True)
ROWS = {
    "DRUG": CatalogueRow("DRUG", CostKind.DRUG, in_scope=True, price_cap_fen=800),
    "CARE": CatalogueRow("CARE", CostKind.TREATMENT, in_scope=True),
    "OUT": CatalogueRow("OUT", CostKind.TREATMENT, in_scope=False),
    "FOOD": CatalogueRow("FOOD", CostKind.MEAL, in_scope=True),
    "BED": CatalogueRow("BED", CostKind.BED, in_scope=True),
    "LEG": CatalogueRow("LEG", CostKind.DEVICE, in_scope=True, price_cap_fen=900),
}
STANDARD = Standard(knows=True, row=lambda code, _day: ROWS.get(code), bed_day_fen=6_000)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, (400, Fault.OVER_STANDARD)),
        ({"fund_fen": 1_600}, None),
        ({"injury_related": False}, (2_000, Fault.NON_INJURY)),
        ({"code": "CARE"}, None),
        ({"code": "OUT"}, (2_000, Fault.OUT_OF_CATALOGUE)),
        ({"code": "FOOD"}, (2_000, Fault.OUT_OF_CATALOGUE)),
        ({"code": "NOBODY-KNOWS"}, (2_000, Fault.OUT_OF_CATALOGUE)),
        ({"code": "NOBODY-KNOWS", "fund_fen": 0}, None),
        ({"code": "BED", "quantity": "1.5", "fund_fen": 12_001}, (1, Fault.OVER_STANDARD)),
        ({"code": "BED", "quantity": "1.5", "fund_fen": 12_000}, None),
        ({"code": "LEG", "quantity": "1", "fund_fen": 1_000}, (100, Fault.OVER_STANDARD)),
    ],
)
def test_a_line_is_cut_by_the_first_rule_that_finds_something(
    change: dict[str, Any], found: tuple[int, Fault] | None
) -> None:
    told = [(one.amount_fen, one.fault) for one in findings([replace(LINE, **change)], STANDARD)]
    assert told == ([found] if found else [])


def test_a_notices_limit_goes_before_the_catalogues() -> None:
    leg = replace(LINE, code="LEG", quantity="1", fund_fen=1_000)
    assert findings([leg], replace(STANDARD, device_limits={"LEG": 1_000})) == ()


def test_without_a_catalogue_nothing_is_out_of_it() -> None:
    strange = replace(LINE, code="NOBODY-KNOWS")
    assert findings([strange], replace(STANDARD, knows=False)) == ()


def test_a_line_and_its_refund_are_looked_at_as_one() -> None:
    back = replace(LINE, id="2", quantity="-1", fund_fen=-1_000, reverses="1")
    assert findings([LINE, back], STANDARD) == (
        Finding(line="1", amount_fen=200, fault=Fault.OVER_STANDARD),
    )
    whole = replace(back, quantity="-2", fund_fen=-2_000)
    assert findings([LINE, whole], STANDARD) == ()


@pytest.mark.parametrize(
    ("province", "channel", "applied", "due"),
    [
        ("12", "online", date(2026, 10, 9), date(2026, 10, 16)),  # a Friday: two days off
        ("12", "window", date(2026, 10, 9), date(2026, 10, 9)),
        ("37", "online", date(2026, 10, 8), date(2026, 10, 13)),
        ("22", "window", date(2026, 10, 10), date(2026, 10, 16)),  # a Saturday
        ("51", "online", date(2026, 10, 9), None),
    ],
)
def test_a_filing_is_decided_within_working_days(
    province: str, channel: str, applied: date, due: date | None
) -> None:
    term = decide_by(province, channel, applied)
    assert (term[0] if term else None) == due


@pytest.mark.parametrize(
    ("region", "period", "days"),
    [
        ("510000", "2026-12", (date(2027, 1, 1), date(2027, 1, 20))),
        ("370000", "2026Q3", (date(2026, 10, 1), date(2026, 10, 23))),
        ("120000", "2026Q4", (date(2027, 1, 21), date(2027, 1, 31))),
        ("220000", "2027-01", (date(2027, 2, 1), date(2027, 2, 28))),
    ],
)
def test_a_clearing_has_its_days(region: str, period: str, days: tuple[date, date]) -> None:
    assert clearing_days(CLEARINGS[region], period) == days


def test_sichuans_first_prepayment_is_a_tenth_of_the_month_before() -> None:
    assert [initial_fen(spent) for spent in (1_000_000, 4, 5)] == [100_000, 0, 1]


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Iterator[Office]:
    facilities = (facility_named("SD0001"), facility_named("JL0001"), AT_HOME)
    known = Register(facilities=facilities, workers=(QINGDAO,))
    with open_office(tmp_path / "agency.db", known, clock) as office:
        yield office


def entered(office: Office, name: str, facility: str, fund_fen: int, filing: str | None) -> None:
    """Enter a settled stay as if a facility had told of it."""
    with office.store.transaction() as db:
        db.execute(
            "insert into cases (facility, order_key, id_number, filing, service, insured_region,"
            " opened_at) values (?, ?, ?, ?, 'inpatient_medical', '370000', '')",
            [facility, name, QINGDAO.id_number, filing],
        )
        db.execute(
            "insert into settlements (message, settlement, facility, order_key, total_fen,"
            " fund_fen, basis, settled_at) values (?, ?, ?, ?, ?, ?, 'online', ?)",
            [f"m-{name}", name, facility, name, fund_fen, fund_fen, START.isoformat()],
        )


def samples(office: Office, text: str = "2026-10") -> list[tuple[str, Sample]]:
    return [(one.settlement, one.why) for one in picked(office.store.read(), text)]


def test_inspectors_pick_out_what_is_large_and_nothing_below(office: Office) -> None:
    entered(office, "s1", "SD0001", LARGE_FEN - 1, "F-3")
    entered(office, "s2", "SD0001", LARGE_FEN, "F-3")
    assert samples(office) == [("s2", Sample.LARGE)]
    assert samples(office, "2026-11") == []


def test_inspectors_pick_out_who_is_treated_often(office: Office) -> None:
    for number in range(FREQUENT - 1):
        entered(office, f"s{number}", "SD0001", 1, "F-3")
    assert samples(office) == []
    entered(office, "s9", "SD0001", 1, "F-3")
    assert len(samples(office)) == FREQUENT


def test_inspectors_pick_out_spending_in_both_places_while_filed(office: Office) -> None:
    entered(office, "away", "SD0001", 1, "F-3")
    assert samples(office) == []
    entered(office, "home", "SD0002", 1, "F-3")
    assert samples(office) == [("away", Sample.BOTH_PLACES), ("home", Sample.BOTH_PLACES)]


def test_a_filing_left_undecided_is_late_and_shown_until_it_is_decided(
    office: Office, clock: Clock
) -> None:
    new = QINGDAO.filings[0].model_copy(update={"id": "G-1", "approved_at": None})
    office.registry.file(QINGDAO.id_number, new)
    [term] = office.terms()
    assert (term.duty, term.subject, term.due_on) == ("filing_decision", "G-1", date(2026, 10, 8))
    assert not term.late(office.today())
    clock.pass_time(days=4)
    assert term.late(office.today())
    office.registry.approve("G-1")
    [term] = office.terms()
    assert (term.done_on, term.late(office.today())) == (date(2026, 10, 9), True)


def test_a_catalogue_comes_out_once_is_told_and_is_what_is_audited_by(office: Office) -> None:
    office.catalogues.bring_out("370000", "1", catalogue("8.00"))
    office.catalogues.bring_out("370000", "1", catalogue("8.00"))
    with pytest.raises(AgencyRefuses, match="CATALOGUE_VERSION"):
        office.catalogues.bring_out("370000", "1", catalogue("9.00"))
    with pytest.raises(AgencyRefuses, match="CATALOGUE_UNREADABLE"):
        office.catalogues.bring_out("370000", "2", catalogue("eight"))
    with pytest.raises(AgencyRefuses, match="CATALOGUE_UNREADABLE"):
        office.catalogues.bring_out("370000", "2", b"")
    db = office.store.read()
    told = db.one("select count(*) as n, count(distinct facility) as f from dispatches")
    assert told == {"n": 3, "f": 3}
    [row] = db.query("select what, region, version, starts_on from catalogue_releases")
    assert tuple(row.values()) == ("catalogue", "370000", "1", "2024-01-01")


def test_a_later_version_takes_the_place_of_the_earlier_for_its_kinds(office: Office) -> None:
    office.catalogues.bring_out("370000", "1", catalogue("8.00", "OLD"))
    office.catalogues.bring_out("370000", "2", catalogue("9.00", since="2026-10-01"))
    rows = office.catalogues.of_list(SHANDONG)
    assert rows
    for day, cap in ((date(2026, 9, 30), 800), (date(2026, 10, 1), 900)):
        row = rows.row("DRUG", day)
        assert row
        assert row.price_cap_fen == cap
    assert rows.row("OLD", date(2026, 9, 30))
    assert rows.row("OLD", date(2026, 10, 1)) is None
    assert office.catalogues.of_list(RegionalList("220000")) is None


def test_what_the_lists_enclose_is_what_came_out(office: Office, tmp_path: Path) -> None:
    office.catalogues.bring_out("370000", "1", catalogue("8.00"))
    [enclosed] = office.catalogues.enclosed(tmp_path)
    assert (enclosed.region, enclosed.version) == ("370000", "1")
    assert enclosed.path.read_bytes() == catalogue("8.00")


def catalogue(cap: str, *also: str, since: str = "2024-01-01") -> bytes:
    """Return a catalogue file of drugs."""
    head = "编码,名称,类别,是否支付,限价（元）,有效期起"
    rows = [f"{code},样例 药品,药品,是,{cap},{since}" for code in ("DRUG", *also)]
    return "\n".join([head, *rows]).encode()


def test_two_lists_of_a_region_are_told_apart_by_the_insurance_they_are_of(
    office: Office, tmp_path: Path
) -> None:
    medical = RegionalList("370000", Insurance.MEDICAL)
    office.catalogues.bring_out("370000", "1", catalogue("8.00", "BOTH"))
    office.catalogues.bring_out("370000", "1-yb", catalogue("9.00"), Insurance.MEDICAL)
    assert [one.insurance for one in office.catalogues.enclosed(tmp_path)] == [None, "medical"]
    for one, cap in ((SHANDONG, 800), (medical, 900)):
        rows = office.catalogues.of_list(one)
        row = rows and rows.row("DRUG", DAY)
        assert row
        assert row.price_cap_fen == cap


def used_by(office: Office) -> object:
    [known] = office.registry.workers
    return known.notices[0].used_by


def test_what_was_typed_is_taken_back_once_and_its_notice_is_free(office: Office) -> None:
    typed = Typed(
        facility="SD0001",
        confirmation="QG-1",
        id_number=QINGDAO.id_number,
        insured_region="370000",
        total_fen=1_000,
        fund_fen=900,
        settled_at=START,
        notice=QINGDAO.notices[0].id,
    )
    with pytest.raises(AgencyRefuses, match="TYPED_UNKNOWN"):
        take_back(office.store, "SD0001", "QG-1", START)
    type_in(office.store, typed)
    assert used_by(office)
    with pytest.raises(AgencyRefuses, match="TYPED_UNKNOWN"):
        take_back(office.store, "SD0002", "QG-1", START)
    take_back(office.store, "SD0001", "QG-1", START)
    assert used_by(office) is None
    with pytest.raises(AgencyRefuses, match="TYPED_REVERSED"):
        take_back(office.store, "SD0001", "QG-1", START)
