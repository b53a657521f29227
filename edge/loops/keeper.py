"""What the site does by itself while it serves: deadlines, the ledger's head, statements.

Decides nothing: the steps do. A fault of the disk ends one round, never the loop.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from edge.core.errors import EdgeError
from edge.loops.rounds import attempt
from edge.site import Site
from edge.steps.keep_document import print_settled
from edge.steps.sign_head import sign_head
from edge.steps.watch_clock import watch_clock
from sync.errors import SyncError

ROUND_S = 10.0
"""Seconds between two rounds; a round with nothing to do costs two looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOfWrites:
    """How large the database's write-ahead log may become, in bytes.

    From ``emptied_at`` on it is brought into the database as soon as nobody reads from it; over
    ``never_over`` the reads that keep it from that are ended: it would fill the disk.
    """

    emptied_at: int = 16_000_000
    never_over: int = 128_000_000


class Keeper:
    """Runs its rounds from a thread, or one at a time from ``run_once``.

    ``on_told`` hears the id of each stay of whose clock something was told; ``on_head`` hears that
    a head waits to be sent; ``on_disk`` that the disk has begun or ceased to take nothing.
    """

    def __init__(
        self,
        site: Site,
        *,
        on_told: Callable[[str], None],
        on_head: Callable[[], None],
        on_disk: Callable[[], None] = lambda: None,
        log: LogOfWrites = LogOfWrites(),
    ) -> None:
        self._site = site
        self._on_told = on_told
        self._on_head = on_head
        self._on_disk = on_disk
        self._log = log
        self._in_trouble = False
        self._unprintable: set[str] = set()
        self._printed_to = 0
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._also: list[tuple[Callable[[], object], str]] = []

    def also(self, act: Callable[[], object], failed: str) -> None:
        """Do ``act`` in every round from now on; what keeps it from being done is logged so."""
        self._also.append((act, failed))

    def run_once(self) -> None:
        """Do what is due now; what the disk does not let us do is logged and due again."""
        try:
            for stay in watch_clock(self._site):
                self._on_told(stay)
            if sign_head(self._site):
                self._on_head()
        except (EdgeError, SyncError) as fault:
            self._site.log.warning("keeper.failed", code=fault.code)
        self._look_at_disk()
        self._keep_log_small()
        for act, failed in self._also:
            attempt(act, self._site.log, failed)

    def print_once(self) -> None:
        """Make some of the statements that are not made yet; what cannot be is not tried again."""
        try:
            done = print_settled(self._site, after=self._printed_to, beside=self._unprintable)
            self._printed_to = done.up_to
            self._unprintable.update(done.failed)
        except EdgeError as fault:
            self._site.log.warning("keeper.failed", code=fault.code)

    def start(self) -> None:
        """Do the first round at once, then one every ``ROUND_S``."""
        self.run_once()
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="keeper", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread after the round under way."""
        if self._thread:
            self._ending.set()
            self._thread.join()
            self._thread = None
            self._ending.clear()

    def _look_at_disk(self) -> None:
        """Try a disk that took nothing, or nobody would hear that it was mended."""
        store = self._site.store
        if store.trouble:
            with suppress(EdgeError):
                store.try_disk()
        if self._in_trouble != (store.trouble is not None):
            self._in_trouble = not self._in_trouble
            self._site.log.error("disk.refuses" if self._in_trouble else "disk.takes")
            self._on_disk()

    def _keep_log_small(self) -> None:
        store = self._site.store
        size = store.log_bytes()
        with suppress(EdgeError):
            if size < self._log.emptied_at or store.empty_log() or size < self._log.never_over:
                return
        self._site.log.error("database_log.reads_ended", bytes=size)
        store.end_reads()

    def _loop(self) -> None:
        while not self._ending.wait(ROUND_S):
            self.run_once()
            self.print_once()
