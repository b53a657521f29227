"""The overview's numbers and charts, the audit's page, the administrators'."""

from datetime import date, datetime, timedelta

import pytest

from edge.core.errors import Words
from edge.store.operators import Role
from edge.store.overview import MonthMoney, clocks, lags, money_by_month
from edge.web.pages.overview import HEIGHT, chart
from tests.web.service import Service


def page(service: Service, path: str, headers: dict[str, str]) -> str:
    answer = service.client.get(path, headers=headers | {"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_chart_gives_each_value_its_height_and_none_below_nothing() -> None:
    labels = [Words("一", "one"), Words("二", "two")]
    drawn = chart(labels, [("advanced", [50, 100]), ("paid", [-5, 0])], [["50", "100"], ["", ""]])
    heights = [[bar.height for bar in group.bars] for group in drawn.groups]
    assert heights == [[HEIGHT // 2, 0], [HEIGHT, 0]]
    assert all(bar.y + bar.height == HEIGHT for group in drawn.groups for bar in group.bars)
    assert drawn.groups[1].bars[1].x + drawn.groups[1].bars[1].width < drawn.width


def test_an_empty_chart_is_flat() -> None:
    drawn = chart([Words("一", "one")], [("busy", [0])], [["0"]])
    assert drawn.groups[0].bars[0].height == 0


def test_clocks_lags_and_money_are_counted_where_they_belong(service: Service) -> None:
    stay = service.discharged()
    db = service.site.store.read()
    due = datetime.fromisoformat(stay["settle_by"])
    assert clocks(db, due) == (1, 0, 0, 0, 0, 0)
    assert clocks(db, due - timedelta(hours=4)) == (0, 1, 0, 0, 0, 0)
    assert clocks(db, due - timedelta(hours=47)) == (0, 0, 0, 0, 0, 1)
    now = service.clock()
    waiting = sum(lags(db, now))
    assert waiting > 0
    assert lags(db, now + timedelta(days=30)) == (0, 0, 0, 0, waiting)
    key = {**service.system, "Idempotency-Key": "overview"}
    settled = service.done("POST", f"/stays/{stay['id']}/settlement", headers=key)
    assert clocks(db, due) == (0, 0, 0, 0, 0, 0)
    october, november = money_by_month(db, [date(2026, 10, 1), date(2026, 11, 1)])
    assert october == MonthMoney(month="2026-10", advanced_fen=0, audited_fen=0, paid_fen=0)
    assert november.advanced_fen == settled["fund_fen"]


@pytest.mark.parametrize("role", [Role.DISCHARGE, Role.FINANCE])
def test_the_overview_is_drawn_on_the_server(service: Service, role: Role) -> None:
    shown = page(service, "/overview", service.log_in(f"看 {role.value}", role))
    assert shown.count('<svg class="chart"') == 3
    assert shown.count("<rect") == 6 + 5 + 6 * 3


def test_the_auditor_reads_acts_page_by_page_and_of_one_subject(service: Service) -> None:
    auditor = service.log_in("审计甲", Role.AUDITOR)
    shown = page(service, "/audit", auditor)
    assert "账链完整" in shown
    assert "login" in shown
    subject = service.discharged()["id"]
    of_one = page(service, f"/audit?subject={subject}", auditor)
    assert of_one.count("stay.admitted") == 1
    assert "operator.logged_in" not in of_one
    assert page(service, "/audit?before=2", auditor).count("<tr>") == 2


def test_the_auditor_asks_by_who_what_and_when(service: Service) -> None:
    auditor = service.log_in("审计乙", Role.AUDITOR)
    service.log_in("出院丙", Role.DISCHARGE)
    asked = "/audit?subject=&operator=出院丙&kind=operator.logged_in&since=2026-11-20&until="
    assert page(service, asked, auditor).count("<code>operator.logged_in</code>") == 1
    assert "<code>" not in page(service, f"{asked}2026-11-19", auditor).partition("<tbody>")[2]
    assert "/audit?before=" not in page(service, asked, auditor)  # one page: none follows


def test_security_sees_accounts_and_it_those_whose_authenticator_it_renews(
    service: Service,
) -> None:
    service.log_in("出院乙", Role.DISCHARGE)
    security = page(service, "/admin", service.log_in("安全甲", Role.SECURITY_ADMINISTRATOR))
    assert "安全甲" in security
    assert "出院乙" in security
    it_staff = page(service, "/admin", service.log_in("信息甲", Role.SYSTEM_ADMINISTRATOR))
    assert "安全甲" in it_staff
    assert "出院乙" not in it_staff
    assert "天津" in it_staff


def test_the_audit_is_read_backwards_page_by_page_without_gap_or_double(service: Service) -> None:
    auditor = service.log_in("审计丙", Role.AUDITOR)
    stay = service.discharged()["id"]
    everything = service.done("GET", "/audit?limit=1000", headers=auditor)
    seen, before = [], ""
    while page_ := service.done("GET", f"/audit?limit=7{before}", headers=auditor):
        seen += page_
        before = f"&before={page_[-1]['seq']}"
    assert seen == everything
    assert [one["seq"] for one in seen] == sorted((one["seq"] for one in seen), reverse=True)
    by = seen[1]["operator"]
    for asked, holds in (
        (f"subject={stay}", lambda one: one["subject"] == stay),
        ("kind=stay.admitted", lambda one: one["kind"] == "stay.admitted"),
        (f"operator={by}", lambda one: one["operator"] == by),
        ("since=2026-11-20T00:00:00Z", lambda _one: True),
        ("until=2026-11-20T00:00:00Z", lambda _one: False),
    ):
        found = service.done("GET", f"/audit?limit=1000&{asked}", headers=auditor)
        assert found == [one for one in everything if holds(one)], asked
    for wrong in ("before=0", f"before={2**63}", "since=yesterday", "limit=1001", "who=me"):
        answer = service.ask("GET", f"/audit?{wrong}", headers=auditor)
        assert answer.status_code == 422, wrong
