"""The hospital's system in the open demo: it sends the bill of every stay that somebody admits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from simulators.hospital.bill import thirty_lines
from simulators.hospital.ground import Hospital
from simulators.hospital.inpatient import first_day

_LOOK_AGAIN_S = 0.5


@contextmanager
def attending(place: Hospital) -> Iterator[None]:
    """Send thirty lines for each stay as soon as it is admitted, until the block ends."""
    ending = threading.Event()
    thread = threading.Thread(target=_attend, args=(place, ending), name="hospital system")
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def _attend(place: Hospital, ending: threading.Event) -> None:
    billed: set[str] = set()
    with place.system() as system:
        while not ending.wait(_LOOK_AGAIN_S):
            for stay in system.get("/stays"):
                if stay["state"] == "admitted" and stay["id"] not in billed:
                    day = first_day(datetime.fromisoformat(stay["admitted_at"]))
                    lines = thirty_lines(day, days=1)
                    system.post(f"/stays/{stay['id']}/charges", {"lines": lines})
                    billed.add(stay["id"])
