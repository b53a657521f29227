"""The loop that brings down what the platform has for us, as long as the service runs.

Decides nothing (``edge.steps.collect`` does); whatever goes wrong, it goes on.
"""

from contextlib import AbstractContextManager, nullcontext
from threading import Event

from edge.rounds import attempt, beside
from edge.steps.collect import collect
from edge.web.desk import Desk


def inbox_collected(desk: Desk) -> AbstractContextManager[None]:
    """Collect at once and then every ``platform.collect_s``; open pages hear of what is new."""
    site = desk.site

    def collect_once() -> None:
        if collect(site).applied:
            desk.changed("claim", "all")

    def keep_collecting(ending: Event) -> None:
        while not ending.is_set():
            attempt(collect_once, site.log, "inbox.not_collected")
            ending.wait(site.settings.platform.collect_s)

    return beside(keep_collecting, "inbox") if site.inbox.is_open else nullcontext()
