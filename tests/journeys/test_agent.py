"""The desk agent and the service as processes, on the real card stack: killed, and back."""

import re
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.clock import system_clock
from edge.settings import load_settings
from edge.site.opening import open_site
from edge.store.operators import Scope
from edge.store.tokens import create_token
from simulators.card import SyntheticPerson, social_security_card, synthetic_person
from simulators.hospital.ground import (
    DESKS,
    ca_of,
    found,
    open_doors,
    stock_catalogues,
    tell_platform,
)
from simulators.hospital.people import FACILITY, register
from simulators.hospital.records import HospitalSystem, NoAnswer, Refused
from simulators.hospital.telling import awaited
from simulators.pcscd import Pcscd
from simulators.platform.app import build
from simulators.platform.faults import Faults
from simulators.platform.journal import Journal
from simulators.platform.server import serve
from simulators.reader import VpcdCard
from tests.fakes.log import Log
from tests.programs import Program

WAIT_S_MAX = 40.0
DESK, OTHER = DESKS
HERE = {"desk": DESK}
TURNED_AWAY = 3
CARD = social_security_card(SyntheticPerson())
NEXT = synthetic_person(2)


@dataclass(frozen=True, slots=True)
class Site:
    """A founded site whose desks have agents, where it listens, and who may call it."""

    settings_file: Path
    url: str
    his: str
    tokens: dict[str, Path]

    def system(self) -> HospitalSystem:
        """Return the hospital's system, to be closed."""
        return HospitalSystem(self.url, self.his, ca_of(self.settings_file))

    @contextmanager
    def serving(self) -> Iterator[Program]:
        """Run the service until the block ends."""
        with Program("edge", ["serve", "--config", self.settings_file]) as service:
            assert awaited(self._answers, WAIT_S_MAX)
            yield service

    @contextmanager
    def agent(self, desk: str, token: Path) -> Iterator[Program]:
        """Run a desk's agent until the block ends."""
        trusted = ("--ca", str(ca_of(self.settings_file)))
        given = ("--edge", self.url, "--desk", desk, "--token-file", str(token), *trusted)
        with Program("edge", ["agent", *given]) as agent:
            yield agent

    def shows(self, kind: str, state: str) -> bool:
        """Tell whether the first desk's device of this kind is in ``state``."""
        try:
            with self.system() as system:
                devices = system.get("/readers")
        except NoAnswer:
            return False
        mine = [d for d in devices if d["kind"] == kind and d["agent"] == DESK]
        return state in {device["state"] for device in mine}

    def identify(self) -> dict[str, str]:
        """Take what is presented at the first desk; return its id and the masked number."""
        with self.system() as system:
            shown = system.post("/identifications", HERE)
        return {"id": shown["id"], "number": shown["worker"]["id_number"]}

    def identified(self) -> dict[str, str] | None:
        """Identify as `identify` does; None where the card is found swapped, as a clerk is told."""
        try:
            return self.identify()
        except Refused as refused:
            if refused.document["code"] != "CARD_CHANGED":
                raise
            return None

    def _answers(self) -> bool:
        try:
            with self.system() as system:
                return bool(system.get("/readers"))
        except NoAnswer:
            return False


@pytest.fixture
def card(pcscd: Pcscd) -> Iterator[VpcdCard]:  # noqa: ARG001 - it must run
    card = VpcdCard()
    yield card
    card.remove()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    settings_file, key = found(tmp_path / "site")
    port = _free_port()
    _give_agents(settings_file, port)
    platform = build(register(system_clock()), system_clock, {FACILITY: key}, Faults(), Journal())
    with serve(platform) as url:
        tell_platform(settings_file, url)
        with open_site(load_settings(settings_file), log=Log()) as opened:
            his = open_doors(opened)
            stock_catalogues(opened)
            tokens = {}
            for desk in DESKS:
                with opened.store.transaction() as db:
                    token = create_token(
                        db,
                        fresh=opened.fresh_id(),
                        name=f"agent {desk}",
                        scopes=[Scope.AGENT],
                        at=opened.clock(),
                        desk=desk,
                    )
                tokens[desk] = tmp_path / f"{desk}.token"
                tokens[desk].write_text(token, encoding="ascii")
        yield Site(settings_file, f"https://127.0.0.1:{port}", his, tokens)


def test_either_side_is_killed_and_the_desk_works_again_by_itself(
    site: Site, card: VpcdCard, tmp_path: Path
) -> None:
    card.insert(CARD)
    with ExitStack() as services:
        service = services.enter_context(site.serving())
        with site.agent(DESK, site.tokens[DESK]) as agent:
            assert awaited(lambda: site.shows("reader", "present"), WAIT_S_MAX)
            first = site.identify()
            agent.send_signal(signal.SIGKILL)
            assert awaited(lambda: site.shows("agent", "offline"), WAIT_S_MAX)
            with pytest.raises(Refused) as offline:
                site.identify()
            assert offline.value.document["code"] == "AGENT_OFFLINE"
        with site.agent(DESK, site.tokens[DESK]) as agent:
            assert awaited(lambda: site.shows("reader", "present"), WAIT_S_MAX)
            second = site.identify()
            assert second["id"] != first["id"]
            service.send_signal(signal.SIGKILL)
            service.wait(WAIT_S_MAX)
            card.insert(social_security_card(NEXT))  # swapped while nobody could tell
            services.enter_context(site.serving())
            assert awaited(lambda: site.shows("reader", "present"), WAIT_S_MAX)
            assert agent.poll() is None
            third = awaited(site.identified, WAIT_S_MAX)
            assert third
            assert third["number"].endswith(NEXT.number[-4:])
            question = {"identification": second["id"], "service": "inpatient_medical"}
            with site.system() as system, pytest.raises(Refused) as stale:
                system.post("/verifications", question)
            assert stale.value.document["code"] == "CASE_CLEARED"
            _hold_the_desk(site, agent, tmp_path / "wrong.token")


def _hold_the_desk(site: Site, agent: Program, token: Path) -> None:
    """Show that a wrong ``token`` ends a program at once, and that the right one takes over."""
    token.write_text("wrong", encoding="ascii")
    with site.agent(DESK, token) as refused:
        assert refused.wait(WAIT_S_MAX) == TURNED_AWAY
    assert agent.poll() is None
    with site.agent(DESK, site.tokens[DESK]):
        assert agent.wait(WAIT_S_MAX) == TURNED_AWAY
        assert awaited(lambda: site.shows("reader", "present"), WAIT_S_MAX)
        assert site.identify()["number"].endswith(NEXT.number[-4:])


def _give_agents(settings_file: Path, port: int) -> None:
    """Let both desks have an agent, and the service a port that stays over restarts."""
    text = settings_file.read_text(encoding="utf-8")
    places = ", ".join(f'{{ name = "{desk}", agent = true }}' for desk in DESKS)
    text = re.sub(r"desks = \[.*?\n\]", f"desks = [{places}]", text, flags=re.DOTALL)
    text = re.sub(r"\[lists\]\n.*?\n\n", "", text, flags=re.DOTALL)
    settings_file.write_text(text.replace("port = 0", f"port = {port}"), encoding="utf-8")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
