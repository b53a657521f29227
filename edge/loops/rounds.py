"""What is done again and again beside the service: a thread each, while a block runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from edge.core.errors import EdgeError
from edge.log import Log
from sync.errors import SyncError


@contextmanager
def beside(loop: Callable[[Event], None], name: str) -> Iterator[None]:
    """Run ``loop`` in a thread; it is given the event that the end of the block sets."""
    ending = Event()
    thread = Thread(target=loop, args=(ending,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def attempt(act: Callable[[], object], log: Log, failed: str) -> None:
    """Do ``act``; what the disk, the line or the platform refuse is logged as ``failed``."""
    try:
        act()
    except (SyncError, EdgeError, OSError) as wrong:
        log.warning(failed, why=getattr(wrong, "code", str(wrong)))
