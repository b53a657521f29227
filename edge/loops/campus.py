"""The loop of a campus of a group: its stream stands, and what became of its messages is read.

Decides nothing (``sync.receipts`` applies); whatever goes wrong, it goes on. A site that is no
campus has none of it, and loads no client of stream servers.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Protocol

from edge.loops.rounds import attempt, beside
from edge.settings import Settings
from edge.site import Site
from sync.attempt import Hooks
from sync.campus import Campus, Manner
from sync.line import Silence
from sync.receipts import Receipts, Source
from sync.streams import PullPlan, StreamPlan, up_plan

_LISTEN_S = 1.0
_AGAIN_S = 2.0


class Server(Source, Protocol):
    """The campus's stream server: ``sync.stream.Stream``."""

    def declare(self, *plans: StreamPlan | PullPlan) -> Silence | None:
        """See to it that these stand."""

    def connected(self) -> bool:
        """Tell whether there is a connection now."""


@dataclass(frozen=True, slots=True)
class CampusLine:
    """The gateway through the office; ``listeners`` hear the id of each message it told of."""

    gateway: Campus
    server: Server
    listeners: list[Callable[[str], None]] = field(default_factory=list)

    def tell(self, message_id: str) -> None:
        """Tell the listeners what was heard of a message."""
        for listener in self.listeners:
            listener(message_id)


@contextmanager
def campus_of(site: Site) -> Iterator[CampusLine | None]:
    """Connect a campus to its group and read its receipts; None for a site that is none.

    Raises:
        PlatformMisplaced, Fault: as ``edge.site.group.stream_of``.
    """
    if site.settings.sync.transport == "https":
        yield None
        return
    from edge.site.group import stream_of  # noqa: PLC0415 - nats is for the campuses of a group

    with ExitStack() as running:
        stream = stream_of(site.settings, "messages")
        gateway = Campus(
            stream,
            site.platform,
            facility=site.settings.facility.id,
            clock=site.clock,
            manner=_manner_of(site.settings),
        )
        line = CampusLine(gateway, stream)
        running.enter_context(beside(_Listening(site, line).until, "receipts"))
        running.callback(stream.close)  # first, so that nobody waits for what it waits for
        yield line


def _manner_of(settings: Settings) -> Manner:
    chosen = settings.sync.jetstream
    return Manner(
        batch_max=settings.platform.batch_max,
        receipt_wait_s=chosen.receipt_wait_s,
        leaf=chosen.leaf,
    )


class _Listening:
    """The rounds: receipts are taken for ever.

    The stream is seen to at the start, and whenever anything was silent: a server may have lost it.
    """

    def __init__(self, site: Site, line: CampusLine) -> None:
        self._site = site
        self._line = line
        self._stands = False
        self._unpublished = 0
        self._silent = False
        hooks = Hooks(on_change=line.tell, log=site.log)
        self._receipts = Receipts(
            line.server, site.store, site.outbox, site.clock, line.gateway.heard, hooks
        )

    def until(self, ending: Event) -> None:
        """Listen until the event is set."""
        while not ending.is_set():
            self._silent = True
            attempt(self._listen, self._site.log, "receipts.not_taken")
            if self._silent:
                ending.wait(_AGAIN_S)

    def _listen(self) -> None:
        chosen = self._site.settings
        facility = chosen.facility.id
        unpublished = self._line.gateway.figures().unpublished
        if chosen.sync.jetstream.leaf and not (self._stands and unpublished == self._unpublished):
            self._stands = self._line.server.declare(up_plan(facility)) is None
            self._unpublished = unpublished
        domain = chosen.sync.jetstream.hub_domain
        taken = self._receipts.take(facility, domain, wait_s=_LISTEN_S)
        self._silent = isinstance(taken, Silence)
        self._stands = self._stands and not self._silent
