"""Killed between commit and send, and at each point of the delivery: nothing lost or doubled."""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.clock import system_clock
from edge.settings import load_settings
from edge.site.opening import open_site
from simulators.card import SyntheticPerson, social_security_card
from simulators.hospital.ground import ca_of, found, open_doors, stock_catalogues, tell_platform
from simulators.hospital.inpatient import discharged_stay
from simulators.hospital.people import FACILITY, register
from simulators.hospital.records import HospitalSystem, NoAnswer
from simulators.hospital.telling import awaited, deliveries
from simulators.pcscd import Pcscd
from simulators.platform.app import build
from simulators.platform.faults import Faults
from simulators.platform.journal import Journal
from simulators.platform.server import serve
from simulators.reader import VpcdCard
from tests.fakes.log import Log
from tests.programs import Program

WAIT_S_MAX = 20.0
POINTS = ("after signing", "after claim", "before send", "after send", "after record")
NEVER = "never"


@dataclass(frozen=True, slots=True)
class Site:
    """A founded site whose service is run as a process, and the platform's journal."""

    settings_file: Path
    token: str
    journal: Journal

    def _system(self, url: str) -> HospitalSystem:
        return HospitalSystem(url, self.token, ca_of(self.settings_file))

    @contextmanager
    def serving(self, fatal: str) -> Iterator[tuple[HospitalSystem, Program]]:
        """Run the service, to die at ``fatal`` once armed."""
        words = [self.settings_file, fatal]
        with Program("tests.journeys.doomed_service", words) as service:
            port = int(service.stdout.readline())
            with self._system(f"https://127.0.0.1:{port}") as system:
                yield system, service


@pytest.fixture
def site(tmp_path: Path, pcscd: Pcscd) -> Iterator[Site]:  # noqa: ARG001 - it must run
    settings_file, key = found(tmp_path / "site")
    card = VpcdCard()
    journal = Journal()
    platform = build(register(system_clock()), system_clock, {FACILITY: key}, Faults(), journal)
    with serve(platform) as url:
        tell_platform(settings_file, url)
        with open_site(load_settings(settings_file), log=Log()) as opened:
            token = open_doors(opened)
            stock_catalogues(opened)
        card.insert(social_security_card(SyntheticPerson()))
        yield Site(settings_file, token, journal)
        card.remove()


@pytest.mark.parametrize("point", POINTS)
def test_a_service_killed_while_delivering_loses_and_doubles_nothing(
    site: Site, point: str
) -> None:
    with site.serving(point) as (system, service):
        stay = discharged_stay(system)
        site.settings_file.with_name("armed").touch()
        receipt = _pressed(system, stay)
        assert service.wait(WAIT_S_MAX) == -signal.SIGKILL

    site.settings_file.with_name("armed").unlink()
    with site.serving(NEVER) as (system, _):
        again = system.post(f"/stays/{stay}/settlement", {}, key="one press")
        assert receipt in (None, again)
        awaited(lambda: set(deliveries(system, stay).values()) == {"accepted"}, WAIT_S_MAX)
        assert set(deliveries(system, stay).values()) == {"accepted"}

    kept = Counter(message.kind.value for message in site.journal.kept())
    assert kept == {"admission": 1, "discharge": 1, "charges": 1, "settlement": 1}
    with open_site(load_settings(site.settings_file), log=Log()) as opened:
        assert opened.ledger.verify(opened.store.read()) is None


def _pressed(system: HospitalSystem, stay: str) -> object:
    """Press once; the receipt, or None when the service dies before it has told it."""
    try:
        receipt: object = system.post(f"/stays/{stay}/settlement", {}, key="one press")
    except NoAnswer:
        return None
    return receipt
