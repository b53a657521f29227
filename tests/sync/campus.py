"""The near end of a group: a sender that publishes to its own stream server and reads receipts."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from sync.ask import AskLine
from sync.attempt import NO_HOOKS, Hooks
from sync.campus import Campus, Manner
from sync.envelope import digest, sign
from sync.line import Reply
from sync.platform import Platform, Wire
from sync.receipts import Receipts
from sync.stream import Address, Stream
from sync.streams import HUB, inbox, up_plan
from tests.sync.sender import FACILITY, PATIENT, Sender, message

_LISTEN_S = 0.2
_AGAIN_S = 0.05


@dataclass
class CampusEnd:
    """What a campus sends and asks by. ``listen`` runs the reader of receipts in a thread."""

    gateway: Campus
    platform: Platform
    stream: Stream
    receipts: Receipts
    facility: str = FACILITY

    def take(self, wait_s: float = 2.0) -> object:
        """Read what has come, once."""
        return self.receipts.take(self.facility, HUB, wait_s=wait_s)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Read receipts beside the block."""
        ending = Event()

        def listen() -> None:
            while not ending.is_set():
                if not isinstance(self.take(_LISTEN_S), int):
                    ending.wait(_AGAIN_S)

        thread = Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join()


@contextmanager
def campus_end(
    server: str,
    sender: Sender,
    *,
    leaf: bool = True,
    hooks: Hooks = NO_HOOKS,
    wait_s: float = 5.0,
    facility: str = FACILITY,
) -> Iterator[CampusEnd]:
    """Open a campus's connection to its stream server."""
    address = Address(servers=(server,), name="campus", inbox=inbox(facility))
    with ExitStack() as open_now:
        stream, asks = Stream(address), Stream(address)
        open_now.callback(stream.close)
        if leaf:
            assert stream.declare(up_plan(facility)) is None
        wire = Wire(deadlines=PATIENT, line=AskLine(asks, facility))
        platform = open_now.enter_context(
            Platform("", facility=facility, key=sender.key, clock=sender.clock, wire=wire)
        )
        gateway = Campus(
            stream,
            platform,
            facility=facility,
            clock=sender.clock,
            manner=Manner(batch_max=20, receipt_wait_s=wait_s, leaf=leaf),
        )
        receipts = Receipts(stream, sender.store, sender.outbox, sender.clock, gateway.heard, hooks)
        yield CampusEnd(gateway, platform, stream, receipts, facility)


def receipt_of(sender: Sender, message_id: str) -> Reply:
    """Return the platform's receipt for a message as it stands in ``sender``."""
    sha256 = digest(sign(message(message_id), sender.key))
    body = (
        f'{{"state":"accepted","id":"{message_id}","sha256":"{sha256}","receipt":"R1",'
        '"received_at":"2026-11-22T01:00:00Z"}'
    )
    return Reply(200, {}, body.encode())
