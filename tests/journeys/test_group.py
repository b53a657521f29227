"""A group from commands alone: `edge serve` on a campus, `edge office serve` and `work` behind it.

A worker's card, real stream servers (the office's and the campus's own), a real PostgreSQL, the
platform's simulator with its agency: a bill settled at the campus's desk arrives, its receipt comes
back, a question goes through, and what the platform has for the campus goes down.
"""

import json
import shutil
import signal
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from edge.clock import system_clock
from edge.office.books import Books
from edge.office.figures import campus_states, money_by_campus
from edge.office.opening import campuses_of
from edge.office.settings import load_office
from edge.settings import load_settings
from edge.site.opening import open_site
from simulators.agency.api import add_agency
from simulators.agency.office import Office as Agency
from simulators.agency.office import open_office as open_agency
from simulators.card import SyntheticPerson, social_security_card
from simulators.hospital.ground import ca_of, list_releases, open_doors, stock_catalogues
from simulators.hospital.inpatient import discharged_stay
from simulators.hospital.people import FACILITY, residents
from simulators.hospital.records import HospitalSystem, NoAnswer
from simulators.hospital.telling import awaited, deliveries, settled, silently
from simulators.pcscd import Pcscd
from simulators.platform.app import add_lists, build
from simulators.platform.codes import Codes
from simulators.platform.faults import Faults
from simulators.platform.server import serve
from simulators.reader import VpcdCard
from sync.dispatch import DispatchKind
from sync.keys import load_public
from tests.fakes.log import Log
from tests.nats_server import NatsServer, hub, leaf, ports_of_our_own
from tests.postgres import postgres
from tests.programs import Program, finished

WAIT_S_MAX = 60.0
STOP_S_MAX = 20.0

SITE = """\
data = "data"
desks = [ {{ name = "出院1号窗" }} ]
[facility]
id = "{facility}"
name = "东院（合成数据）"
region = "120000"
city = "120100"
kinds = ["medical"]
[platform]
url = "http://127.0.0.1:9"
keys = ["agency.pub.pem"]
retry_s_min = 0.2
retry_s_max = 2.0
collect_s = 2.0
[sync]
transport = "jetstream"
[sync.jetstream]
servers = ["{stream}"]
[lists]
root = "platform-root.json"
refresh_min = 1
[server]
port = {port}
[desk]
simulated = true
"""
OFFICE = """\
data = "data"
name = "样例集团"
workers = 1
[platform]
url = "{platform}"
keys = ["agency.pub.pem"]
[books]
address = "{books}"
[stream]
servers = ["{stream}"]
[server]
tls = false
port = {port}
[[campuses]]
facility = "{facility}"
name = "东院"
keys = ["facility.pub.pem"]
"""


@dataclass(frozen=True, slots=True)
class Group:
    """What runs: the campus's and the office's services, and the far side."""

    url: str
    token: str
    ca: Path
    system: HospitalSystem
    office_file: Path
    agency: Agency
    programs: tuple[Program, ...]


@pytest.fixture(scope="module")
def group(
    tmp_path_factory: pytest.TempPathFactory,
    pcscd: Pcscd,  # noqa: ARG001 - it must run
) -> Iterator[Group]:
    folder = tmp_path_factory.mktemp("group")
    with ExitStack() as open_now:
        database = open_now.enter_context(postgres())
        ports = open_now.enter_context(ports_of_our_own(2))
        middle = open_now.enter_context(hub(folder / "hub"))
        own = open_now.enter_context(leaf(folder / "leaf", FACILITY, middle.leaf_port))
        people = residents(system_clock(), (SyntheticPerson(),))
        agency = open_now.enter_context(open_agency(folder / "agency.db", people, system_clock))
        site_file, token = _campus(folder / "campus", own, ports[0], agency)
        office_file = _office(
            folder / "office",
            folder / "campus",
            platform=open_now.enter_context(_platform(folder / "campus", agency)),
            books=database.new_database(),
            stream=middle.url,
            port=ports[1],
        )
        begun = partial(_begun, open_now)
        programs = [
            begun("office", "serve", "--config", office_file),
            begun("office", "work", "--config", office_file),
        ]
        answers = f"http://127.0.0.1:{ports[1]}/readyz"
        assert awaited(lambda: _answer(answers), WAIT_S_MAX) == {"status": "ok"}
        programs.append(begun("serve", "--config", site_file))
        card = VpcdCard()
        open_now.callback(card.remove)
        card.insert(social_security_card(SyntheticPerson()))
        url = f"https://127.0.0.1:{ports[0]}"
        ca = ca_of(site_file)
        yield Group(
            url=url,
            token=token,
            ca=ca,
            system=open_now.enter_context(HospitalSystem(url, token, ca)),
            office_file=office_file,
            agency=agency,
            programs=tuple(programs),
        )


def _campus(folder: Path, own: NatsServer, port: int, agency: Agency) -> tuple[Path, str]:
    """Found a campus by its command; return its settings and its hospital system's token."""
    given = folder.parent / "given-site.toml"
    given.write_text(SITE.format(facility=FACILITY, stream=own.url, port=port), encoding="utf-8")
    done = finished("edge", "init", "--data", folder, "--settings", given)
    assert done.returncode == 0, done.stderr
    (folder / "agency.pub.pem").write_bytes(agency.downward.public_key.pem())
    with open_site(load_settings(folder / "site.toml"), log=Log()) as site:
        stock_catalogues(site)
        return folder / "site.toml", open_doors(site)


@contextmanager
def _platform(campus: Path, agency: Agency) -> Iterator[str]:
    """Serve the platform, its agency and the campus's list."""
    keys = {FACILITY: load_public((campus / "data/facility.pub.pem").read_bytes())}
    codes = Codes(system_clock)
    app = build(agency.registry, system_clock, keys, Faults(), agency.journal, codes)
    add_agency(app, agency, keys)
    add_lists(app, list_releases(campus / "site.toml", agency.registry))
    with serve(app) as url:
        yield url


def _office(folder: Path, campus: Path, **places: object) -> Path:
    """Found the office by its command; return its settings."""
    given = folder.parent / "given-office.toml"
    given.write_text(OFFICE.format(facility=FACILITY, **places), encoding="utf-8")
    folder.mkdir()
    for name in ("agency.pub.pem", "data/facility.pub.pem"):
        shutil.copy(campus / name, folder)
    done = finished("edge", "office", "init", "--data", folder, "--settings", given)
    assert done.returncode == 0, done.stderr
    return folder / "office.toml"


def test_a_bill_settled_at_a_campus_arrives_through_the_office_and_answers_come_down(
    group: Group,
) -> None:
    system = group.system
    assert awaited(lambda: _reads_cards(system), WAIT_S_MAX)
    stay = discharged_stay(system)
    asked = system.get(f"/stays/{stay}")
    receipt = silently(settled(system, f"/stays/{stay}"))
    assert (receipt["basis"], receipt["fund_fen"] > 0) == ("online", True), asked
    assert awaited(lambda: set(deliveries(system, stay).values()) == {"accepted"}, WAIT_S_MAX)
    kinds = [one.kind for one in group.agency.journal.kept() if one.order_key == stay]
    assert (kinds[0], kinds[-1]) == ("admission", "settlement")

    assert _told_down(group, stay)
    assert awaited(lambda: "edge_list_fresh 1.0" in _figures(group), WAIT_S_MAX)

    office = load_office(group.office_file)
    with closing(Books(office.books.address)) as books:
        campuses = campuses_of(office)
        [state] = campus_states(books.read(), campuses, system_clock())
        [money] = money_by_campus(books.read(), campuses, None)
    assert (state.pending, state.clocks, state.alarm, state.quarantined) == (0, 0, None, 0)
    assert state.list_as_of
    assert (money.advanced_fen, money.audited_fen) == (receipt["fund_fen"], 120)

    for program in group.programs:
        program.send_signal(signal.SIGTERM)
    assert [one.wait(STOP_S_MAX) for one in group.programs] == [0, 0, 0], [
        one.complaints() for one in group.programs
    ]


def _told_down(group: Group, stay: str) -> bool:
    """Have the agency send an audit's result; tell whether the campus has it."""
    agency = group.agency
    body = {"claim": "C-1", "items": [{"settlement": stay, "approved_fen": 120}]}
    with agency.store.transaction() as db:
        told = agency.downward.tell(db, FACILITY, DispatchKind.AUDIT_RESULT, "claim-2026-11", body)
    listed = partial(group.system.get, "/sync/dispatches")
    return awaited(lambda: told in {one["id"] for one in listed()}, WAIT_S_MAX)


def _figures(group: Group) -> str:
    """Return the campus's own figures, the age of its list among them."""
    headers = {"Authorization": f"Bearer {group.token}"}
    asked = Request(f"{group.url}/metrics", headers=headers)  # noqa: S310 - loopback
    trusting = ssl.create_default_context(cafile=group.ca)
    with urlopen(asked, timeout=5, context=trusting) as said:  # noqa: S310 - loopback
        return str(said.read().decode())


def _begun(open_now: ExitStack, *words: object) -> Program:
    return open_now.enter_context(Program("edge", words))


def _answer(url: str) -> object:
    try:
        with urlopen(url, timeout=5) as said:  # noqa: S310 - loopback
            return json.load(said)
    except (URLError, TimeoutError, ConnectionError):
        return None


def _reads_cards(system: HospitalSystem) -> bool:
    try:
        return any(one["state"] == "present" for one in system.get("/readers"))
    except NoAnswer:
        return False
