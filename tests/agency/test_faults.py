"""The faults that change what is said, how often and when: each is refused or absorbed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import pytest

from edge.steps.collect import collect
from edge.store.keys import load_keys
from simulators.platform.app import add_lists, build
from simulators.platform.faults import Faults, Script
from simulators.platform.journal import Journal
from simulators.platform.server import serve
from sync.dispatch import PageQuestion, sign_page_question
from sync.envelope import new_key, sign
from sync.errors import PlatformUnreachable, SyncError
from sync.lists.offer import Span
from sync.numbered import Numbered
from sync.outcome import Accepted
from sync.platform import Platform, Wire
from tests.agency.country import Country, country_at, worker
from tests.plain import NO_TLS
from tests.sync.list_ground import Ground
from tests.sync.sender import FACILITY, message

QINGDAO = worker(3, "370000", "370200", "SD0001")
KEY = new_key()


@dataclass(slots=True, kw_only=True)
class Line:
    """The platform with one facility's lists, over HTTP, its faults at hand."""

    ground: Ground
    faults: Faults
    journal: Journal
    platform: Platform

    def play(self, on: str, do: str, **other: object) -> None:
        """Replace the fault script."""
        self.faults.play(Script.model_validate({"fault": [{"on": on, "do": do, **other}]}))


class FarGround(Ground):
    """A ground whose list comes over the line."""

    line: Platform

    def fetch(self, path: str, span: Span | None) -> bytes:
        """Bring a published file over HTTP."""
        return self.line.fetch(path, span)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    ground, faults, journal = FarGround(tmp_path), Faults(), Journal()
    app = build(ground.register, ground.clock, {FACILITY: KEY.public()}, faults, journal)
    add_lists(app, ground.releases)
    with (
        serve(app) as url,
        Platform(url, facility=FACILITY, key=KEY, clock=ground.clock) as platform,
    ):
        ground.line = platform
        yield Line(ground=ground, faults=faults, journal=journal, platform=platform)


def test_what_comes_twice_is_kept_once(line: Line) -> None:
    line.play("messages", "duplicate")
    payload = sign(message("m-1"), KEY)
    assert isinstance(line.platform.deliver("m-1", payload), Accepted)
    assert [kept.receipt.id for kept in line.journal.kept()] == ["m-1"]


def test_a_message_may_be_overtaken(line: Line) -> None:
    line.play("messages", "reorder", seconds=5)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(line.platform.deliver, "m-1", sign(message("m-1"), KEY))
        while line.faults.left():
            pass  # until the first one has been held back
        second = sign(message("m-2", stay="stay-2"), KEY)
        assert isinstance(line.platform.deliver("m-2", second), Accepted)
        assert isinstance(first.result(), Accepted)
    assert [kept.receipt.id for kept in line.journal.kept()] == ["m-2", "m-1"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("wrong_signature", "LIST_SIGNATURE"),
        ("stale_list", "LIST_EXPIRED"),
        ("rolled_back_list", "LIST_ROLLED_BACK"),
    ],
)
def test_a_list_that_is_forged_stale_or_rolled_back_is_refused(
    line: Line, fault: str, code: str
) -> None:
    ground = line.ground
    cached = ground.cached()
    ground.refreshed(cached)
    ground.releases.publish()
    ground.refreshed(cached)
    line.play("lists", fault)
    with pytest.raises(SyncError) as refused:
        ground.refreshed(cached)
    assert refused.value.code == code
    assert cached.look_up(ground.register.workers[0].id_number, now=ground.clock())
    cached.close()


def test_a_numbered_gateway_passes_on_what_comes_down(tmp_path: Path) -> None:
    with country_at(tmp_path, QINGDAO, facilities=["SD0001"]) as country:
        edge, site = country.edges["SD0001"], country.edges["SD0001"].site
        country.office.registry.suspend_worker(QINGDAO.id_number, suspended=True)
        wire = Wire(dialect=Numbered("SD0001"))
        key = load_keys(site.settings.data / "keys").signing
        with Platform(
            country.url, facility="SD0001", key=key, clock=country.clock, wire=wire
        ) as numbered:
            _played(country, "error")
            with pytest.raises(PlatformUnreachable):
                collect(replace(site, platform=numbered))
            assert collect(replace(site, platform=numbered)).applied == 1
            assert edge.collected().new == 0
            stranger = PageQuestion(id="q", at=country.clock(), after=0)
            signed = sign_page_question(stranger, "JL0001", key)
            asked: dict[str, object] = {"infno": "6301", "msgid": "q", "fixmedins_code": "JL0001"}
            asked |= {"inf_time": "", "infver": "V1.0", "input": {"signed": signed.decode()}}
            told = httpx2.post(
                f"{country.url}/gateway/6301", json=asked, verify=NO_TLS, trust_env=False
            ).json()
            assert (told["infcode"], told["output"]["code"]) == (-1, "WRONG_SIGNER")


def test_what_comes_down_with_a_wrong_signature_is_refused_and_asked_for_again(
    tmp_path: Path,
) -> None:
    with country_at(tmp_path, QINGDAO, facilities=["SD0001"]) as country:
        edge = country.edges["SD0001"]
        country.office.registry.suspend_worker(QINGDAO.id_number, suspended=True)
        _played(country, "wrong_signature")
        done = edge.collected()
        assert (done.new, done.refused and done.refused.code) == (0, "BAD_SIGNATURE")
        assert edge.collected().applied == 1


def _played(country: Country, do: str) -> None:
    script = {"fault": [{"on": "inbox", "do": do}]}
    assert httpx2.post(
        f"{country.url}/sim/faults", json=script, verify=NO_TLS, trust_env=False
    ).is_success
