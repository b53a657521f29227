"""200 desks, each a case a minute, on one service over HTTP, the platform dead half the time.

The floor is one desk alone with a platform that answers. Two minutes, or ``MINUTES=10`` in the
environment. The service is `edge serve` as it is installed, each desk's reader behind an agent in a
process beside it: whose memory is told is the service's alone. Told beside the times: answers that
were no verdict, refusals by code, how settlements were verified, memory in the middle and at the
end, and how long the outbox took once the line was back.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock
from typing import IO

from bench.desk_agents import desk_name
from bench.desk_load import DeskCalls, Taken, logged_in, p99_ms
from bench.frame import Size, Told
from bench.served import Service, pss_bytes, service_of
from edge import codec
from edge.clock import fresh_id, system_clock
from edge.loops.list_keeping import keep_list
from edge.settings import load_settings
from edge.site import Site
from edge.site.founding import found_site
from edge.site.opening import open_site
from edge.store.database import Store
from edge.store.keys import load_keys
from edge.store.operators import Operator, Role, Scope, create_operator, new_password_hash
from edge.store.tokens import create_token
from simulators.card import synthetic_person
from simulators.hospital.ground import list_releases, stock_catalogues, tell_platform
from simulators.hospital.people import FACILITY, residents
from simulators.platform.app import add_lists, build
from simulators.platform.faults import NO_FAULTS, Fault, Faults, Script
from simulators.platform.journal import Journal
from simulators.platform.server import serve

CLERK, PASSWORD = "出院员", "bench-hospital"
DESKS = 200
MINUTES = 2.0
BETWEEN_CASES_S = 60.0
TURN_S = 60.0
"""So long the platform answers, and then so long it does not."""

ALONE = 20
"""Cases of one desk alone, for the floor."""

DRAINED_S_MAX = 600.0
_AWAY = Script(fault=(Fault(do="down", times=0),))
_SETTINGS = f"""\
data = "data"
desks = [{{}}]
[facility]
id = "{FACILITY}"
name = "合成医院"
region = "120000"
city = "120100"
kinds = ["medical"]
[platform]
url = "http://127.0.0.1:9"
[lists]
root = "platform-root.json"
[offline]
count_max = 100000
total_fen_max = 100000000000
[server]
port = 0
[desk]
simulated = true
"""


@dataclass(slots=True)
class House:
    """The service's process, how it is called, and the platform behind it."""

    process: int
    told: IO[str]
    desks: list[DeskCalls]
    faults: Faults
    journal: Journal
    database: Path
    guard: Lock

    def present(self, number: int) -> float:
        """Put the desk's worker's card into its reader; return the moment."""
        with self.guard:
            self.told.write(f"{number} {number}\n")
            self.told.flush()
        return time.monotonic()

    def waiting(self) -> int:
        """Count the messages that the platform does not have."""
        store = Store(self.database)
        try:
            sql = "select count(*) from outbox where state <> 'accepted'"
            [(count,)] = store.read().tuples(sql)
        finally:
            store.close()
        return int(count)


def works() -> Iterator[Told | Size]:
    """Yield p99 of the API and of the pages, and the memory."""
    minutes = float(os.environ.get("MINUTES", MINUTES))
    with TemporaryDirectory(prefix="bench-desk-") as folder, house(Path(folder), DESKS) as place:
        alone, crowd = Taken(), Taken()
        _alone(place, alone)
        held = _crowd(place, crowd, minutes)
        drained_s = _drained(place)
        _require_sums(place, alone, crowd)
    about = f"{DESKS} desks, a case a minute, platform dead half of {minutes:g} min"
    more: dict[str, object] = {
        "cases": crowd.cases,
        "no_verdict": dict(crowd.errors),
        "refusals": dict(crowd.refusals),
        "settled_by": dict(crowd.bases),
        "outbox_drained_s": round(drained_s, 1),
    }
    yield _told("API", about, (crowd.api_s, alone.api_s), more)
    yield _told("page", about, (crowd.page_s, alone.page_s), {})
    growth = grown(crowd.api_s, alone.api_s)
    yield Told({"name": "desk", "growth": growth, "from": 1, "to": DESKS})
    yield Size(name="desk", work=f"{about}, PSS", ours_bytes=held[1], floor_bytes=held[0])


@contextmanager
def house(folder: Path, desks: int) -> Iterator[House]:
    """Found a site with so many desks, its platform and its list; serve it from a process."""
    rows = ", ".join(f'{{ name = "{desk_name(n)}", agent = true }}' for n in range(desks))
    found = found_site(
        folder / "site",
        clock=system_clock,
        fresh_id=fresh_id,
        settings=_SETTINGS.replace("{}", rows),
    )
    data = load_settings(found.settings_file).data
    known = residents(system_clock(), [synthetic_person(number) for number in range(desks)])
    faults, journal = Faults(), Journal()
    key = load_keys(data / "keys").signing.public()
    platform = build(known, system_clock, {FACILITY: key}, faults, journal)
    add_lists(platform, list_releases(found.settings_file, known))
    with ExitStack() as stack:
        tell_platform(found.settings_file, stack.enter_context(serve(platform)))
        with open_site(load_settings(found.settings_file)) as site:
            systems, agents = _moved_in(site, desks)
        service = stack.enter_context(service_of(found.settings_file, "port = 0"))
        service.start()
        told = stack.enter_context(_agents(f"https://127.0.0.1:{service.port}", data, agents))
        yield House(
            process=service.process.pid if service.process else 0,
            told=told,
            desks=list(_calls(service, systems)),
            faults=faults,
            journal=journal,
            database=data / "edge.db",
            guard=Lock(),
        )


def _moved_in(site: Site, desks: int) -> tuple[list[str], list[str]]:
    """Take catalogues and list, hire a clerk; return each desk's tokens, of system and agent."""
    stock_catalogues(site)
    keep_list(site)
    hashed, now = new_password_hash(PASSWORD), site.clock()
    with site.store.transaction() as db:
        clerk = Operator(site.fresh_id(), CLERK, Role.DISCHARGE)
        create_operator(db, clerk, password_hash=hashed, at=now)

        def token(name: str, *scopes: Scope, desk: str = "") -> str:
            fresh = site.fresh_id()
            return create_token(db, fresh=fresh, name=name, scopes=scopes, at=now, desk=desk)

        systems = [token(f"HIS {number}", *Scope) for number in range(desks)]
        names = map(desk_name, range(desks))
        return systems, [token(f"agent {name}", Scope.AGENT, desk=name) for name in names]


@contextmanager
def _agents(url: str, data: Path, tokens: list[str]) -> Iterator[IO[str]]:
    """Run the desks' agents; yield where they are told which card lies in whose reader."""
    command = [sys.executable, "-m", "bench.desk_agents", url, str(data / "tls" / "ca.pem")]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        process.stdin.write(codec.encode(tokens).decode() + "\n")
        process.stdin.flush()
        if not process.stdout.readline():
            raise RuntimeError("the agents did not begin")
        yield process.stdin


def _calls(service: Service, tokens: list[str]) -> Iterator[DeskCalls]:
    address = "127.0.0.1", service.port
    cookie = logged_in(address, service.trust, CLERK, PASSWORD)
    for number, token in enumerate(tokens):
        yield DeskCalls(number, address, service.trust, token, cookie, Taken())


def _alone(place: House, taken: Taken) -> None:
    """Let one desk work, once the pages are loaded."""
    desk = place.desks[0]
    desk.case(place.present(0))
    warm, desk.taken = desk.taken, taken
    for _ in range(ALONE):
        desk.case(place.present(0))
    taken.fund_fen += warm.fund_fen


def _crowd(place: House, taken: Taken, minutes: float) -> tuple[int, int]:
    """Let all desks work; return the memory held in the middle and at the end."""
    ends = time.monotonic() + minutes * 60
    over = Event()
    for desk in place.desks:
        desk.taken = taken
    with ThreadPoolExecutor(len(place.desks) + 1) as pool:
        pool.submit(_half_dead, place.faults, over)
        all_day = [pool.submit(_desk_day, place, desk, ends) for desk in place.desks]
        time.sleep(max(0.0, (ends - time.monotonic()) / 2))
        middle = pss_bytes(place.process)
        for one in all_day:
            one.result()
        over.set()
    return middle, pss_bytes(place.process)


def _desk_day(place: House, desk: DeskCalls, ends: float) -> None:
    """Do a case a minute, each desk at another second of it."""
    at = time.monotonic() + BETWEEN_CASES_S * desk.number / len(place.desks)
    while at < ends:
        time.sleep(max(0.0, at - time.monotonic()))
        desk.case(place.present(desk.number))
        at += BETWEEN_CASES_S


def _half_dead(faults: Faults, over: Event) -> None:
    while not over.is_set():
        faults.play(NO_FAULTS)
        over.wait(TURN_S)
        faults.play(_AWAY)
        over.wait(TURN_S)
    faults.play(NO_FAULTS)


def _drained(place: House) -> float:
    """Wait for the outbox; return how long it took after the line was back for good.

    Raises:
        TimeoutError: it is not empty after ten minutes.
    """
    begun = time.monotonic()
    while place.waiting():
        if time.monotonic() > begun + DRAINED_S_MAX:
            raise TimeoutError("the outbox is not empty")
        time.sleep(0.5)
    return time.monotonic() - begun


def _require_sums(place: House, *taken: Taken) -> None:
    told = sum(
        int(str(one.body["fund_fen"]))
        for one in place.journal.kept()
        if one.kind.value == "settlement"
    )
    ours = sum(one.fund_fen for one in taken)
    if told != ours:
        raise RuntimeError(f"the platform has {told} fen, the desks settled {ours}")


def grown(crowd_s: list[float], alone_s: list[float]) -> float:
    """Return by which power of the number of desks the API's p99 grows, from one desk to all."""
    return round(log(p99_ms(crowd_s) / p99_ms(alone_s)) / log(DESKS), 2)


def _told(
    what: str, about: str, seconds: tuple[list[float], list[float]], more: dict[str, object]
) -> Told:
    ours, floor = map(p99_ms, seconds)
    return Told(
        {
            "name": "desk",
            "work": f"{what} p99, {about}",
            "ours_ms": round(ours, 1),
            "floor_ms": round(floor, 1),
            "ratio": round(ours / floor, 2),
            "runs": len(seconds[0]),
            **more,
        }
    )
