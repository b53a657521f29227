"""A backlog delivered: outbox → durable receiver → receipts → marked, against ready bytes posted.

Both speak to one receiver in a process of its own, four requests under way. What waits are drafts,
as settling leaves them: ours makes and signs them first. The same is told of messages that were
signed when they were put. ``sync-bytes`` is what travels, against the same messages as JSON.
"""

import http.client
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from bench.frame import Size, Work
from bench.works.settle import bills as settling
from edge.store.database import Store
from edge.store.drafts import composer
from edge.store.keys import create_keys, key_store_of, load_keys
from edge.store.migrations import migrate
from edge.store.vault import Vault
from sync import codec
from sync.envelope import (
    Envelope,
    Kind,
    SigningKey,
    key_ring,
    open_signed,
    payload_of_envelope,
    signed_envelope,
)
from sync.frame import batch, messages_in, pack, plain
from sync.outbox import Outbox
from sync.platform import Platform, Wire
from sync.relay import Pace, Relay

BILLS = 1_000
LINES = 200
SENDERS = 4
BATCHES = (10, 20, 100)
CODES = 3_000
WEIGHED = 100

_NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


@dataclass(slots=True)
class Backlog:
    """Bills that wait in an outbox, to be delivered to ``port`` any number of times."""

    folder: Path
    vault: Vault
    key: SigningKey
    frames: list[bytes]
    port: int
    batch_max: int
    store: Store | None = None

    def refill(self) -> None:
        """Put the full outbox back in the place of the emptied one."""
        if self.store:
            self.store.close()
        for left in self.folder.glob("edge.db*"):
            left.unlink()
        shutil.copyfile(self.folder / "full.db", self.folder / "edge.db")
        self.store = Store(self.folder / "edge.db")

    def ours(self) -> None:
        """Let the relay deliver all of it; fail if a message is left."""
        store = self.store or Store(self.folder / "edge.db")
        outbox = Outbox(self.vault, self.key, compose=composer(store, self.vault))
        wire = Wire(batch_max=self.batch_max)
        url = f"http://127.0.0.1:{self.port}"
        with Platform(url, facility="TJ0001", key=self.key, clock=now, wire=wire) as platform:
            relay = Relay(store, outbox, platform, now, pace=Pace(SENDERS))
            while relay.run_once():
                pass
        accepted = outbox.status(store.read()).accepted
        if accepted != len(self.frames):
            raise RuntimeError(f"{accepted} of {len(self.frames)} delivered")

    def floor(self) -> None:
        """Post the same bytes, ready made."""
        size = self.batch_max
        batches = [self.frames[place : place + size] for place in range(0, len(self.frames), size)]
        shares = [batches[sender::SENDERS] for sender in range(SENDERS)]
        with ThreadPoolExecutor(SENDERS) as pool:
            for _ in pool.map(self._post, shares):
                pass

    def _post(self, batches: Sequence[Sequence[bytes]]) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.port)
        for frames in batches:
            line.request("POST", "/v1/batches", b"".join(frames), {"content-encoding": "zstd"})
            line.getresponse().read()
        line.close()


def works() -> Iterator[Work | Size]:
    """Yield the delivery for each size of a batch, then the bytes."""
    # A thousand bills are settled anew for each size: three rounds of drafts take minutes.
    for waiting_as, made, few in (("drafts", drafted, 3), ("signed", backlog, 0)):
        for batch_max in BATCHES:
            with made(BILLS, LINES, batch_max) as waiting:
                sizes = f"{BILLS:,} bills of {LINES} lines, batch {batch_max}"
                yield Work(
                    name="sync",
                    work=f"{sizes}, {SENDERS} under way, {waiting_as}",
                    ours=waiting.ours,
                    floor=waiting.floor,
                    before=waiting.refill,
                    few=few,
                )
    with drafted(WEIGHED, LINES, batch_max=BATCHES[-1]) as waiting:
        yield travelling(waiting, f"{WEIGHED} bills of {LINES} lines")


def travelling(waiting: Backlog, work: str) -> Size:
    """Weigh a backlog's messages, and the JSON that they say."""
    ring = key_ring(waiting.key.public())
    said = [one for frame in waiting.frames for one in messages_in(plain(frame))]
    return Size(
        name="sync-bytes",
        work=f"{work}, {len(said)} messages",
        ours_bytes=len(batch(waiting.frames)),
        floor_bytes=sum(len(payload_of_envelope(open_signed(one, ring))) for one in said),
    )


@contextmanager
def drafted(count: int, lines: int, batch_max: int) -> Iterator[Backlog]:
    """Settle ``count`` bills: their messages wait as drafts, two of each."""
    sizes, stays = ((lines, lines // 2),), {lines: count}
    with (
        tempfile.TemporaryDirectory(prefix="bench-sync-") as name,
        settling(sizes, CODES, stays) as made,
    ):
        folder, [(_, bill)] = Path(name), made
        site = bill.site
        for _ in range(count):
            bill.ours()
        site.store.read().execute("pragma wal_checkpoint(truncate)")
        shutil.copyfile(site.store.path, folder / "full.db")
        key = load_keys(key_store_of(site.settings)).signing
        rows = site.store.read().query("select * from outbox order by rowid")
        frames = [site.outbox.drafts.made(row).frame for row in rows]
        with _waiting(folder, site.vault, key, frames, batch_max) as waiting:
            yield waiting


@contextmanager
def backlog(count: int, lines: int, batch_max: int) -> Iterator[Backlog]:
    """Make an outbox full of bills and a receiver; clear both away at the end."""
    with tempfile.TemporaryDirectory(prefix="bench-sync-") as name:
        folder = Path(name)
        create_keys(folder / "keys")
        keys = load_keys(folder / "keys")
        vault = Vault(keys)
        envelopes = list(bills(count, lines))
        _fill(folder / "full.db", Outbox(vault, keys.signing), envelopes)
        frames = [pack(signed_envelope(one, keys.signing)) for one in envelopes]
        with _waiting(folder, vault, keys.signing, frames, batch_max) as waiting:
            yield waiting


def bills(count: int, lines: int) -> Iterator[Envelope]:
    """Yield settlements of as many stays, as the product tells them; the same each time."""
    chance = Random(1)  # noqa: S311 - bills, not secrets
    for number in range(count):
        yield Envelope(
            id=f"{chance.getrandbits(128):032x}",
            kind=Kind.SETTLEMENT,
            order_key=f"stay-{number}",
            facility="TJ0001",
            treatment_region="120000",
            insured_region="510000",
            operator="discharge-1",
            moment=_NOW,
            body=codec.encode(_body([_line(place, chance) for place in range(lines)], chance)),
        )


def now() -> datetime:
    """Return the moment at which all of this happens."""
    return _NOW


@contextmanager
def _waiting(
    folder: Path, vault: Vault, key: SigningKey, frames: list[bytes], batch_max: int
) -> Iterator[Backlog]:
    (folder / "key.pem").write_bytes(key.public().pem())
    with _receiver(folder) as port:
        waiting = Backlog(folder, vault, key, frames, port, batch_max)
        waiting.refill()
        try:
            yield waiting
        finally:
            if waiting.store:
                waiting.store.close()


def _fill(path: Path, outbox: Outbox, envelopes: Sequence[Envelope]) -> None:
    store = Store(path)
    migrate(store)
    with store.transaction() as db:
        for envelope in envelopes:
            outbox.put(db, envelope)
    store.read().execute("pragma wal_checkpoint(truncate)")
    store.close()


def _body(lines: list[dict[str, object]], chance: Random) -> dict[str, object]:
    return {
        "stay": f"{chance.getrandbits(128):032x}",
        "settlement": f"{chance.getrandbits(128):032x}",
        "basis": "online",
        "bill_sha256": f"{chance.getrandbits(256):064x}",
        "ruling_sha256": f"{chance.getrandbits(256):064x}",
        "lines": lines,
    }


def _line(place: int, chance: Random) -> dict[str, object]:
    amount = chance.randrange(100, 300_000)
    paid = amount if chance.random() > 0.1 else 0  # noqa: PLR2004 - one line in ten is the worker's
    return {
        "id": f"L{place:05d}",
        "amount_fen": amount,
        "fund_fen": paid,
        "personal_fen": amount - paid,
        "reason": "IN_SCOPE" if paid else "OUT_OF_CATALOGUE",
        "article": "津 第十九条",
        "catalogue_row": f"C{chance.randrange(300_000):06d}@2024-01-01",
    }


@contextmanager
def _receiver(folder: Path) -> Iterator[int]:
    files = [str(folder / "kept"), str(folder / "key.pem")]
    command = [sys.executable, "-m", "bench.receiver", *files]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        if process.stdout is None or process.stdin is None:
            raise RuntimeError("no pipes")
        yield int(process.stdout.readline())
        process.stdin.close()
