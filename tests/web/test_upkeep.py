"""What the system administrator keeps over HTTP: catalogues, backups, packs, certificates' ends."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.settings import Backup
from edge.store.ledger import latest
from edge.store.operators import Role
from edge.trust.tls import renew
from edge.web.api.cells import CSV, XLSX
from edge.web.pages.admin import ends
from edge.web.uploads import UPLOAD_BYTES_MAX
from tests.sheets.written import HEADER, ROW, changed, listed, xlsx_of
from tests.web.ground import PASSWORD
from tests.web.service import Json, Service, service_at

OWN = {"password": PASSWORD}
REGION = "310000"
UPLOADS = "/catalogue/uploads"
Headers = dict[str, str]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    with service_at(folder, backup=Backup(folder=folder / "backups", keep=2)) as service:
        yield service


@pytest.fixture(scope="module")
def it_staff(service: Service) -> Headers:
    return service.log_in("信息科", Role.SYSTEM_ADMINISTRATOR)


def compared(service: Service, who: Headers, data: bytes, version: str) -> Json:
    """Upload a list and return what it would change."""
    answer: Json = service.done(
        "POST",
        UPLOADS,
        params={"region": REGION, "version": version},
        headers=who | {"Content-Type": CSV},
        content=data,
    )
    return answer


def page(service: Service, path: str, who: Headers) -> str:
    return service.client.get(path, headers=who | {"Accept": "text/html"}).text


def versions(service: Service, who: Headers) -> list[str]:
    held = service.done("GET", "/catalogue/versions", headers=who)
    return [one["version"] for one in held if one["region"] == REGION]


def test_an_upload_is_compared_shown_and_then_imported_as_it_was_seen(
    service: Service, it_staff: Headers
) -> None:
    told = compared(service, it_staff, listed(ROW, changed(code="B")), "2026.1")
    assert (told["outcome"], told["new_count"], told["row_count"]) == ("dry_run", 2, 2)
    assert versions(service, it_staff) == []
    shown = page(service, f"/admin/uploads/{told['id']}", it_staff)
    assert "样例 A1" in shown
    at = f"{UPLOADS}/{told['id']}/import"
    wrong = service.ask("POST", at, headers=it_staff, json={"password": "not-the-password"})
    assert wrong.json()["code"] == "REAUTHENTICATION_FAILED"
    assert service.done("POST", at, headers=it_staff, json=OWN)["outcome"] == "imported"
    [entry] = latest(service.site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.operator) == ("catalogue.imported", "信息科")
    assert versions(service, it_staff) == ["2026.1"]
    shown = page(service, "/admin", it_staff)
    assert "2026.1" in shown
    assert f"{UPLOAD_BYTES_MAX // 1024**2} MB 的文件请在终端导入" in shown
    twice = service.ask("POST", at, headers=it_staff, json=OWN)
    assert (twice.status_code, twice.json()["code"]) == (404, "UPLOAD_GONE")
    again = compared(service, it_staff, listed(ROW, changed(code="B")), "2026.1")
    assert again["outcome"] == "known"


def test_what_was_imported_since_it_was_shown_stops_an_import(
    service: Service, it_staff: Headers
) -> None:
    other = service.log_in("另一信息员", Role.SYSTEM_ADMINISTRATOR)
    mine = compared(service, it_staff, listed(changed(code="M")), "2026.2")
    theirs = compared(service, other, listed(changed(code="T")), "2026.3")
    # what somebody else uploaded is theirs
    stolen = service.ask("POST", f"{UPLOADS}/{theirs['id']}/import", headers=it_staff, json=OWN)
    assert stolen.json()["code"] == "UPLOAD_GONE"
    service.done("POST", f"{UPLOADS}/{theirs['id']}/import", headers=other, json=OWN)
    late = service.ask("POST", f"{UPLOADS}/{mine['id']}/import", headers=it_staff, json=OWN)
    assert (late.status_code, late.json()["code"]) == (409, "CATALOGUES_MOVED")
    assert "2026.2" not in versions(service, it_staff)


def test_an_upload_is_forgotten_in_half_an_hour(service: Service, it_staff: Headers) -> None:
    told = compared(service, it_staff, listed(changed(code="H")), "2026.4")
    for _ in range(3):
        service.clock.pass_time(minutes=11)
        service.ask("GET", "/backups", headers=it_staff)  # or the session would idle away
    answer = service.ask("POST", f"{UPLOADS}/{told['id']}/import", headers=it_staff, json=OWN)
    assert answer.json()["code"] == "UPLOAD_GONE"


@pytest.mark.parametrize(
    ("kind", "content", "outcome"),
    [
        (CSV, listed(changed(cap="x")), (422, "CELLS_REFUSED")),
        (XLSX, xlsx_of([HEADER, changed(cap="x")]), (422, "CELLS_REFUSED")),
        (XLSX, b"PK\x03\x04 no workbook", (422, "SHEET_UNREADABLE")),
        ("application/json", b"{}", (415, "NOT_JSON")),
    ],
)
def test_a_file_that_cannot_stand_is_told_cell_by_cell(
    service: Service,
    it_staff: Headers,
    kind: str,
    content: bytes,
    outcome: tuple[int, str],
) -> None:
    answer = service.ask(
        "POST",
        UPLOADS,
        params={"region": REGION, "version": "9"},
        headers=it_staff | {"Content-Type": kind},
        content=content,
    )
    assert (answer.status_code, answer.json()["code"]) == outcome
    assert [one["address"] for one in answer.json().get("cells", [])] in ([], ["E2"])


def test_a_backup_is_made_and_looked_at_when_asked(service: Service, it_staff: Headers) -> None:
    before = service.done("GET", "/backups", headers=it_staff)
    assert (before["kept"], before["next_at"], before["late"]) == ([], None, True)
    made = service.done("POST", "/backups", headers=it_staff)
    now = service.done("GET", "/backups", headers=it_staff)
    [kept] = now["kept"]
    assert kept["made_at"] == made["made_at"].partition(".")[0].removesuffix("Z") + "Z"
    assert (now["late"], now["next_at"] > kept["made_at"]) == (False, True)
    looked = service.done("POST", f"/backups/{kept['name']}/check", headers=it_staff)
    assert looked["ledger_seq"] == made["ledger_seq"]
    kinds = [one.act.kind for one in latest(service.site.store.read(), limit=2)]
    assert kinds == ["backup.checked", "backup.made"]
    assert kept["name"] in page(service, "/admin", it_staff)
    path = Path(now["folder"]) / kept["name"]
    path.write_bytes(path.read_bytes()[:-40])
    torn = service.ask("POST", f"/backups/{kept['name']}/check", headers=it_staff)
    assert torn.json()["code"] in {"NO_BACKUP", "BACKUP_DAMAGED"}
    for name in ("edge-20200101T000000Z.backup", "..%2Fedge.db"):
        gone = service.ask("POST", f"/backups/{name}/check", headers=it_staff)
        assert gone.status_code == 404


def test_every_pack_is_run_on_its_cases(service: Service, it_staff: Headers) -> None:
    told = service.done("POST", "/packs/check", headers=it_staff)
    assert (told["packs"], told["failures"], told["failed_count"]) == (6, [], 0)
    assert told["cases"] > 500
    [entry] = latest(service.site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.operator) == ("packs.checked", "信息科")


def test_the_page_tells_when_certificates_end(service: Service, tmp_path: Path) -> None:
    settings = service.site.settings
    server = settings.server.model_copy(update={"tls": True})
    secure = settings.model_copy(update={"data": tmp_path, "server": server})
    site = replace(service.site, settings=secure)
    renew(secure, service.clock(), new_ca=True)
    assert [(one.name, one.soon) for one in ends(site)] == [("server", False), ("ca", False)]
    (tmp_path / "tls/server.pem").write_text("no certificate", encoding="utf-8")
    [unreadable, _] = ends(site)
    assert (unreadable.ends_at, unreadable.soon) == (None, True)
