"""How a simulator waits for its end."""

import signal
import threading


def told_to_stop() -> threading.Event:
    """Return what Ctrl-C or SIGTERM sets."""
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    return ending
