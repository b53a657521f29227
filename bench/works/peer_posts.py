"""A backlog delivered by our relay, beside one request for every 100 lines on a new connection.

The peer is how interfaces of hospitals are mostly written: connect, post, wait for the answer,
close, one after the other. It sends the same signed, packed lines to the same receiver, so what it
lacks is only the batch, the kept connection and several requests under way; it marks nothing.
"""

import http.client
from collections.abc import Iterator, Sequence

from bench.frame import Work
from bench.works.sync import LINES, Backlog, backlog, bills
from sync.envelope import signed_envelope
from sync.frame import pack

BILLS = 200
BATCH = 100
POST_LINES = 100


def works() -> Iterator[Work]:
    """Yield the delivery: ours, and the peer where a floor stands else."""
    with backlog(BILLS, LINES, BATCH) as waiting:
        frames = posts(waiting, BILLS * LINES // POST_LINES)
        yield Work(
            name="peer-posts",
            work=f"{BILLS} bills of {LINES} lines: ours, and a connection every {POST_LINES} lines",
            ours=waiting.ours,
            floor=lambda: post_each(waiting.port, frames),
            before=waiting.refill,
        )


def posts(waiting: Backlog, count: int) -> list[bytes]:
    """Return the bodies of the peer's requests, ready made."""
    return [pack(signed_envelope(one, waiting.key)) for one in bills(count, POST_LINES)]


def post_each(port: int, frames: Sequence[bytes]) -> int:
    """Post each on a connection of its own; return how many were taken."""
    taken = 0
    for frame in frames:
        line = http.client.HTTPConnection("127.0.0.1", port)
        line.request("POST", "/v1/batches", frame, {"content-encoding": "zstd"})
        answer = line.getresponse()
        answer.read()
        line.close()
        taken += answer.status == http.client.OK
    return taken
