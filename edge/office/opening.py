"""A founded office opened: accounts, books, campuses; and what one worker works with."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event

from edge.clock import Clock, FreshId, fresh_id, system_clock
from edge.core.errors import Fault, Words
from edge.log import Log, LogFolder, json_log
from edge.loops.rounds import beside
from edge.loops.stopping import Stopping
from edge.office.asking import Asking
from edge.office.books import Books
from edge.office.campus import Campus
from edge.office.handing import Handing, Manner
from edge.office.passing import Passing
from edge.office.post import StreamPost, address_of, answered_on
from edge.office.schema import bring_up
from edge.office.settings import OfficeSettings
from edge.office.worker import MENDING_S, Work, Worker, working
from edge.site.opening import require_owner
from edge.store.database import Store
from edge.store.keys import KeyFolder, load_keys
from edge.store.ledger import Ledger
from edge.store.migrations import migrate
from edge.store.proofs import Proofs
from edge.store.vault import CIPHERS, Vault
from sync.envelope import PublicKey, key_ring, load_public
from sync.errors import BadEnvelope
from sync.line import Line
from sync.sodium import quick
from sync.stream import Stream
from sync.tls import Papers, context_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The office's decisions, memory and sources of novelty. ``campuses`` are by facility."""

    settings: OfficeSettings
    books: Books
    store: Store
    vault: Vault
    ledger: Ledger
    campuses: dict[str, Campus]
    platform_keys: dict[str, PublicKey]
    clock: Clock
    fresh_id: FreshId
    log: Log

    def proofs(self) -> Proofs:
        """Return what lets people prove who they are."""
        return Proofs(self.store, self.vault, self.ledger, self.clock)


@contextmanager
def open_office(
    settings: OfficeSettings,
    *,
    clock: Clock = system_clock,
    ids: FreshId = fresh_id,
    log: Log | None = None,
) -> Iterator[Office]:
    """Open a founded office; close it at the end. PostgreSQL need not be there yet.

    Raises:
        Fault: keys or accounts cannot be used; CAMPUS_KEY, PLATFORM_KEY.
        Conflict: OTHERS_SITE, to any account but that which owns the data.
    """
    require_owner(settings.data, account=os.geteuid())
    keys = load_keys(KeyFolder(settings.data / "keys"))
    with (
        closing(Store(settings.data / "edge.db")) as store,
        closing(Books(settings.books.address)) as books,
    ):
        migrate(store)
        yield Office(
            settings=settings,
            books=books,
            store=store,
            vault=Vault(keys, CIPHERS[settings.identities.cipher]),
            ledger=Ledger(keys),
            campuses=campuses_of(settings),
            platform_keys=_ring(settings.platform.keys, "PLATFORM_KEY", "platform.keys"),
            clock=clock,
            fresh_id=ids,
            log=log or _log_of(settings, clock),
        )


def campuses_of(settings: OfficeSettings) -> dict[str, Campus]:
    """Read the campuses' keys.

    Raises:
        Fault: CAMPUS_KEY, naming the campus.
    """
    return {
        one.facility: Campus(
            facility=one.facility,
            name=one.name,
            keys=_quick(_ring(one.keys, "CAMPUS_KEY", f"campuses.{one.facility}")),
            leaf=one.leaf,
        )
        for one in settings.campuses
    }


@contextmanager
def worker_of(
    office: Office, name: str, adjusted: Callable[[Work], Work] = lambda work: work
) -> Iterator[Worker]:
    """Run one worker: its three loops, and its share of the questions.

    ``adjusted`` is for the torture, which has a worker die, or work wrongly.

    Raises:
        Fault, PlatformMisplaced: the stream's or the platform's settings cannot be used.
    """
    settings = office.settings
    with ExitStack() as open_:
        stream = open_.enter_context(closing(Stream(address_of(settings.stream, name))))
        line = open_.enter_context(closing(line_of(settings)))
        work = Work(
            books=office.books,
            vault=office.vault,
            campuses=office.campuses,
            post=StreamPost(stream, office.campuses),
            handing=Handing(line, office.clock, _manner_of(settings)),
            clock=office.clock,
            log=office.log,
        )
        worker = Worker(adjusted(work))
        stopping = Stopping([worker.begin_no_more], [line.close, stream.close])
        open_.enter_context(stopping)
        open_.enter_context(beside(partial(_answering, office, stream, line), "office questions"))
        ready = partial(_ready_then_work, office, worker)
        open_.enter_context(beside(ready, "office worker"))
        open_.callback(stopping.begin)
        yield worker


def _ready_then_work(office: Office, worker: Worker, ending: Event) -> None:
    """Bring the books up as soon as PostgreSQL is there; then work."""
    while not ending.is_set():
        try:
            bring_up(office.books)
            break
        except Fault as wrong:
            office.log.warning("office.interrupted", loop="books", why=wrong.code)
            ending.wait(MENDING_S)
    with working(worker):
        ending.wait()


def _answering(office: Office, stream: Stream, line: Line, ending: Event) -> None:
    """Answer questions from the moment on at which the stream is there."""
    asking = Asking(
        line=line,
        books=office.books,
        vault=office.vault,
        campuses=office.campuses,
        passing=Passing(
            books=office.books,
            platform_keys=office.platform_keys,
            clock=office.clock,
            log=office.log,
        ),
        clock=office.clock,
        numbered=office.settings.platform.adapter == "numbered",
    )
    while not ending.is_set() and answered_on(stream, office.campuses, asking.answer):
        ending.wait(MENDING_S)
    ending.wait()


def line_of(settings: OfficeSettings) -> Line:
    """Return the line to the platform; close it when done.

    Raises:
        PlatformMisplaced: the address or the TLS files cannot be used.
    """
    far = settings.platform
    papers = Papers(ca=far.ca, certificate=far.client_certificate, key=far.client_key)
    return Line(far.url, context_of(papers))


def _manner_of(settings: OfficeSettings) -> Manner:
    far = settings.platform
    return Manner(
        numbered=far.adapter == "numbered",
        batch_max=far.batch_max,
        packs=far.compression == "zstd",
    )


def _quick(ring: dict[str, PublicKey]) -> dict[str, PublicKey]:
    """Return the ring as whoever verifies thousands a second needs it."""
    return {kid: quick(key) for kid, key in ring.items()}


def _ring(files: tuple[Path, ...], code: str, field: str) -> dict[str, PublicKey]:
    try:
        return key_ring(*(load_public(path.read_bytes()) for path in files))
    except (OSError, BadEnvelope) as wrong:
        raise Fault(
            code,
            Words(f"无法读取公钥：{field}", f"a public key cannot be read: {field}"),
            Words(
                "把登记时收到的公钥文件放到 office.toml 所写的位置",
                "put the file received at registration where office.toml says",
            ),
            field=field,
        ) from wrong


def _log_of(settings: OfficeSettings, clock: Clock) -> Log:
    folder = LogFolder(
        settings.data / "log",
        clock,
        keep=timedelta(days=settings.log.keep_days),
        bytes_max=settings.log.part_mb * 1_000_000,
    )
    return json_log(folder)
