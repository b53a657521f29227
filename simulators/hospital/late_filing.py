"""An emergency in Sichuan, filed before it is settled (川 第十七条), in a hospital there.

The demo's own hospital stands in Tianjin, whose visitors cross a province: for them nothing filed
late settles directly. So this case opens a second hospital for as long as it takes.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.app import running
from edge.catalogues import sample_files
from edge.clock import fresh_id, system_clock
from edge.core.catalogue import Insurance
from edge.core.dates import local_day
from edge.settings import load_settings
from edge.shipped import config_folder
from edge.site import Site
from edge.site.opening import open_site
from edge.steps.import_catalogue import Import, import_catalogue
from simulators.card import SyntheticPerson
from simulators.hospital.ground import (
    CODE_LIFETIME,
    IT_STAFF,
    Hospital,
    ca_of,
    found,
    open_doors,
    serving,
    tell_platform,
)
from simulators.hospital.inpatient import stayed
from simulators.hospital.people import DETERMINATION
from simulators.hospital.records import HospitalSystem, Refused
from simulators.hospital.telling import DELIVERY_S_MAX, Step, Told, delivered, settled, verdict
from simulators.platform.app import build
from simulators.platform.codes import Codes
from simulators.platform.register import Contribution, Determination, Facility, Filing, Worker
from simulators.platform.server import serve
from simulators.reader import InProcessReaders

_FACILITY = Facility(id="SC0001", region="510000", city="510100", kinds=("medical", "rehab"))
_DOCUMENT = "病历注明急诊（合成）"
_SAMPLE_REGION = "120000"
"""Whose invented list serves as Sichuan's, which ships none."""


class Counter:
    """Knows one worker of another city, for whom a filing may be made at the agency's counter."""

    def __init__(self) -> None:
        person = SyntheticPerson()
        self._worker = Worker(
            id_number=person.number,
            name=person.name,
            insured_region="510000",
            insured_city="510300",
            contribution=Contribution(status="paying", as_of=local_day(system_clock())),
            determinations=(Determination(number=DETERMINATION, parts="左胫骨"),),
        )

    def facility(self, facility_id: str) -> Facility | None:
        """Return the facility of this id."""
        return _FACILITY if facility_id == _FACILITY.id else None

    def worker(self, id_number: str) -> Worker | None:
        """Return the worker of this identity number."""
        return self._worker if id_number == self._worker.id_number else None

    def file(self, now: datetime) -> str:
        """Approve a filing now, and return its id."""
        filing = Filing(
            id="F-SC-LATE",
            category="long_term_residence",
            status="active",
            benefits=("medical", "rehab"),
            destination=_FACILITY.city,
            approved_at=now,
            valid_from=local_day(now),
        )
        self._worker = self._worker.model_copy(update={"filings": (filing,)})
        return filing.id


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    url: str
    token: str
    ca: Path
    codes: Codes

    def system(self) -> HospitalSystem:
        """Return that hospital's system, to be closed."""
        return HospitalSystem(self.url, self.token, self.ca)


def late_filing(_place: Hospital) -> Iterator[Step]:
    """Yield each step of the case as it ends; the last says whether all ended as it should."""
    counter = Counter()
    with (
        TemporaryDirectory() as folder,
        _hospital(Path(folder), counter) as place,
        place.system() as system,
    ):
        yield {"step": "hospital", "facility": _FACILITY.id, "region": _FACILITY.region}
        code = place.codes.issue(SyntheticPerson().number).code
        asked = {"service": "inpatient_medical", "emergency": "emergency"}
        verification = yield from verdict(system, {"qr": code}, **asked)
        stay = yield from stayed(system, verification, emergency_document=_DOCUMENT)
        early = yield from _refused(system, stay)
        yield {"step": "filed", "filing": counter.file(system_clock())}
        settlement = yield from settled(system, f"/stays/{stay}")
        arrived = yield from delivered(system, stay, DELIVERY_S_MAX)
    ok = arrived and early == "FILING_MISSING" and settlement["basis"] == "online"
    yield {"step": "end", "ok": ok}


def _refused(system: HospitalSystem, stay: str) -> Told[str]:
    """Press before the filing is made: what is missing is told."""
    try:
        system.post(f"/stays/{stay}/settlement", {}, key=fresh_id())
    except Refused as refused:
        code = str(refused.document["code"])
        yield {"step": "not settled yet", "code": code}
        return code
    return ""


@contextmanager
def _hospital(folder: Path, counter: Counter) -> Iterator[_Elsewhere]:
    """Run a hospital in Chengdu without devices: its workers show an e-card to its own system."""
    codes = Codes(system_clock, lifetime=CODE_LIFETIME)
    settings_file, key = found(folder / "site")
    settings_file.write_text(_moved(settings_file.read_text("utf-8")), encoding="utf-8")
    platform = build(counter, system_clock, {_FACILITY.id: key}, codes=codes)
    with ExitStack() as stack:
        tell_platform(settings_file, stack.enter_context(serve(platform)))
        site = stack.enter_context(open_site(load_settings(settings_file)))
        _stock(site)
        token = open_doors(site)
        desk = stack.enter_context(running(site, InProcessReaders()))
        url = stack.enter_context(serving(desk, 0))
        yield _Elsewhere(url, token, ca_of(settings_file), codes)


def _moved(settings: str) -> str:
    """Return the demo's settings as of Chengdu: no scanner, no cached list."""
    for pattern, there in (
        (r'id = "TJ0001"', f'id = "{_FACILITY.id}"'),
        (r'region = "120000"', f'region = "{_FACILITY.region}"'),
        (r'city = "120100"', f'city = "{_FACILITY.city}"'),
        (r', scanner = "[^"]*"', ""),
        (r'root = "[^"]*"\n', ""),
        (r', "device"\]', "]"),
    ):
        settings, times = re.subn(pattern, there, settings)
        if not times:
            raise ValueError(pattern)
    return settings


def _stock(site: Site) -> None:
    for file in sample_files(config_folder() / "catalogues"):
        if file.region == _SAMPLE_REGION:
            request = Import(
                path=file.path,
                region=_FACILITY.region,
                version=file.version,
                insurance=Insurance.MEDICAL,
            )
            import_catalogue(site, request, IT_STAFF.name)
