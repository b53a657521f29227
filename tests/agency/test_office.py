"""The agency's desk: register and terms, double reimbursement both ways, its page and API."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from edge.claiming import claim_now
from edge.core.cases import CaseRef
from edge.core.settlement import Blocked
from edge.core.verification import Service
from edge.steps.settle import Request, settle
from edge.store.announcements import announced, facility_standing
from edge.store.settlements import Settlement
from simulators.agency.by_hand import Application
from simulators.agency.forms.tianjin import Grade, Usage, annual_fen
from simulators.agency.office import Office, open_office
from simulators.agency.refusals import AgencyRefuses
from simulators.agency.registry import Live
from simulators.platform.faults import Script
from simulators.platform.register import Contribution, Filing, Register
from sync.dispatch import DispatchKind
from sync.inbox import InboxState
from tests.agency.country import (
    CLERK,
    START,
    Country,
    Edge,
    country_at,
    facility_named,
    month,
    worker,
)
from tests.fakes.clock import Clock
from tests.plain import NO_TLS

QINGDAO = worker(3, "370000", "370200", "SD0001")
TIANJIN = worker(5, "120000", "120100", "SD0001")
INPATIENT = Service.INPATIENT_MEDICAL


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    with country_at(tmp_path, QINGDAO, TIANJIN, facilities=["SD0001", "JL0001"]) as country:
        yield country


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Iterator[Office]:
    known = Register(facilities=(facility_named("SD0001"),), workers=(QINGDAO, TIANJIN))
    with open_office(tmp_path / "agency.db", known, clock) as office:
        yield office


def filing_of(office: Office, number: str) -> Filing:
    known = office.registry.worker(number)
    assert known
    return known.filings[-1]


def applied(office: Office) -> None:
    """Let the Shandong worker apply for another filing."""
    new = QINGDAO.filings[0].model_copy(update={"id": "G-1", "approved_at": None})
    office.registry.file(QINGDAO.id_number, new)


def test_a_filing_is_under_review_until_it_is_approved_now(office: Office, clock: Clock) -> None:
    applied(office)
    assert filing_of(office, QINGDAO.id_number).status == "pending"
    clock.pass_time(days=1)
    office.registry.approve("G-1")
    approved = filing_of(office, QINGDAO.id_number)
    assert (approved.status, approved.approved_at) == ("active", clock())
    with pytest.raises(AgencyRefuses, match="FILING_NOT_PENDING"):
        office.registry.approve("G-1")


def test_shandong_locks_a_long_term_filing_for_three_months(office: Office, clock: Clock) -> None:
    applied(office)
    office.registry.approve("G-1")
    with pytest.raises(AgencyRefuses, match="FILING_LOCKED"):
        office.registry.change("G-1", {"destination": "370600"})
    with pytest.raises(AgencyRefuses, match="FILING_LOCKED"):
        office.registry.move("G-1", "cancelled")
    clock.now = datetime(2027, 1, 5, 1, tzinfo=UTC)  # the day of the anniversary
    office.registry.change("G-1", {"destination": "370600"})
    assert filing_of(office, QINGDAO.id_number).destination == "370600"
    office.registry.move("G-1", "cancelled")
    with pytest.raises(AgencyRefuses, match="FILING_STATE"):
        office.registry.move("G-1", "active")


def test_tianjin_suspends_by_interruption_heals_by_payment_and_ends_by_death(
    office: Office,
) -> None:
    def fed(status: str) -> str:
        office.registry.feed(
            TIANJIN.id_number,
            Contribution(status=status, as_of=date(2026, 10, 1)),  # type: ignore[arg-type]
        )
        return filing_of(office, TIANJIN.id_number).status

    assert fed("interrupted") == "suspended"
    assert fed("paying") == "active"
    assert fed("deceased") == "terminated"
    assert fed("paying") == "terminated"


def test_elsewhere_a_lapse_leaves_the_filing_alone(office: Office) -> None:
    lapsed = Contribution(status="interrupted", as_of=date(2026, 10, 1))
    office.registry.feed(QINGDAO.id_number, lapsed)
    assert filing_of(office, QINGDAO.id_number).status == "active"


def test_a_facility_settles_directly_from_its_go_live_day_on(office: Office, clock: Clock) -> None:
    live = Live(direct=True, suspended=False, live_from=date(2026, 10, 6))
    office.registry.set_facility("SD0001", live)
    before = office.registry.facility("SD0001")
    clock.pass_time(days=1)
    after = office.registry.facility("SD0001")
    assert before
    assert after
    assert (before.direct, after.direct) == (False, True)


def test_what_the_agency_knows_survives_its_end(tmp_path: Path, clock: Clock) -> None:
    known = Register(facilities=(facility_named("SD0001"),), workers=(QINGDAO,))
    with open_office(tmp_path / "a.db", known, clock) as office:
        office.registry.suspend_worker(QINGDAO.id_number, suspended=True)
        key = office.downward.public_key
    with open_office(tmp_path / "a.db", known, clock) as again:
        kept = again.registry.worker(QINGDAO.id_number)
        assert kept
        assert kept.suspended
        assert again.downward.public_key == key


@pytest.mark.parametrize(
    ("cleared", "grade"),
    [
        (0, Grade.NONE),
        (69_999, Grade.NONE),
        (70_000, Grade.YELLOW),
        (79_999, Grade.YELLOW),
        (80_000, Grade.RED),
        (200_000, Grade.RED),
    ],
)
def test_a_prepayment_warns_from_70_and_80_percent_on(cleared: int, grade: Grade) -> None:
    usage = Usage(payer="120000", prepaid_fen=100_000, cleared_fen=cleared, pending_fen=500)
    assert usage.grade is grade
    assert usage.request_fen_max == (1000 if grade is Grade.RED else 0)


def test_a_prepayment_is_twice_the_mean_of_last_years_quarters() -> None:
    assert annual_fen([100, 200, 300, 400]) == 500
    assert annual_fen([1, 0, 0, 0]) == 1
    with pytest.raises(ValueError, match="four quarters"):
        annual_fen([1, 2, 3])


def test_an_emergency_is_asked_for_once_a_quarter_and_at_most_twice_the_pending(
    country: Country,
) -> None:
    edge, pair = country.edges["SD0001"], ("120000", "370000", "2026Q4")
    edge.settled(TIANJIN, INPATIENT, 10_000)
    country.clock.pass_time(days=28)
    _month_closed(country, edge, "2026-10")
    edge.settled(TIANJIN, INPATIENT, 20_000)
    country.clock.pass_time(days=30)
    edge.claimed(month("2026-11"))  # claimed, not cleared: what is pending
    prepayments = country.office.prepayments
    assert prepayments.usage(*pair).pending_fen == 21_000
    for amount_fen, code in ((42_001, "EMERGENCY_TOO_MUCH"), (42_000, ""), (1, "EMERGENCY_REQ")):
        if code:
            with pytest.raises(AgencyRefuses, match=code):
                prepayments.request(*pair, amount_fen)
        else:
            prepayments.request(*pair, amount_fen)
    assert prepayments.usage(*pair).prepaid_fen == 42_000


def _month_closed(country: Country, edge: Edge, text: str) -> None:
    claim = edge.claimed(month(text))
    country.office.audits.audit(claim.id)
    edge.collected()
    edge.confirmed(month(text))


def application(edge_clock: Clock) -> Application:
    day = edge_clock().date()
    return Application(
        id_number=QINGDAO.id_number, facility="SD0001", region="370000", since=day, until=day
    )


def test_what_was_settled_directly_is_not_paid_by_hand(country: Country) -> None:
    edge = country.edges["SD0001"]
    edge.settled(QINGDAO, INPATIENT, 10_000)
    asked = country.office.by_hand.apply(application(country.clock))  # nothing has arrived yet
    edge.collected()
    edge.deliver()
    assert country.office.by_hand.state(asked) == "refused"
    with pytest.raises(AgencyRefuses, match="INQUIRY_STATE"):
        country.office.by_hand.pay(asked)
    country.office.by_hand.withdraw(asked)
    with pytest.raises(AgencyRefuses, match="ALREADY_SETTLED_DIRECTLY"):
        country.office.by_hand.apply(application(country.clock))


def test_what_is_paid_by_hand_is_not_settled_here(country: Country) -> None:
    edge = country.edges["SD0001"]
    stay = edge.discharged(QINGDAO, INPATIENT, 10_000)
    edge.deliver()
    asked = country.office.by_hand.apply(application(country.clock))
    with pytest.raises(AgencyRefuses, match="INQUIRY_STATE"):
        country.office.by_hand.pay(asked)  # nobody has answered yet
    with pytest.raises(AgencyRefuses, match="ALREADY_REIMBURSED"):
        country.office.by_hand.apply(application(country.clock))
    edge.collected()
    edge.deliver()
    assert blocked(edge, stay) == ["REIMBURSEMENT_ASKED"]
    country.office.by_hand.pay(asked)
    edge.collected()
    assert blocked(edge, stay) == ["REIMBURSED_BY_HAND"]


def test_once_withdrawn_it_settles(country: Country) -> None:
    edge = country.edges["SD0001"]
    stay = edge.discharged(QINGDAO, INPATIENT, 10_000)
    asked = country.office.by_hand.apply(application(country.clock))
    edge.collected()
    edge.deliver()
    country.office.by_hand.withdraw(asked)
    edge.collected()
    assert isinstance(pressed(edge, stay), Settlement)


def pressed(edge: Edge, stay: CaseRef) -> object:
    return settle(edge.site, Request(case=stay, key="k"), CLERK)


def blocked(edge: Edge, stay: CaseRef) -> list[str]:
    done = pressed(edge, stay)
    assert isinstance(done, Blocked)
    return [block.code for block in done.blocks]


def test_suspensions_and_releases_reach_every_facility(country: Country) -> None:
    office = country.office
    office.registry.suspend_worker(QINGDAO.id_number, suspended=True)
    office.registry.set_facility("SD0001", Live(direct=True, suspended=True))
    said = {"region": "370000", "version": "2027.1", "starts_on": "2027-01-01"}
    office.registry.release(DispatchKind.CATALOGUE_RELEASE, said)
    assert [edge.collected().applied for edge in country.edges.values()] == [3, 2]
    db = country.edges["SD0001"].site.store.read()
    standing = facility_standing(db)
    assert standing
    assert standing.suspended
    assert [one.version for one in announced(db, frozenset())] == ["2027.1"]


def test_another_facilitys_key_gets_nothing(country: Country) -> None:
    answer = httpx2.post(
        f"{country.url}/v1/inbox", content=b"nonsense", verify=NO_TLS, trust_env=False
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "BAD_SIGNATURE")


def test_staff_does_all_of_a_month_on_the_page(country: Country) -> None:
    edge = country.edges["SD0001"]
    edge.settled(QINGDAO, INPATIENT, 10_000)
    country.clock.pass_time(days=28)
    claim = edge.claimed(month("2026-10"))
    with httpx2.Client(base_url=country.url, verify=NO_TLS, trust_env=False) as staff:
        assert "审核" in staff.get("/agency").text
        assert press(staff, "audit", claim=claim.id) == "/agency"
        assert press(staff, "audit", claim=claim.id) == "/agency?refused=CLAIM_AUDITED"
        assert press(staff, "statement", facility="SD0001", month="2026-10") == "/agency"
        edge.collected()
        edge.confirmed(month("2026-10"))
        assert press(staff, "pay", facility="SD0001", month="2026-10") == "/agency"
        page = staff.get("/agency")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "http" not in page.text.replace("http-equiv", "")
        assert "110.00" in page.text
        assert staff.post("/agency/acts/nothing", content=b"").status_code == 422
    assert edge.collected().applied == 1


def press(staff: httpx2.Client, act: str, **fields: str) -> str:
    answer = staff.post(f"/agency/acts/{act}", data=fields)
    assert answer.status_code == 303
    return answer.headers["location"]


def test_staff_does_the_same_by_script(country: Country) -> None:
    with httpx2.Client(base_url=country.url, verify=NO_TLS, trust_env=False) as staff:
        number = QINGDAO.id_number
        done = staff.post(f"/agency/workers/{number}/suspension", json={"suspended": True})
        assert done.json() == {"done": True}
        refused = staff.post("/agency/filings/F-9/approval")
        assert (refused.status_code, refused.json()["code"]) == (409, "FILING_NOT_KNOWN")
        quarter = {
            "payer": "120000",
            "payee": "370000",
            "quarter": "2026Q4",
            "last_year": [100, 100, 100, 100],
        }
        assert staff.post("/agency/prepayments", json=quarter).json() == {"amount_fen": 200}
        first = {"city": "510500", "quarter": "2026Q4", "month_before_fen": 1_000}
        assert staff.post("/agency/prepayments/first", json=first).json() == {"amount_fen": 100}
        form = staff.get("/agency/forms/370000/2026Q4.xlsx")
        assert form.content[:2] == b"PK"
        assert staff.get("/agency/forms/110000/2026-10.xlsx").json()["code"] == "NO_FORMS"


def test_staff_lets_the_rules_propose_and_then_audits_by_them(country: Country) -> None:
    edge = country.edges["SD0001"]
    done = edge.settled(QINGDAO, INPATIENT, 10_000)
    with httpx2.Client(base_url=country.url, verify=NO_TLS, trust_env=False) as staff:
        file = "编码,名称,类别,是否支付,限价（元）,有效期起\nDRUG,样例,药品,是,8.00,2024-01-01"
        path = "/agency/catalogues/370000/2026.9"
        assert staff.post(path, content=file.encode()).json() == {"done": True}
        refused = staff.post(path, content=b"nonsense")
        assert (refused.status_code, refused.json()["code"]) == (409, "CATALOGUE_UNREADABLE")
        country.clock.pass_time(days=28)
        claim = edge.claimed(month("2026-10"))
        proposed = staff.get(f"/agency/claims/{claim.id}/proposals").json()["deductions"]
        assert [(one["line"], one["kind"]) for one in proposed] == [
            ("1", "over_standard"),
            ("2", "out_of_catalogue"),
        ]
        spared = {"settlement": done.id, "line": "2", "amount_fen": 1, "kind": "other_breach"}
        given = {"by_rules": True, "deductions": [{**spared, "reason": "票据不全"}]}
        assert staff.post(f"/agency/claims/{claim.id}/audit", json=given).is_success
        assert staff.get("/agency/samples/2026-10").json() == {"samples": []}
        confirmed = staff.post("/agency/clearings/370000/2026Q4/confirmation")
        assert confirmed.json()["code"] == "CLEARING_TOO_EARLY"
        assert staff.post("/agency/clearings/510000/2026Q4/confirmation").status_code == 409
        [term] = staff.get("/agency/terms").json()["terms"]
        assert (term["subject"], term["due_on"]) == ("370000 2026Q4", "2027-01-23")
        assert "确认清算" in staff.get("/agency").text
    edge.collected()
    now = claim_now(edge.site, edge.site.store.read(), month("2026-10"))
    [item] = now.audited
    assert {one.line: one.amount_fen for one in item.deductions} == {"1": 200, "2": 1}


FAULTS = ("down", "error", "busy", "garbage", "truncated", "lose_ack")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_line_brings_nothing_twice_and_loses_nothing(country: Country, fault: str) -> None:
    edge, office = country.edges["SD0001"], country.office
    office.registry.suspend_worker(QINGDAO.id_number, suspended=True)
    country.faults.play(Script.model_validate({"fault": [{"on": "inbox", "do": fault}]}))
    with pytest.raises(Exception, match="PLATFORM"):
        edge.collected()
    country.clock.pass_time(minutes=10)
    assert edge.collected().applied == 1
    [kept] = edge.site.inbox.page(edge.site.store.read())
    assert kept.state is InboxState.APPLIED
    assert timedelta() < country.clock() - START
