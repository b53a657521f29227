"""The loop that brings down what the platform has for us, as long as the service runs.

Decides nothing (``edge.steps.collect`` does); whatever goes wrong, it goes on.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from threading import Event

from edge.loops.rounds import attempt, beside
from edge.site import Site
from edge.steps.collect import collect


def inbox_collected(site: Site, on_applied: Callable[[], None]) -> AbstractContextManager[None]:
    """Collect at once and then every ``platform.collect_s``; ``on_applied`` hears of news."""

    def collect_once() -> None:
        if collect(site).applied:
            on_applied()

    def keep_collecting(ending: Event) -> None:
        while not ending.is_set():
            attempt(collect_once, site.log, "inbox.not_collected")
            ending.wait(site.settings.platform.collect_s)

    return beside(keep_collecting, "inbox") if site.inbox.is_open else nullcontext()
