"""The loop that brings down what the platform has for us, as long as the service runs.

Decides nothing (``edge.steps.collect`` does); whatever goes wrong, it goes on.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from edge.core.errors import EdgeError
from edge.steps.collect import collect
from edge.web.desk import Desk
from sync.errors import SyncError


@contextmanager
def inbox_collected(desk: Desk) -> Iterator[None]:
    """Collect at once and then every ``platform.collect_s``; open pages hear of what is new."""
    site, ending = desk.site, threading.Event()

    def keep_collecting() -> None:
        while not ending.is_set():
            try:
                if collect(site).applied:
                    desk.changed("claim", "all")
            except (SyncError, EdgeError, OSError) as wrong:
                site.log.warning("inbox.not_collected", why=getattr(wrong, "code", str(wrong)))
            ending.wait(site.settings.platform.collect_s)

    if not site.inbox.is_open:
        yield
        return
    thread = threading.Thread(target=keep_collecting, name="inbox", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
