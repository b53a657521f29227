"""The desks' own PCs in a process beside the service: an agent each, with a reader in process.

``python -m bench.desk_agents URL CA``: reads the agents' tokens as a line of JSON, says ``ready``
once each has a session, then puts a card into a reader for each line it is told: the desk's number
and the synthetic person's. It ends with its input.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Semaphore, Thread

from drivers.agent.link import Link
from drivers.agent.messages import Hello
from drivers.agent.program import Agent, Novelty
from edge import codec
from edge.clock import fresh_id, system_clock
from simulators.card import social_security_card, synthetic_person
from simulators.reader import InProcessReaders

_STACK_BYTES = 256 * 1024
"""Of each thread: a desk has half a dozen, and here are hundreds of desks."""


class _Connected:
    """A log that counts the agents whose session has begun, and keeps nothing."""

    def __init__(self) -> None:
        self.count = Semaphore(0)

    def info(self, event: str, **_fields: object) -> None:
        """Count a session."""
        if event == "agent.connected":
            self.count.release()

    def warning(self, event: str, **fields: object) -> None:
        """Keep nothing."""


def desk_name(number: int) -> str:
    """Return what a desk and its reader are called."""
    return f"desk-{number:03}"


def main(url: str, ca: Path) -> None:
    """Serve the desks until the input ends."""
    threading.stack_size(_STACK_BYTES)
    tokens = codec.decode(sys.stdin.readline().encode(), tuple[str, ...])
    log = _Connected()
    with ExitStack() as stack:
        readers = [
            stack.enter_context(_desk(number, Link(url, token=token, ca=ca), log))
            for number, token in enumerate(tokens)
        ]
        for _ in readers:
            log.count.acquire()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for told in sys.stdin:
            number, person = map(int, told.split())
            readers[number].insert(social_security_card(synthetic_person(person)))


@contextmanager
def _desk(number: int, link: Link, log: _Connected) -> Iterator[InProcessReaders]:
    name = desk_name(number)
    readers = InProcessReaders(name)
    hello = Hello(desk=name, installation=name, host=name)
    with link:
        agent = Agent(link, readers, hello, Novelty(clock=system_clock, fresh_id=fresh_id), log)
        thread = Thread(target=agent.run, name=name)
        thread.start()
        try:
            yield readers
        finally:
            agent.stop()
            thread.join()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
