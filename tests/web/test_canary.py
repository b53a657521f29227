"""Canaries: a person whose number and name stand in no byte that the product writes."""

from collections.abc import Iterator
from pathlib import Path

import httpx2

from edge.steps.back_up import back_up
from edge.store.operators import Role
from simulators.card import SyntheticPerson, social_security_card
from tests.steps.conftest import FACTS
from tests.web.ground import PASSWORD
from tests.web.service import Service, line, service_at

CANARY = SyntheticPerson()
PHONE = "13900009999"
ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")


def spellings(*words: str) -> Iterator[bytes]:
    """Yield each word as it could lie in a file."""
    for word in words:
        for encoding in ENCODINGS:
            yield word.encode(encoding)
        yield word.encode("unicode_escape")


def found(folder: Path, *words: str) -> list[str]:
    """Return which files of a folder hold one of the words."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    contents = {str(path.relative_to(folder)): path.read_bytes() for path in files}
    return [name for name, held in contents.items() if any(w in held for w in spellings(*words))]


def case(service: Service, reason: str = "金额录错") -> None:
    """Do all that leaves a trace: read, admit, charge, settle, reverse, show, fail."""
    worker = {"id_number": CANARY.number, "name": CANARY.name}
    service.platform.facts = FACTS | {"worker": FACTS["worker"] | worker}
    service.present(social_security_card(CANARY))
    form = {
        "verification": service.verified()["id"],
        "hospital_number": "ZY-CANARY",
        "determination": "认定1",
        "injured_parts": "左手",
    }
    stay = service.done("POST", "/stays", json=form)["id"]
    service.done("POST", f"/stays/{stay}/charges", json={"lines": [line()]})
    service.done("POST", f"/stays/{stay}/discharge")
    service.done("POST", f"/stays/{stay}/preview")
    second = "复核人"
    service.log_in(second, Role.FINANCE)
    clerk = service.log_in("出院员", Role.DISCHARGE)
    assert CANARY.name in service.client.get(f"/stays/{stay}", headers=clerk).text
    wish = {"ground": "papers", "password": PASSWORD}
    service.done("POST", f"/stays/{stay}/identity", headers=clerk, json=wish)
    key = {"Idempotency-Key": "canary"}
    settled = service.done("POST", f"/stays/{stay}/settlement", headers=clerk | key, json={})["id"]
    papers(service, stay, settled, clerk)
    both = {
        "reason": reason,
        "password": PASSWORD,
        "second_person": {"name": second, "password": PASSWORD},
    }
    undo = {"Idempotency-Key": "canary undone"}
    service.done("POST", f"/settlements/{settled}/reversal", headers=clerk | undo, json=both)
    for wrong in ({"qr": CANARY.number}, {"reader": CANARY.name}, {CANARY.number: CANARY.name}):
        assert not service.ask("POST", "/identifications", json=wrong).is_success
    login = {"name": CANARY.number, "password": CANARY.name, "desk": "1号窗"}
    headers = {"Origin": str(service.client.base_url).rstrip("/")}
    assert service.ask("POST", "/login", headers=headers, json=login).status_code == 401
    httpx2.get(f"{service.client.base_url}/stays/{CANARY.number}", trust_env=False)


def papers(service: Service, stay: str, settled: str, clerk: dict[str, str]) -> None:
    """Print what names the worker, and receive a complaint of theirs."""
    for kind in ("statement", "payment_slip"):
        asked = {"kind": kind}
        made = service.done("POST", f"/stays/{stay}/documents", headers=clerk, json=asked)
        service.ask("GET", f"/documents/{made['id']}/content", headers=clerk)
        service.done("POST", f"/documents/{made['id']}/prints", headers=clerk, json={})
    service.ask("GET", f"/settlements/{settled}/statement.pdf", headers=clerk)
    complaint = {"text": f"{CANARY.name}：等候太久", "name": CANARY.name, "contact": PHONE}
    made = service.done("POST", "/complaints", headers=clerk, json=complaint)
    service.done("POST", f"/complaints/{made['id']}/receipt", headers=clerk)


def test_no_byte_that_the_product_writes_holds_an_identity(tmp_path: Path) -> None:
    with service_at(tmp_path) as service:
        case(service, f"录错：{CANARY.name} {CANARY.number}")
        back_up(service.site, tmp_path / "canary.backup", "测试")
        assert (tmp_path / "edge.db-wal").stat().st_size  # the log of writes is looked at, too
        names = {path.name for path in tmp_path.iterdir()}
        assert {"edge.db", "canary.backup"} <= names
        assert found(tmp_path, CANARY.number, CANARY.name, PHONE) == []
        told = repr(service.site.log)
        assert [w for w in (CANARY.number, CANARY.name, PHONE) if w in told] == []
    assert found(tmp_path, CANARY.number, CANARY.name, PHONE) == []


def test_the_search_finds_what_lies_in_the_open(tmp_path: Path) -> None:
    for number, encoding in enumerate(ENCODINGS):
        (tmp_path / str(number)).write_bytes(b"\x00x" + CANARY.name.encode(encoding))
    assert len(found(tmp_path, CANARY.name)) == len(ENCODINGS)
