"""Accounts and tokens over HTTP: who may, what is shown once, what is entered, and what ends."""

from base64 import b32decode
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from edge.store.ledger import latest
from edge.store.operators import Role
from edge.trust.crypto import second_factor_code
from tests.web.ground import PASSWORD
from tests.web.service import Json, Service

OWN = {"password": PASSWORD}
LEFT = {"cause": "left"}


@pytest.fixture(scope="module")
def security(service: Service) -> dict[str, str]:
    return service.log_in("安管", Role.SECURITY_ADMINISTRATOR)


def made(service: Service, security: dict[str, str], name: str, role: Role) -> Json:
    """Make an account; return what is shown of it once."""
    form = {"name": name, "role": role.value} | OWN
    shown: Json = service.done("POST", "/accounts", headers=security, json=form)
    return shown


def come_in(service: Service, name: str, password: str, code: str = "") -> httpx2.Response:
    """Log in and forget the cookie."""
    origin = {"Origin": str(service.client.base_url).rstrip("/")}
    body = {"name": name, "password": password, "desk": "1号窗", "code": code}
    answer = service.ask("POST", "/login", headers=origin, json=body)
    service.client.cookies.clear()
    return answer


def session(service: Service, answer: httpx2.Response) -> dict[str, str]:
    """Return what a browser sends after this login."""
    origin = {"Origin": str(service.client.base_url).rstrip("/")}
    return origin | {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


def refusal(service: Service, path: str, who: dict[str, str], body: Any) -> tuple[int, str]:  # noqa: ANN401 - any JSON
    answer = service.ask("POST", path, headers=who, json=body)
    return answer.status_code, answer.json()["code"]


def account(service: Service, security: dict[str, str], name: str) -> Json:
    """Return an account as it stands."""
    [one] = [
        one for one in service.done("GET", "/accounts", headers=security) if one["name"] == name
    ]
    return dict(one)


def newest(service: Service) -> tuple[str, str, str]:
    """Return the newest entry: its kind, who did it, and what it says."""
    [entry] = latest(service.site.store.read(), limit=1)
    return entry.act.kind, entry.act.operator, entry.act.body


def test_the_first_password_opens_nothing_but_the_choice_of_ones_own(
    service: Service, security: dict[str, str]
) -> None:
    shown = made(service, security, "新出院员", Role.DISCHARGE)
    assert newest(service)[:2] == ("operator.created", "安管")
    assert shown["first_password"] not in str(service.done("GET", "/audit", headers=security))
    welcome = come_in(service, "新出院员", shown["first_password"])
    assert welcome.json()["must_change"]
    clerk = session(service, welcome)
    answer = service.ask("GET", "/stays", headers=clerk)
    assert (answer.status_code, answer.json()["code"]) == (403, "PASSWORD_FOR_ONCE")
    led = service.client.get("/stays", headers=clerk | {"Accept": "text/html"})
    assert (led.status_code, led.headers["location"]) == (303, "/password")
    assert "只用于首次登录" in service.client.get("/password", headers=clerk).text
    same = {"password": shown["first_password"], "new_password": shown["first_password"]}
    assert refusal(service, "/password", clerk, same) == (422, "PASSWORD_SAME")
    chosen = same | {"new_password": PASSWORD}
    assert service.ask("POST", "/password", headers=clerk, json=chosen).status_code == 204
    assert service.ask("GET", "/stays", headers=clerk).status_code == 401
    assert come_in(service, "新出院员", shown["first_password"]).status_code == 401
    again = come_in(service, "新出院员", PASSWORD)
    assert not again.json()["must_change"]
    assert service.ask("GET", "/stays", headers=session(service, again)).is_success


def test_what_gives_power_asks_who_one_is_again(service: Service, security: dict[str, str]) -> None:
    one = made(service, security, "被管的人", Role.FINANCE)["id"]
    wrong = {"password": "not-the-password"}
    token = {"name": "HIS-9", "scopes": ["read"]}
    for path, body in (
        ("/accounts", {"name": "没有建成", "role": "finance"}),
        (f"/accounts/{one}/role", {"role": "discharge"}),
        (f"/accounts/{one}/password", {}),
        (f"/accounts/{one}/second-factor", {}),
        ("/tokens", token),
    ):
        # the right one in between: five failures would lock
        assert refusal(service, path, security, body | wrong) == (403, "REAUTHENTICATION_FAILED")
        assert newest(service)[:2] == ("operator.refused", "安管")
        service.site.proofs().again("安管", PASSWORD)
    assert account(service, security, "被管的人")["role"] == "finance"


def test_nobody_keeps_their_own_account(service: Service, security: dict[str, str]) -> None:
    own = account(service, security, "安管")["id"]
    for act, body in (
        ("role", OWN | {"role": "auditor"}),
        ("password", OWN),
        ("second-factor", OWN),
        ("second-factor/confirmation", {"code": "123456"}),
        ("unlocking", LEFT),
        ("ending", LEFT),
    ):
        path = f"/accounts/{own}/{act}"
        assert refusal(service, path, security, body) == (403, "OWN_ACCOUNT"), act


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (Role.AUDITOR, Role.SECURITY_ADMINISTRATOR),
        (Role.SYSTEM_ADMINISTRATOR, Role.AUDITOR),
        (Role.DISCHARGE, Role.AUDITOR),
        (Role.AUDITOR, Role.DISCHARGE),
    ],
)
def test_roles_that_exclude_each_other_are_not_exchanged(
    service: Service, security: dict[str, str], was: Role, becomes: Role
) -> None:
    one = made(service, security, f"{was.value} {becomes.value}", was)["id"]
    form = OWN | {"role": becomes.value}
    assert refusal(service, f"/accounts/{one}/role", security, form) == (409, "ROLES_EXCLUDE")


def test_a_clerk_who_moves_to_another_desk_logs_in_again(
    service: Service, security: dict[str, str]
) -> None:
    clerk = service.log_in("调岗的人", Role.ADMISSION)
    one = account(service, security, "调岗的人")
    assert one["sessions"] == 1
    form = OWN | {"role": "finance"}
    answer = service.ask("POST", f"/accounts/{one['id']}/role", headers=security, json=form)
    assert answer.status_code == 204
    kind, by, body = newest(service)
    assert (kind, by) == ("operator.moved", "安管")
    assert '"was":"admission"' in body
    assert service.ask("GET", "/stays", headers=clerk).status_code == 401
    assert account(service, security, "调岗的人")["role"] == "finance"


def test_a_locked_account_a_forgotten_password_and_a_dismissal(
    service: Service, security: dict[str, str]
) -> None:
    clerk = service.log_in("忘密码的人", Role.DISCHARGE)
    for _ in range(5):
        come_in(service, "忘密码的人", "not-the-password")
    one = account(service, security, "忘密码的人")
    assert one["locked_until"]
    at = f"/accounts/{one['id']}"
    assert service.ask(
        "POST", f"{at}/unlocking", headers=security, json={"cause": "forgotten"}
    ).is_success
    assert '"cause":"forgotten"' in newest(service)[2]
    assert refusal(service, f"{at}/unlocking", security, LEFT) == (409, "NOT_LOCKED")
    ended = service.done("POST", f"{at}/sessions/ending", headers=security, json={"cause": "lost"})
    assert ended == {"sessions": 1}
    assert service.ask("GET", "/stays", headers=clerk).status_code == 401
    shown = service.done("POST", f"{at}/password", headers=security, json=OWN)
    assert service.site.proofs().again("忘密码的人", PASSWORD) is None
    assert service.site.proofs().again("忘密码的人", shown["first_password"])
    assert account(service, security, "忘密码的人")["must_change"]
    assert service.ask("POST", f"{at}/ending", headers=security, json=LEFT).status_code == 204
    assert newest(service)[0] == "operator.disabled"
    assert service.site.proofs().again("忘密码的人", shown["first_password"]) is None
    assert refusal(service, f"{at}/ending", security, LEFT) == (404, "NAME_UNKNOWN")


def test_an_administrator_comes_in_once_the_authenticator_is_confirmed(
    service: Service, security: dict[str, str]
) -> None:
    shown = made(service, security, "新信息员", Role.SYSTEM_ADMINISTRATOR)
    assert come_in(service, "新信息员", shown["first_password"]).status_code == 401
    at = f"/accounts/{shown['id']}/second-factor"
    early = refusal(service, f"{at}/confirmation", security, {"code": "123456"})
    assert early == (409, "FACTOR_NOT_OFFERED")
    offered = service.done("POST", at, headers=security, json=OWN)
    assert offered["qr"].startswith("<svg")
    assert offered["secret"] in offered["address"]
    secret = secret_of(offered)
    code = second_factor_code(secret, service.clock())
    assert come_in(service, "新信息员", shown["first_password"], code).status_code == 401
    wrong = {"code": "000000" if code != "000000" else "000001"}
    assert refusal(service, f"{at}/confirmation", security, wrong) == (403, "FACTOR_CODE_WRONG")
    confirmed = service.ask("POST", f"{at}/confirmation", headers=security, json={"code": code})
    assert confirmed.status_code == 204
    assert newest(service)[0] == "operator.equipped"
    used = come_in(service, "新信息员", shown["first_password"], code)
    assert used.status_code == 401  # a code counts once, the one that confirmed as well
    later = second_factor_code(secret, service.clock() + timedelta(seconds=30))
    assert come_in(service, "新信息员", shown["first_password"], later).is_success


def test_an_offer_that_nobody_confirmed_in_time_is_none(
    service: Service, security: dict[str, str]
) -> None:
    one = made(service, security, "没带手机", Role.AUDITOR)["id"]
    at = f"/accounts/{one}/second-factor"
    secret = secret_of(service.done("POST", at, headers=security, json=OWN))
    service.clock.pass_time(minutes=14)
    service.ask("GET", "/accounts", headers=security)  # or the session would idle away
    service.clock.pass_time(minutes=2)
    late = {"code": second_factor_code(secret, service.clock())}
    assert refusal(service, f"{at}/confirmation", security, late) == (409, "FACTOR_NOT_OFFERED")


def test_the_system_administrator_renews_the_security_administrators_authenticator_alone(
    service: Service, security: dict[str, str]
) -> None:
    it_staff = service.log_in("信息", Role.SYSTEM_ADMINISTRATOR)
    listed = service.done("GET", "/accounts", headers=it_staff)
    assert {one["role"] for one in listed} == {"security_administrator"}
    own = account(service, security, "安管")["id"]
    assert service.ask(
        "POST", f"/accounts/{own}/second-factor", headers=it_staff, json=OWN
    ).is_success
    clerk = made(service, security, "与信息科无关", Role.DISCHARGE)["id"]
    path = f"/accounts/{clerk}/second-factor"
    assert refusal(service, path, it_staff, OWN) == (403, "FACTOR_NOT_YOURS")
    other = account(service, security, "信息")["id"]
    assert service.ask(
        "POST", f"/accounts/{other}/second-factor", headers=security, json=OWN
    ).is_success


def test_a_token_is_shown_once_keeps_its_limits_and_ends(
    service: Service, security: dict[str, str]
) -> None:
    form = {"name": "LIS", "scopes": ["read", "charge"], "calls_per_min": 60} | OWN
    form["last_day"] = service.clock().date().isoformat()
    shown = service.done("POST", "/tokens", headers=security, json=form)
    assert shown["token"] not in str(service.done("GET", "/audit", headers=security))
    system = {"Authorization": f"Bearer {shown['token']}"}
    assert service.ask("GET", "/stays", headers=system).is_success
    assert service.ask("GET", "/claims/2026-11", headers=system).is_success
    assert service.ask("GET", "/readers", headers=system).is_success
    assert service.ask("POST", "/identifications", headers=system, json={}).status_code == 403
    [listed] = [
        one for one in service.done("GET", "/tokens", headers=security) if one["name"] == "LIS"
    ]
    assert shown["token"] not in str(listed)
    assert (listed["scopes"], listed["calls_per_min"]) == (["charge", "read"], 60)
    assert refusal(service, "/tokens", security, form) == (409, "NAME_TAKEN")
    path = f"/tokens/{listed['id']}/ending"
    assert service.ask("POST", path, headers=security, json=LEFT).status_code == 204
    assert newest(service)[:2] == ("token.ended", "安管")
    assert service.ask("GET", "/stays", headers=system).status_code == 401
    assert refusal(service, path, security, LEFT) == (404, "NAME_UNKNOWN")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"scopes": []}, "BAD_FIELD"),
        ({"scopes": ["agent"]}, "TOKEN_SCOPES"),
        ({"desk": "没有的窗口"}, "DESK_UNKNOWN"),
        ({"last_day": "2020-01-01"}, "LAST_DAY_NOT_USABLE"),
        ({"last_day": "9999-12-31"}, "LAST_DAY_NOT_USABLE"),
        ({"calls_per_min": 0}, "BAD_FIELD"),
        ({"name": " 空格"}, "NAME_NOT_USABLE"),
    ],
)
def test_a_token_that_cannot_be_is_refused(
    service: Service, security: dict[str, str], change: Json, code: str
) -> None:
    form = {"name": "不成立", "scopes": ["read"]} | OWN | change
    assert refusal(service, "/tokens", security, form) == (422, code)


def test_the_pages_offer_what_may_be_done_and_show_no_secret(
    service: Service, security: dict[str, str]
) -> None:
    one = made(service, security, "页面上的人", Role.DISCHARGE)

    def page(path: str) -> str:
        return service.client.get(path, headers=security | {"Accept": "text/html"}).text

    admin = page("/admin")
    assert f'href="/admin/accounts/{one["id"]}"' in admin
    assert 'data-post="/api/v1/tokens"' in admin
    of_one = page(f"/admin/accounts/{one['id']}")
    assert one["first_password"] not in admin + of_one
    for act in ("role", "password", "second-factor", "sessions/ending", "ending"):
        assert f'data-post="/api/v1/accounts/{one["id"]}/{act}"' in of_one
    own = page(f"/admin/accounts/{account(service, security, '安管')['id']}")
    assert own.count('data-post="/api/v1/accounts/') == 2  # sessions, and the confirmation unused
    assert "没有有效的" in page("/admin/accounts/nobody")


def secret_of(offered: Json) -> bytes:
    """Return the secret as an authenticator reads it."""
    text = offered["secret"]
    return b32decode(text + "=" * (-len(text) % 8))
