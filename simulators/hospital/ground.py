"""The ground of a rehearsal: every far side and the service itself, until the block ends."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Thread

from edge.app import running, server
from edge.catalogues import sample_files
from edge.clock import Clock, fresh_id, system_clock
from edge.log import Log
from edge.settings import load_settings
from edge.shipped import config_folder
from edge.site import Site
from edge.site.founding import found_site
from edge.site.opening import open_site
from edge.steps.import_catalogue import Import, import_catalogue
from edge.store.keys import load_keys
from edge.store.operators import (
    Operator,
    Role,
    Scope,
    create_operator,
    new_password_hash,
)
from edge.store.tokens import create_token
from edge.web.desk import Desk
from simulators.agency.api import add_agency
from simulators.agency.office import Office, open_office
from simulators.card import SyntheticPerson, social_security_card
from simulators.hospital.people import FACILITY, residents
from simulators.hospital.records import Credentials, HospitalSystem
from simulators.platform.app import add_lists, build
from simulators.platform.codes import Codes
from simulators.platform.faults import NO_FAULTS, Faults, Script
from simulators.platform.journal import Keeper
from simulators.platform.releases import Listed, Releases
from simulators.platform.server import serve
from simulators.reader import VirtualReader, virtual_reader
from simulators.scanner import VirtualScanner
from sync.envelope import PublicKey

PASSWORD = "demo-hospital"  # noqa: S105 - of synthetic accounts that live as long as the demo
DESKS = ("入院1号窗", "出院1号窗")
SCANNER = "demo-scanner"
LIST_ROOT = "platform-root.json"
AGENCY_KEY = "platform.pub.pem"
CODE_LIFETIME = timedelta(minutes=10)
"""Longer than a real e-card's: there must be time to read the welcome."""

_STARTING_S = 10.0


@dataclass(frozen=True, slots=True)
class Person:
    """An account of the demo hospital."""

    name: str
    role: Role


IT_STAFF = Person("信息科", Role.SYSTEM_ADMINISTRATOR)
FITTER = Person("配置员", Role.FITTING)
STAFF = (
    Person("入院员", Role.ADMISSION),
    Person("出院员", Role.DISCHARGE),
    FITTER,
    Person("财务员", Role.FINANCE),
    IT_STAFF,
    Person("审计员", Role.AUDITOR),
)


@dataclass(frozen=True, slots=True)
class Known:
    """Whom the platform knows, the first one's card in the reader; and what time it is for all."""

    people: tuple[SyntheticPerson, ...] = (SyntheticPerson(),)
    clock: Clock = system_clock


ONE_WORKER = Known()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hospital:
    """A running hospital: its pages, its hospital system's token, its CA, its far sides.

    The scanner stands at the first of ``DESKS``; ``codes`` are those of the workers' e-cards.
    ``office`` is the agency behind the platform, whose page is at ``agency_url``.
    """

    url: str
    token: str
    ca: Path
    settings_file: Path
    desk: Desk
    virtual: VirtualReader
    faults: Faults
    journal: Keeper
    office: Office
    agency_url: str
    codes: Codes
    scanner: VirtualScanner

    def system(self) -> HospitalSystem:
        """Return the hospital's system, to be closed."""
        return HospitalSystem(self.url, self.token, self.ca)

    def at_desk(self, person: Person, desk: str) -> HospitalSystem:
        """Return what a clerk's page would call, logged in; to be closed."""
        who = Credentials(name=person.name, password=PASSWORD, desk=desk)
        return HospitalSystem.at_desk(self.url, self.ca, who)

    def show_e_card(self) -> str:
        """Return a fresh code of the synthetic worker's e-card."""
        return self.codes.issue(SyntheticPerson().number).code


@contextmanager
def hospital(
    folder: Path,
    *,
    port: int = 0,
    log: Log | None = None,
    script: Script = NO_FAULTS,
    reader: Callable[[], AbstractContextManager[VirtualReader]] = virtual_reader,
    known: Known = ONE_WORKER,
) -> Iterator[Hospital]:
    """Run a hospital in ``folder`` (new or empty) with the first worker's card inserted.

    ``script`` is what the platform already suffers when the service starts.
    Where PC/SC cannot run, ``virtual.missing`` says why and the reader is in process.
    """
    faults, clock = Faults(script), known.clock
    codes = Codes(clock, lifetime=CODE_LIFETIME)
    settings_file, key = found(folder, clock)
    with ExitStack() as stack:
        register = residents(clock(), known.people)
        office = stack.enter_context(open_office(folder / "agency.db", register, clock))
        keys = {FACILITY: key}
        platform = build(office.registry, clock, keys, faults, office.journal, codes)
        add_agency(platform, office, keys)
        add_lists(platform, list_releases(settings_file, office.registry, clock))
        far = stack.enter_context(serve(platform))
        tell_platform(settings_file, far)
        trust_agency(settings_file, office)
        site = stack.enter_context(open_site(load_settings(settings_file), clock=clock, log=log))
        stock_catalogues(site)
        token = open_doors(site)
        scanner = stack.enter_context(VirtualScanner(folder.absolute() / SCANNER))
        virtual = stack.enter_context(reader())
        desk = stack.enter_context(running(site, virtual.readers))
        url = stack.enter_context(serving(desk, port))
        virtual.slot.insert(social_security_card(known.people[0]))
        yield Hospital(
            url=url,
            token=token,
            ca=ca_of(settings_file),
            settings_file=settings_file,
            desk=desk,
            virtual=virtual,
            faults=faults,
            journal=office.journal,
            office=office,
            agency_url=f"{far}/agency",
            codes=codes,
            scanner=scanner,
        )


def found(folder: Path, clock: Clock = system_clock) -> tuple[Path, PublicKey]:
    """Found the demo site; return its settings file and what the platform must register."""
    settings = _SETTINGS.replace(SCANNER, str(folder.absolute() / SCANNER))
    founded = found_site(folder, clock=clock, fresh_id=fresh_id, settings=settings)
    data = load_settings(founded.settings_file).data
    return founded.settings_file, load_keys(data / "keys").signing.public()


def ca_of(settings_file: Path) -> Path:
    """Return the CA by which the founded site's pages are trusted."""
    return load_settings(settings_file).data / "tls" / "ca.pem"


def list_releases(settings_file: Path, known: Listed, clock: Clock = system_clock) -> Releases:
    """Set up the platform's cached list for the site, and hand the site its trusted root."""
    settings = load_settings(settings_file)
    releases = Releases(
        lambda: known,
        settings_file.parent / "platform-list",
        facility=FACILITY,
        key=load_keys(settings.data / "keys").listing,
        clock=clock,
    )
    (settings_file.parent / LIST_ROOT).write_bytes(releases.repository.root)
    return releases


def tell_platform(settings_file: Path, url: str) -> None:
    """Write the platform's address, known once it listens, into the settings."""
    told = settings_file.read_text(encoding="utf-8").replace(_NO_PLATFORM, url)
    settings_file.write_text(told, encoding="utf-8")


def trust_agency(settings_file: Path, office: Office) -> None:
    """Hand the site the agency's key: it believes what comes down, and asks for it often."""
    (settings_file.parent / AGENCY_KEY).write_bytes(office.downward.public_key.pem())
    told = settings_file.read_text(encoding="utf-8")
    settings_file.write_text(told.replace("[platform]\n", _TRUSTING, 1), encoding="utf-8")


def open_doors(site: Site) -> str:
    """Make the demo's accounts, and return the token of its hospital system."""
    hashed = new_password_hash(PASSWORD)
    now = site.clock()
    with site.store.transaction() as db:
        for person in STAFF:
            operator = Operator(site.fresh_id(), person.name, person.role)
            create_operator(db, operator, password_hash=hashed, at=now)
        return create_token(db, fresh=site.fresh_id(), name="医院信息系统", scopes=Scope, at=now)


def stock_catalogues(site: Site) -> None:
    """Import the sample catalogues as the hospital's own people would."""
    for file in sample_files(config_folder() / "catalogues"):
        import_catalogue(
            site, Import(path=file.path, region=file.region, version=file.version), IT_STAFF.name
        )


@contextmanager
def serving(desk: Desk, port: int) -> Iterator[str]:
    """Serve a site on loopback until the block ends; yield its address."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        # Without it each small answer waits some 40 ms for the other side's acknowledgement.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        service = server(desk)
        thread = Thread(target=service.run, args=([listening],), name="edge service")
        thread.start()
        try:
            if not service.up.wait(_STARTING_S):
                raise TimeoutError("the edge service did not start")
            yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            service.should_exit = True
            thread.join()


_TRUSTING = f"""\
[platform]
keys = ["{AGENCY_KEY}"]
collect_s = 2.0
"""
_NO_PLATFORM = "http://127.0.0.1:9"
_SETTINGS = f"""\
data = "data"
desks = [
    {{ name = "{DESKS[0]}", scanner = "{SCANNER}" }},
    {{ name = "{DESKS[1]}" }},
]

[facility]
id = "{FACILITY}"
name = "演示医院（合成数据）"
region = "120000"
city = "120100"
kinds = ["medical", "rehab", "device"]

[platform]
url = "{_NO_PLATFORM}"
retry_s_min = 0.2
retry_s_max = 2.0
circuit_rest_s = 1.0

[lists]
root = "{LIST_ROOT}"
refresh_min = 1

[server]
port = 0

[desk]
simulated = true
"""
