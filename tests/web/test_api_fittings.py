"""A fitting over HTTP: verified, recorded, settled once; in Tianjin typed, and its number kept."""

from collections.abc import Iterator

import httpx2
import pytest

from edge.core.identity import masked_number
from edge.store.operators import Role
from tests.catalogues.shelf import keep_rows
from tests.steps.fittings import DEVICE_FACTS, LEG, NOTICE, ROWS
from tests.web.ground import PASSWORD
from tests.web.service import Json, Service
from tests.web.test_api import problem

CLERK, SECOND = "配置员甲", "财务员丙"


@pytest.fixture(scope="module")
def shop(service: Service) -> Service:
    """Let the facility fit devices, by the insured region's catalogue."""
    keep_rows(service.site.store, ROWS, region="110000")
    settings = service.site.settings
    facility = settings.facility.model_copy(update={"kinds": ("medical", "device")})
    settings = settings.model_copy(update={"facility": facility})
    object.__setattr__(service.site, "settings", settings)
    return service


@pytest.fixture
def away(shop: Service) -> Iterator[Service]:
    """Let the facility stand in Hangzhou meanwhile: no pack speaks of typing, so all is sent."""
    before = shop.site.settings
    place = {"region": "330000", "city": "330100"}
    there = before.model_copy(update={"facility": before.facility.model_copy(update=place)})
    object.__setattr__(shop.site, "settings", there)
    yield shop
    object.__setattr__(shop.site, "settings", before)


@pytest.fixture(scope="module")
def clerk(shop: Service) -> dict[str, str]:
    shop.log_in(SECOND, Role.FINANCE)
    return shop.log_in(CLERK, Role.FITTING)


def verified(shop: Service, number: int, **asked: object) -> Json:
    shop.newcomer()
    filing = DEVICE_FACTS["filing"] | {"destination": shop.site.settings.facility.region}
    facts = DEVICE_FACTS | {"notice": {**NOTICE, "id": f"N{number}"}, "filing": filing}
    shop.platform.facts = facts | {"worker": shop.platform.facts["worker"]}
    body = {"service": "device", "devices": [{"code": LEG}], **asked}
    verdict: Json = shop.done("POST", "/arrivals", json=body)
    return verdict


def opened(shop: Service, number: int, **asked: object) -> Json:
    form = {
        "verification": verified(shop, number, **asked)["id"],
        "hospital_number": f"PZ{number}",
        "determination": "认定1",
        "injured_parts": "左小腿",
    }
    fitting: Json = shop.done("POST", "/fittings", json=form)
    return fitting


def line(line_id: str = "1", **other: object) -> Json:
    fields = {"id": line_id, "code": LEG, "name": "小腿假肢", "quantity": "1", "price": "21000"}
    device = {"amount_fen": 2_100_000, "act": "first", "serial": "SN-1", "model": "M-1"}
    return {**fields, **device, **other}


def fitted(shop: Service, number: int) -> Json:
    fitting = opened(shop, number)
    done: Json = shop.done("POST", f"/fittings/{fitting['id']}/fitted", json={"lines": [line()]})
    assert done["refused"] == []
    return dict(done["fitting"])


def settle(shop: Service, fitting: Json, key: str) -> httpx2.Response:
    headers = shop.system | {"Idempotency-Key": key}
    return shop.ask("POST", f"/fittings/{fitting['id']}/settlement", headers=headers)


def reverse(shop: Service, clerk: dict[str, str], receipt: Json, key: str) -> httpx2.Response:
    second = {"name": SECOND, "password": PASSWORD}
    return shop.ask(
        "POST",
        f"/settlements/{receipt['id']}/reversal",
        headers=clerk | {"Idempotency-Key": key},
        json={"reason": "金额录错", "password": PASSWORD, "second_person": second},
    )


def test_a_fitting_is_verified_recorded_previewed_and_settled_once(shop: Service) -> None:
    verdict = verified(shop, 1)
    assert (verdict["decision"], verdict["notice"]["id"]) == ("direct", "N1")
    fitting = fitted(shop, 2)
    assert (fitting["state"], fitting["channel"]) == ("fitted", "login")
    assert fitting["lines"][0]["serial"] == "SN-1"
    at = f"/fittings/{fitting['id']}"
    assert fitting in shop.done("GET", "/fittings", params={"unsettled": True})
    ruling = shop.done("POST", f"{at}/preview")
    assert (ruling["fund_fen"], ruling["personal"]["device_over_limit"]) == (2_000_000, 100_000)
    answer = settle(shop, fitting, "fs1")
    assert answer.status_code == 201
    receipt = answer.json()
    assert (receipt["stay"], receipt["fitting"]) == (None, fitting["id"])
    assert (receipt["fund_fen"], receipt["personal_fen"]) == (2_000_000, 100_000)
    before = shop.rows()
    assert settle(shop, fitting, "fs1").json() == receipt
    late = problem(settle(shop, fitting, "fs2"), 409, "ALREADY_SETTLED", "Idempotency-Key")
    assert late["settlement"] == receipt
    assert shop.rows() == before
    now = shop.done("GET", at)
    assert (now["state"], now["settlement"]) == ("settled", receipt["id"])
    assert now["entry_sheets"] == [receipt["entry_sheet"]]
    assert now in shop.done("GET", "/fittings")
    left = shop.done("GET", "/fittings", params={"unsettled": True})
    assert fitting["id"] not in [one["id"] for one in left]
    assert shop.done("GET", f"/settlements/{receipt['id']}")["effective"]


def test_what_is_not_due_is_refused_with_its_article_and_not_recorded(shop: Service) -> None:
    fitting = opened(shop, 3)
    recent = line(act="replacement", last_fitted_on="2026-01-01")
    answer = shop.ask("POST", f"/fittings/{fitting['id']}/fitted", json={"lines": [recent]})
    refused = problem(answer, 409, "SERVICE_LIFE_NOT_REACHED")
    assert [block["code"] for block in refused["blocks"]] == ["SERVICE_LIFE_NOT_REACHED"]
    assert shop.done("GET", f"/fittings/{fitting['id']}")["state"] == "verified"


@pytest.mark.parametrize(
    ("form", "code", "field"),
    [
        ({"lines": []}, "NO_LINES", "lines"),
        ({"lines": [line(serial="")]}, "FIELD_EMPTY", "lines[0].serial"),
        ({"lines": [line(act="gift")]}, "BAD_FIELD", "lines[0].act"),
        ({"lines": [line(price=1.5)]}, "BAD_FIELD", "lines[0].price"),
        (
            {"lines": [line()], "fitted_at": "2020-01-01T00:00:00+08:00"},
            "FITTING_MOMENT",
            "fitted_at",
        ),
    ],
)
def test_what_cannot_be_recorded_names_its_field(
    shop: Service, form: Json, code: str, field: str
) -> None:
    fittings = shop.done("GET", "/fittings")
    spare = next((one for one in fittings if one["state"] == "verified"), None)
    spare = spare or opened(shop, 4)
    answer = shop.ask("POST", f"/fittings/{spare['id']}/fitted", json=form)
    problem(answer, 422, code, field)


def test_a_paper_notice_counts_where_the_platform_knows_none(shop: Service) -> None:
    shop.newcomer()
    worker = shop.platform.facts["worker"]
    shop.platform.facts = DEVICE_FACTS | {"notice": None, "worker": worker}
    paper = {
        "id": "PAPER-1",
        "items": [{"code": LEG, "limit_fen": 1_000_000, "limit_multiplier": "1.5"}],
    }
    body = {"service": "device", "devices": [{"code": LEG}], "notice": paper}
    verdict = shop.done("POST", "/arrivals", json=body)
    assert verdict["decision"] == "direct"
    assert verdict["notice"]["presented"] is True
    bad = {**paper, "items": [{"code": LEG, "limit_multiplier": "0"}]}
    answer = shop.ask("POST", "/arrivals", json={**body, "notice": bad})
    assert (answer.status_code, answer.json()["code"]) == (422, "LIMIT_MULTIPLIER")


def test_an_unknown_fitting_is_not_found(shop: Service, clerk: dict[str, str]) -> None:
    for method, path in (
        ("GET", "/fittings/nowhere"),
        ("POST", "/fittings/nowhere/preview"),
        ("GET", "/fittings/nowhere/manual"),
    ):
        problem(shop.ask(method, path), 404, "UNKNOWN_FITTING", "fitting")
    answer = shop.ask("GET", "/fittings/nowhere/entry-sheets", headers=clerk)
    problem(answer, 404, "UNKNOWN_FITTING", "fitting")


def test_the_sheet_is_shown_typed_and_its_number_brought_back(
    shop: Service, clerk: dict[str, str]
) -> None:
    fitting = fitted(shop, 5)
    receipt = settle(shop, fitting, "fs5").json()
    [sheet] = shop.done("GET", f"/fittings/{fitting['id']}/entry-sheets", headers=clerk)
    assert (sheet["id"], sheet["state"], sheet["late"]) == (
        receipt["entry_sheet"],
        "waiting",
        False,
    )
    labels = [field["label"] for field in sheet["fields"]]
    assert labels[:2] == ["姓名", "公民身份号码"]

    at = f"/entry-sheets/{sheet['id']}"
    blocked = reverse(shop, clerk, receipt, "fr0")
    problem(blocked, 409, "ENTRY_SHEET_WAITING", "settlement")
    closed = shop.done("POST", f"{at}/confirmation", headers=clerk, json={"number": "QG-5"})
    assert (closed["state"], closed["confirmation"], closed["closed_by"]) == (
        "confirmed",
        "QG-5",
        CLERK,
    )
    again = shop.ask("POST", f"{at}/withdrawal", headers=clerk, json={"note": "未录入"})
    problem(again, 409, "ENTRY_SHEET_STATE", "sheet")
    other = shop.ask("POST", f"{at}/confirmation", headers=clerk, json={"number": "QG-6"})
    problem(other, 409, "ENTRY_SHEET_STATE", "sheet")

    undone = reverse(shop, clerk, receipt, "fr1")
    assert undone.status_code == 201
    assert undone.json()["entry_sheet"]
    assert shop.done("GET", f"/fittings/{fitting['id']}")["state"] == "reversed"


def test_a_sheet_that_was_never_typed_is_withdrawn(shop: Service, clerk: dict[str, str]) -> None:
    receipt = settle(shop, fitted(shop, 6), "fs6").json()
    at = f"/entry-sheets/{receipt['entry_sheet']}/withdrawal"
    gone = shop.done("POST", at, headers=clerk, json={"note": "系统停机"})
    assert (gone["state"], gone["note"]) == ("withdrawn", "系统停机")
    assert reverse(shop, clerk, receipt, "fr6").json()["entry_sheet"] is None


def test_a_fitting_goes_to_manual_with_its_package(shop: Service, clerk: dict[str, str]) -> None:
    fitting = fitted(shop, 7)
    at = f"/fittings/{fitting['id']}/manual"
    problem(shop.ask("GET", at), 404, "NO_MANUAL_PACKAGE", "fitting")
    problem(shop.ask("POST", at, json={"reason": "x"}), 409, "NOT_MANUAL", "fitting")
    body = {"reason": "第三方责任", "third_party": True}
    package = shop.done("POST", at, headers=clerk, json=body)
    assert (package["stay"], package["fitting"]["state"]) == (None, "manual")
    assert "********" in package["person"]["number"]
    assert shop.done("GET", at) == package
    problem(settle(shop, fitting, "fs7"), 409, "FITTING_STATE", "state")


def told_of(shop: Service, fitting: Json) -> list[tuple[str, str]]:
    """Return what the platform is told of a fitting: kind and state of each message, in order."""
    messages = shop.done("GET", "/sync/messages")
    mine = [one for one in messages if one["order_key"] == fitting["id"]]
    return [(one["kind"], one["state"]) for one in reversed(mine)]


def test_where_fittings_are_sent_all_of_it_goes_by_message_and_comes_back_by_one(
    away: Service, clerk: dict[str, str]
) -> None:
    fitting = fitted(away, 50)
    assert fitting["channel"] == "api"
    at = f"/fittings/{fitting['id']}"
    preview = away.ask("POST", f"{at}/preview")
    shown = {"preview": preview.headers["etag"].strip('"')}
    headers = away.system | {"Idempotency-Key": "sent1"}
    receipt = away.done("POST", f"{at}/settlement", headers=headers, json=shown)
    assert (receipt["fund_fen"], receipt["entry_sheet"]) == (2_000_000, None)
    assert away.done("GET", f"{at}/entry-sheets", headers=clerk) == []
    away.deliver(away.platform)
    sent = ["fitting", "charges", "settlement"]
    assert told_of(away, fitting) == [(kind, "accepted") for kind in sent]
    [item] = [
        one
        for one in away.done("GET", "/claims/2026-11", headers=away.system)["items"]
        if one["settlement"] == receipt["id"]
    ]
    assert (item["stay"], item["confirmation"]) == (fitting["id"], None)
    assert item["message_id"]
    assert reverse(away, clerk, receipt, "sent-r1").is_success
    again = settle(away, fitting, "sent2").json()
    assert again["id"] != receipt["id"]
    away.deliver(away.platform)
    kinds = [kind for kind, _ in told_of(away, fitting)]
    assert kinds == [*sent, "reversal", "charges", "settlement"]


def test_somebody_of_another_desk_reverses_no_fitting(shop: Service) -> None:
    receipt = settle(shop, fitted(shop, 8), "fs8").json()
    other = shop.log_in("出院员丁", Role.DISCHARGE)
    answer = reverse(shop, other, receipt, "fr8")
    problem(answer, 403, "REAUTHENTICATION_FAILED", "password")


def test_numbers_that_were_not_brought_back_in_time_are_listed_as_late(shop: Service) -> None:
    receipt = settle(shop, fitted(shop, 9), "fs9").json()
    shop.clock.pass_time(hours=25)  # last: it ends every session
    finance = shop.log_in("财务员戊", Role.FINANCE)
    waiting = shop.done("GET", "/entry-sheets", headers=finance)
    shop.clock.pass_time(hours=-25)
    assert [one["late"] for one in waiting if one["id"] == receipt["entry_sheet"]] == [True]
    assert "fields" not in waiting[0]


def test_the_counter_s_pages_follow_a_fitting_to_the_number_brought_back(shop: Service) -> None:
    clerk = shop.log_in("配置员庚", Role.FITTING)  # an earlier one's session may have ended by now

    def page(path: str) -> str:
        answer = shop.client.get(path, headers=clerk | {"Accept": "text/html"})
        assert answer.status_code == 200, answer.text
        return answer.text

    verdict = verified(shop, 70)
    assert "登记配置" in page(f"/verifications/{verdict['id']}")
    fitting = opened(shop, 71)
    at = f"/fittings/{fitting['id']}"
    assert 'name="lines.0.serial"' in page(at)
    shop.done("POST", f"{at}/fitted", json={"lines": [line()]})
    assert "结算：基金 20,000.00 元，个人 1,000.00 元" in page(at)
    sheet = settle(shop, fitting, "pages").json()["entry_sheet"]
    assert "待填回确认号" in page("/fittings")
    shown = page(at)
    assert f"/api/v1/entry-sheets/{sheet}/confirmation" in shown
    assert "公民身份号码" in shown
    assert "公民身份号码" not in page(f"/pages{at}")
    [waiting] = shop.done("GET", f"{at}/entry-sheets", headers=clerk)
    [number] = [one["value"] for one in waiting["fields"] if one["label"] == "公民身份号码"]
    assert f"<b>{number}</b>" in shown
    typed = {"number": "QG-71"}
    shop.done("POST", f"/entry-sheets/{sheet}/confirmation", headers=clerk, json=typed)
    shown = page(at)
    assert "QG-71" in shown
    assert number not in shown
    assert f"<b>{masked_number(number)}</b>" in shown
    assert f'data-post="/api/v1{at}/identity"' in shown  # whoever needs it whole asks for it
    wish = {"ground": "papers", "password": PASSWORD}
    shop.done("POST", f"{at}/identity", headers=clerk, json=wish)
    assert f"<small>{number}</small>" in page(at)
