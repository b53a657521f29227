"""A stand-in for a group's office: passes on what campuses publish and ask. Keeps nothing on disk.

What the real one does besides (PostgreSQL, signatures, heads, quarantine) is tested where it lives;
here it is the far side of a campus, and can be stopped and started at any moment.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from threading import Event, Thread

from sync.group import (
    GroupReceipt,
    facility_of,
    read_ask,
    receipt_on_the_wire,
    receipt_subject,
    reply_on_the_wire,
)
from sync.jws import unbase64url
from sync.line import Call, Line, Reply, Silence
from sync.stream import Address, Asked, Delivery, Stream
from sync.streams import DUPLICATES_S, OFFICE, down_plan, group_plan, receipts_plan

_DEADLINE_S = 5.0
_LISTEN_S = 0.2
_AGAIN_S = 0.05


class Office:
    """Passes on in a thread of its own while ``open``; ``handed`` are the ids it took, in order."""

    def __init__(self, servers: str, platform_url: str) -> None:
        self.handed: list[str] = []
        self.open = Event()
        self.open.set()
        self.stream = Stream(Address(servers=(servers,), name="office"))
        self._line = Line(platform_url, None)
        self._ending = Event()
        self._thread = Thread(target=self._pass_on, daemon=True)

    def begin(self, leaves: list[str], direct: list[str], duplicates_s: float) -> None:
        """Declare the group's streams and open the office."""
        campuses = [*leaves, *direct]
        receipts = [receipts_plan(one) for one in campuses]
        group = replace(group_plan(leaves, direct), duplicates_s=duplicates_s)
        assert self.stream.declare(group, down_plan(), OFFICE, *receipts) is None
        assert self.stream.serve("ask.*", "office", self._ask) is None
        self._thread.start()

    def tell(self, facility: str, message_id: str, reply: Reply, attempt: str = "1") -> None:
        """Send a receipt down."""
        receipt = GroupReceipt(
            id=message_id, status=reply.status, headers=reply.headers, body=reply.body
        )
        body = receipt_on_the_wire(receipt)
        self.stream.publish(receipt_subject(facility), body, f"{message_id}.{attempt}")

    def end(self) -> None:
        """Close the office."""
        self._ending.set()
        self._thread.join()
        self.stream.close()
        self._line.close()

    def _ask(self, asked: Asked) -> bytes | None:
        call = read_ask(asked.body)
        if not self.open.is_set() or asked.waited_s > call.deadline_s:
            return reply_on_the_wire(Silence(sent=False, what="closed"))
        return reply_on_the_wire(self._line.call(call))

    def _pass_on(self) -> None:
        while not self._ending.is_set():
            came = self.stream.fetch(OFFICE, batch=20, wait_s=_LISTEN_S)
            if isinstance(came, Silence):
                self._ending.wait(_AGAIN_S)
                continue
            for one in came:
                if self.open.is_set():
                    self._hand_over(one)
                else:
                    one.nak(_AGAIN_S)

    def _hand_over(self, delivery: Delivery) -> None:
        message_id = json.loads(unbase64url(delivery.body.split(b".")[1]))["id"]
        headers = {"content-type": "application/jose"}
        reply = self._line.call(Call("POST", "/v1/messages", delivery.body, _DEADLINE_S, headers))
        if isinstance(reply, Silence) or not reply.body.startswith(b"{"):
            delivery.nak(_AGAIN_S)  # unknown: again, unchanged
            return
        self.handed.append(message_id)
        facility = facility_of(delivery.subject)
        assert facility
        self.tell(facility, message_id, reply, str(delivery.sequence))
        delivery.ack()


@contextmanager
def office_of(
    servers: str,
    platform_url: str,
    *,
    leaves: Sequence[str] = (),
    direct: Sequence[str] = (),
    duplicates_s: float = DUPLICATES_S,
) -> Iterator[Office]:
    """Run an office for these campuses."""
    office = Office(servers, platform_url)
    with closing(office.stream):
        office.begin(list(leaves), list(direct), duplicates_s)
        try:
            yield office
        finally:
            office.end()
