"""A number on a page: masked, in full for a while to who asked, and masked again."""

from datetime import UTC, datetime, timedelta

from edge.store.operators import Role
from edge.web.reveals import Reveals
from tests.web.ground import PASSWORD
from tests.web.service import Service

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LI, WANG = ("李敏", "1号窗"), ("王五", "1号窗")


def test_a_reveal_ends_by_itself_and_is_its_askers_alone() -> None:
    reveals = Reveals()
    assert reveals.show(LI, "p1", now=NOW, seconds=60) == NOW + timedelta(minutes=1)
    assert reveals.left_s(LI, "p1", now=NOW, seconds=60) == 60
    assert reveals.left_s(WANG, "p1", now=NOW, seconds=60) == 0
    assert reveals.left_s(LI, "p2", now=NOW, seconds=60) == 0
    assert reveals.left_s(LI, "p1", now=NOW + timedelta(seconds=60), seconds=60) == 0
    assert reveals.left_s(LI, "p1", now=NOW - timedelta(days=1), seconds=60) == 0


def test_a_page_shows_the_whole_number_for_a_minute_to_who_asked(service: Service) -> None:
    person = service.newcomer()
    form = {
        "verification": service.verified()["id"],
        "hospital_number": "ZY-REVEAL",
        "determination": "认定1",
        "injured_parts": "左手",
    }
    stay = service.done("POST", "/stays", json=form)["id"]
    clerk, other = (service.log_in(name, Role.DISCHARGE) for name in ("看号的出院员", "别的出院员"))

    def page(who: dict[str, str]) -> str:
        return service.client.get(f"/stays/{stay}", headers=who).text

    assert person.number not in page(clerk)
    asked = {"ground": "papers", "password": PASSWORD}
    call = f"/stays/{stay}/identity"
    refused = service.ask("POST", call, headers=clerk, json=asked | {"password": "wrong"})
    assert (refused.status_code, refused.json()["code"]) == (403, "REAUTHENTICATION_FAILED")
    assert person.number not in page(clerk)
    shown = service.done("POST", call, headers=clerk, json=asked)
    assert shown["id_number"] == person.number
    assert person.number in page(clerk)
    assert '<meta http-equiv="refresh" content="60;url=/stays/' in page(clerk)
    assert person.number not in page(other)
    service.clock.pass_time(seconds=60)
    assert person.number not in page(clerk)
    assert "http-equiv" not in page(clerk)
