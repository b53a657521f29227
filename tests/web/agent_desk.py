"""A desk whose devices stand behind an agent: its own program in threads, over real HTTP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TypeVar

from drivers.agent.link import Link, Turned
from drivers.agent.messages import Hello
from drivers.agent.program import Agent, Novelty
from edge.clock import fresh_id
from edge.store.operators import Scope
from simulators.reader import InProcessReaders
from tests.fakes.log import Log
from tests.web.service import Json, Service

T = TypeVar("T")
DESK, OTHER = "远端1号窗", "远端2号窗"
END_S_MAX = 10.0


@dataclass(slots=True, kw_only=True)
class Running:
    """One agent's program, and how it ended."""

    agent: Agent
    link: Link
    log: Log
    turned: Turned | None = None
    thread: Thread | None = None

    def run(self) -> None:
        """Serve until stopped or turned away."""
        try:
            self.agent.run()
        except Turned as turned:
            self.turned = turned

    def ended(self) -> Turned | None:
        """Wait for the end; return why the service turned it away, if it did."""
        assert self.thread
        self.thread.join(END_S_MAX)
        assert not self.thread.is_alive()
        return self.turned


@contextmanager
def agent_at(
    service: Service,
    readers: InProcessReaders,
    token: str,
    *,
    desk: str = DESK,
    installation: str = "pc-1",
    url: str = "",
) -> Iterator[Running]:
    """Run a desk's agent until the block ends."""
    log = Log()
    hello = Hello(desk=desk, installation=installation, host=installation)
    novelty = Novelty(clock=service.clock, fresh_id=fresh_id, dice=lambda: 0.0)
    with Link(url or str(service.client.base_url), token=token) as link:
        agent = Agent(link, readers, hello, novelty, log)
        running = Running(agent=agent, link=link, log=log)
        running.thread = Thread(target=running.run)
        running.thread.start()
        try:
            yield running
        finally:
            agent.stop()
            running.thread.join(END_S_MAX)
            assert not running.thread.is_alive()


def agent_token(service: Service, name: str, desk: str = DESK) -> str:
    """Make the token of a desk's agent."""
    return service.token(name, [Scope.AGENT], desk=desk)


def until(service: Service, kind: str, *states: str, desk: str | None = DESK) -> Json:
    """Wait for a device of the desk by the service's hints, as a page does."""

    def shown() -> Json | None:
        for device in service.done("GET", "/readers"):
            mine = device["kind"] == kind and device["agent"] == desk
            if mine and device["state"] in states:
                return dict(device)
        return None

    return _heard(service, shown)


def until_cleared(service: Service) -> None:
    """Wait until the desk's case is cleared: another card was presented and passed on."""

    def cleared() -> bool | None:
        known = "select identification_id from desk_cases where desk = ?"
        row = service.site.store.read().one(known, [DESK])
        return (row is not None and row["identification_id"] is None) or None

    _heard(service, cleared)


def _heard(service: Service, look: Callable[[], T | None]) -> T:
    with service.client.stream("GET", "/api/v1/events", headers=service.system) as stream:
        news = (line for line in stream.iter_lines() if line.startswith("data:"))
        next(news)  # connected: nothing is missed from here on
        while (found := look()) is None:
            next(news)
        return found
