"""A worker of a group's office that stops at a named point and says so: there it may be killed.

Run as ``python -m tests.torture.doomed_office CONFIG POINT VARIANT``. At the first arrival at POINT
it prints ``reached`` and waits for a line before it goes on; with another it never stops.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

from edge.clock import system_clock
from edge.office.handing import Handing
from edge.office.opening import open_office, worker_of
from edge.office.outgoing import Answered, Outgoing
from edge.office.post import StreamPost
from edge.office.settings import load_office
from edge.office.worker import Work
from sync.line import Reply
from sync.outcome import Accepted
from sync.streams import OFFICE
from tests.fakes.log import Log
from tests.torture.life import Variant

AGAIN_S = 1.0
"""How long an unacknowledged message stays with a worker that is no more."""


class Hopeful:
    """Takes what it is about to hand over for accepted: the control, which loses messages."""

    batch_max = 20

    def __init__(self, handing: Handing) -> None:
        self._handing = handing
        self._owed: list[Outgoing] = []

    def hand_over(self, messages: Sequence[Outgoing]) -> list[Answered]:
        """Hand over what was hoped for the last time; hope for this."""
        if self._owed:
            self._handing.hand_over(self._owed)
        self._owed = list(messages)
        return [self._hoped(one) for one in messages]

    def _hoped(self, one: Outgoing) -> Answered:
        body = (
            f'{{"state":"accepted","id":"{one.id}","sha256":"{one.sha256}",'
            '"receipt":"R","received_at":"2026-11-26T01:00:00Z"}'
        )
        outcome = Accepted(
            message_id=one.id, sha256=one.sha256, receipt="R", received_at=system_clock()
        )
        return Answered(one, outcome, Reply(200, {}, body.encode()))


def main(config: Path, point: str, variant: Variant) -> None:
    """Work until standard input ends."""
    arrived = Event()

    def crash(at: str) -> None:
        if at == point and not arrived.is_set():
            arrived.set()
            sys.stdout.write("reached\n")
            sys.stdout.flush()
            sys.stdin.readline()

    def adjusted(work: Work) -> Work:
        if isinstance(work.post, StreamPost):
            work.post.pull = replace(OFFICE, ack_wait_s=AGAIN_S)
        if variant is Variant.HOPEFUL:
            work = replace(work, handing=Hopeful(work.handing))  # type: ignore[arg-type]
        return replace(work, crash=crash)

    with (
        open_office(load_office(config), log=Log()) as office,
        worker_of(office, "doomed", adjusted),
    ):
        Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Variant(sys.argv[3]))
