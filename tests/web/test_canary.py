"""Canaries: a person whose number and name stand in no byte that the product writes."""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx2
import pytest

from drivers.cards import read_card
from drivers.trace import Recorded, written
from edge.clock import system_clock
from edge.settings import Logs
from edge.steps.back_up import back_up
from edge.steps.export_audit import export_audit
from edge.store.backup import opened_backup
from edge.store.keys import load_keys
from edge.store.ledger import Asked
from edge.store.operators import Role
from edge.support import make_bundle
from simulators.card import SyntheticPerson, social_security_card
from tests.drivers.script import PlannedCard
from tests.plain import NO_TLS
from tests.steps.conftest import FACTS
from tests.sync.list_ground import Ground as ListGround
from tests.web.ground import PASSWORD
from tests.web.service import Service, line, service_at

CANARY = SyntheticPerson()
PHONE = "13900009999"
SITE = """\
data = "data"
[facility]
id = "TJ0001"
name = "测试医院"
region = "120000"
city = "120100"
kinds = ["medical"]
[platform]
url = "http://127.0.0.1:9"
"""
ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")


def spellings(*words: str) -> Iterator[bytes]:
    """Yield each word as it could lie in a file, spelt as hexadecimal digits as well."""
    for word in words:
        yield word.encode("unicode_escape")
        for encoding in ENCODINGS:
            raw = word.encode(encoding)
            yield from (raw, raw.hex().encode(), raw.hex().upper().encode())


def found(folder: Path, *words: str) -> list[str]:
    """Return which files of a folder hold one of the words; archives are opened."""
    contents = dict(_contents(folder))
    assert contents
    held = [name for name, data in contents.items() if _names(data, words)]
    return sorted(held)


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            name, data = str(path.relative_to(folder)), path.read_bytes()
            yield name, data
            if zipfile.is_zipfile(io.BytesIO(data)):
                with zipfile.ZipFile(io.BytesIO(data)) as archive:
                    yield from ((f"{name}/{one}", archive.read(one)) for one in archive.namelist())


def _names(data: bytes, words: Iterable[str]) -> bool:
    return any(word in data for word in spellings(*words))


def case(service: Service, reason: str = "金额录错") -> list[httpx2.Response]:
    """Do all that leaves a trace: read, admit, charge, settle, reverse, show, fail.

    Return the papers.
    """
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
    printed = papers(service, stay, settled, clerk)
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
    httpx2.get(f"{service.client.base_url}/stays/{CANARY.number}", verify=NO_TLS, trust_env=False)
    return printed


def papers(
    service: Service, stay: str, settled: str, clerk: dict[str, str]
) -> list[httpx2.Response]:
    """Print what names the worker, and receive a complaint of theirs."""
    printed = []
    for kind in ("statement", "payment_slip"):
        asked = {"kind": kind}
        made = service.done("POST", f"/stays/{stay}/documents", headers=clerk, json=asked)
        printed.append(service.ask("GET", f"/documents/{made['id']}/content", headers=clerk))
        service.done("POST", f"/documents/{made['id']}/prints", headers=clerk, json={})
    printed.append(service.ask("GET", f"/settlements/{settled}/statement.pdf", headers=clerk))
    complaint = {"text": f"{CANARY.name}：等候太久", "name": CANARY.name, "contact": PHONE}
    made = service.done("POST", "/complaints", headers=clerk, json=complaint)
    receipt = service.done("POST", f"/complaints/{made['id']}/receipt", headers=clerk)
    return [*printed, service.ask("GET", f"/documents/{receipt['id']}/content", headers=clerk)]


WORDS = (CANARY.number, CANARY.name, PHONE)


def test_no_byte_that_the_product_writes_holds_an_identity(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with service_at(data, log=Logs()) as service:
        printed = case(service, f"录错：{CANARY.name} {CANARY.number}")
        back_up(service.site, data / "canary.backup", "测试")
        export_audit(service.site, data / "audit.jsonl", Asked(), by="测试")
        # the log of writes is looked at, too, which a closed database has not
        assert (data / "edge.db-wal").stat().st_size
        assert found(data, *WORDS) == []
    with opened_backup(data / "canary.backup", load_keys(data / "keys"), data) as (_, copy):
        assert _names(copy.read_bytes(), ["李敏", "出院员"])  # unsealed: operators have names
        assert not _names(copy.read_bytes(), WORDS)
    settings_file = tmp_path / "site.toml"
    settings_file.write_text(SITE, encoding="utf-8")
    make_bundle(settings_file, data / "bundle.zip", system_clock, by="测试")
    trace_of_the_card(data / "card.trace")
    brought_list(data)
    wrote = {path.name for path in data.rglob("*")}
    assert {"edge.db", "canary.backup", "audit.jsonl", "bundle.zip", "card.trace", "list"} <= wrote
    assert [name for name in wrote if name.startswith("edge-2026")]  # the log
    assert found(data, *WORDS) == []
    assert not _names("".join(capfd.readouterr()).encode(), WORDS)
    assert_no_metadata_names_anybody(printed)


def assert_no_metadata_names_anybody(printed: list[httpx2.Response]) -> None:
    """Hold papers to what names nobody but on the page itself: headers, XMP, dictionary."""
    assert [paper.content[:5] for paper in printed] == [b"%PDF-"] * 4
    # What a page says lies compressed; what stands in the open is metadata.
    assert [one for one in printed if _names(one.content, WORDS)] == []
    assert [one for one in printed if _names(repr(one.headers).encode(), WORDS)] == []


def trace_of_the_card(path: Path) -> None:
    """Write down what a reader and the card said to each other."""
    card = Recorded(PlannedCard(social_security_card(CANARY)))
    assert read_card(card).name == CANARY.name
    path.write_text(written([card.trace()]), encoding="utf-8")


def brought_list(data: Path) -> None:
    """Bring a cached list in which the person stands."""
    ground = ListGround(data)
    ground.change(id_number=CANARY.number, name=CANARY.name)
    releases = ground.platform()
    ground.releases = releases
    cached = ground.cached()
    ground.refreshed(cached)
    entry = cached.look_up(CANARY.number, now=ground.clock())
    assert entry
    cached.close()


@pytest.mark.parametrize("where", ["open", "log", "archive", "hex"])
def test_what_lies_in_the_open_is_found_wherever_it_is(tmp_path: Path, where: str) -> None:
    match where:
        case "open":
            for number, encoding in enumerate(ENCODINGS):
                (tmp_path / f"{number}").write_bytes(b"\0x" + CANARY.name.encode(encoding))
            assert len(found(tmp_path, CANARY.name)) == len(ENCODINGS)
        case "log":
            (tmp_path / "log.jsonl").write_text(json.dumps({"who": CANARY.name}), encoding="utf-8")
            assert found(tmp_path, *WORDS) == ["log.jsonl"]
        case "archive":
            with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as made:
                made.writestr("inside.txt", f"tel. {PHONE}")
            assert found(tmp_path, *WORDS) == ["a.zip/inside.txt"]
        case _:
            told = b"<FEFF" + CANARY.name.encode("utf-16-be").hex().upper().encode() + b">"
            (tmp_path / "info.pdf").write_bytes(told)
            assert found(tmp_path, *WORDS) == ["info.pdf"]
