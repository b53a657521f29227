"""The near end of the wire: an edge reduced to what sends, and a clock held by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.codec import encode
from edge.store.database import Store
from edge.store.migrations import migrate
from edge.trust.crypto import new_key as new_sealing_key
from edge.trust.crypto import seal, unseal
from sync.envelope import Envelope, Kind, SigningKey
from sync.outbox import Outbox, Patience
from sync.platform import Deadlines, Platform, Wire
from sync.relay import Gateway, Hooks, Relay
from tests.laid import laid

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
FACILITY = "TJ0001"
PATIENT = Deadlines(ask_s=5, deliver_s=5)
ALONE = Wire()
TOGETHER = Wire(batch_max=20)


class HeldClock:
    """A clock that moves only when told to."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now

    def forward(self, *, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class PlaceSealer:
    """Real encryption under a key of its own, as the edge's vault does it."""

    def __init__(self, key: bytes | None = None) -> None:
        self.key = key or new_sealing_key()

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt for this place."""
        return seal(self.key, plain, place.encode())

    def unseal(self, sealed: bytes, place: str) -> bytes:
        """Return the plain bytes."""
        return unseal(self.key, sealed, place.encode())


class Sender:
    """An edge reduced to what the wire sees of it: a real file, an outbox, a clock."""

    def __init__(
        self,
        path: Path,
        key: SigningKey,
        sealing_key: bytes | None = None,
        *,
        tables: bool = True,
    ) -> None:
        self.key = key
        self.sealer = PlaceSealer(sealing_key)
        self.clock = HeldClock()
        self.store = laid(path) if tables else Store(path)
        self.outbox = Outbox(self.sealer, key, Patience(first_s=2.0, longest_s=300.0))

    def lay_tables(self) -> None:
        """Make the outbox's tables, and all others, where they were left out."""
        migrate(self.store)

    def put(self, *envelopes: Envelope) -> None:
        """Put messages in one transaction."""
        with self.store.transaction() as db:
            for envelope in envelopes:
                self.outbox.put(db, envelope)

    def state(self, message_id: str) -> str:
        """Return where a message stands."""
        with self.store.transaction() as db:
            return self.outbox.get(db, message_id).state.value


@contextmanager
def line_to(
    url: str, sender: Sender, deadlines: Deadlines = PATIENT, wire: Wire = ALONE
) -> Iterator[Platform]:
    """Open the client of a sender."""
    wire = replace(wire, deadlines=deadlines)
    with Platform(url, facility=FACILITY, key=sender.key, clock=sender.clock, wire=wire) as one:
        yield one


def relay_of(sender: Sender, gateway: Gateway, hooks: Hooks | None = None) -> Relay:
    """Return a relay that does not sleep between the tries of one attempt."""
    hooks = hooks or Hooks(sleep=no_pause)
    return Relay(sender.store, sender.outbox, gateway, sender.clock, hooks)


def no_pause(_seconds: float) -> None:
    """Stand in for sleeping."""


def message(
    message_id: str, *, stay: str = "stay-1", kind: Kind = Kind.ADMISSION, body: object = None
) -> Envelope:
    """Return a synthetic message about a stay."""
    return Envelope(
        id=message_id,
        kind=kind,
        order_key=stay,
        facility=FACILITY,
        treatment_region="120000",
        insured_region="510000",
        operator="desk-1",
        moment=START,
        body=encode(body if body is not None else {"service": "inpatient_medical"}),
    )


def story(stay: str) -> list[Envelope]:
    """Return a whole stay, in order: admission, charges, discharge, settlement."""
    line = {"id": "1", "amount_fen": 300, "fund_fen": 200, "personal_fen": 100}
    totals = {"total_fen": 300, "fund_fen": 200, "personal_fen": 100}
    return [
        message(f"{stay}-a", stay=stay),
        message(f"{stay}-c", stay=stay, kind=Kind.CHARGES, body={"lines": [line]}),
        message(f"{stay}-d", stay=stay, kind=Kind.DISCHARGE, body={}),
        message(f"{stay}-s", stay=stay, kind=Kind.SETTLEMENT, body={**totals, "lines": [line]}),
    ]
