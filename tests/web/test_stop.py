"""A service that is told to stop while a desk waits for a silent platform answers the clerk."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from threading import Event

import httpx2

from edge.loops.rounds import beside
from edge.loops.stopping import Stopping, leave_in_time
from simulators.card import social_security_card, synthetic_person
from sync.envelope import new_key
from sync.platform import Deadlines, Platform, Wire
from tests.fakes.clock import Clock
from tests.fakes.log import Log
from tests.steps.conftest import NOW
from tests.sync.silent import silent_far_end
from tests.web.service import Json, service_at

FOREVER = Wire(deadlines=Deadlines(ask_s=3600, deliver_s=3600))


def verdict_at(url: str, system: dict[str, str]) -> Json:
    """Verify whoever's card is in the reader, however long it takes."""
    with httpx2.Client(base_url=url, trust_env=False, timeout=None) as client:
        form = {"service": "inpatient_medical"}
        answer = client.post("/api/v1/arrivals", headers=system, json=form)
    assert answer.is_success, answer.text
    verdict: Json = answer.json()
    return verdict


def test_a_desk_and_the_inbox_that_wait_for_a_silent_platform_are_cut_and_the_desk_is_answered(
    tmp_path: Path,
) -> None:
    with (
        silent_far_end() as silent,
        Platform(
            silent.url, facility="TJ0001", key=new_key(), clock=Clock(NOW), wire=FOREVER
        ) as far,
        ThreadPoolExecutor(1) as desk,
    ):
        with service_at(tmp_path, far=far) as service:
            service.present(social_security_card(synthetic_person(1)))
            waiting = desk.submit(verdict_at, str(service.client.base_url), service.system)
            assert {silent.called(), silent.called()} == {"/v1/inbox", "/v1/verifications"}
            assert silent.hung_up.empty()
        verdict = waiting.result()
        assert {silent.left(), silent.left()} == {"/v1/inbox", "/v1/verifications"}
    assert verdict["decision"] == "hold"
    assert "PLATFORM_UNREACHABLE" in {reason["code"] for reason in verdict["reasons"]}


def test_what_does_not_end_in_time_is_named_and_left() -> None:
    log, left, ending = Log(), Queue[int](), Event()

    def unending(_told: Event) -> None:
        ending.wait()

    with beside(unending, "a loop that does not end"):
        leave_in_time(log, seconds=0, leave=left.put)
        assert left.get(timeout=10) == 0
        ending.set()
    [(level, event, fields)] = log.told
    assert (level, event) == ("warning", "service.left")
    assert "a loop that does not end" in str(fields["at"])


def test_a_stop_is_begun_once_and_cut_at_its_end_at_the_latest() -> None:
    told: list[str] = []
    stopping = Stopping([lambda: told.append("no more")], [lambda: told.append("cut")])
    stopping.also(lambda: told.append("nor that"))
    with stopping:
        stopping.begin()
        stopping.begin()
        assert told == ["no more", "nor that"]
    assert told == ["no more", "nor that", "cut"]
