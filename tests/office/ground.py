"""An office to test: two campuses with keys, books on a real PostgreSQL, a post held in memory.

The post in memory stands in for the stream where order and redelivery are to be set by hand; the
real stream is in test_stream.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from edge.clock import fresh_id, system_clock
from edge.codec import encode
from edge.office.books import Books, Row
from edge.office.campus import Campus
from edge.office.founding import found_office
from edge.office.handing import Handing, Manner
from edge.office.opening import Office as OpenOffice
from edge.office.settings import OfficeSettings
from edge.office.worker import Taken, Work, Worker
from edge.store.keys import Keys
from edge.store.ledger import Ledger
from edge.store.operators import Operator, Role, create_operator
from edge.store.proofs import enrol
from edge.store.vault import Vault
from edge.trust.crypto import new_key as new_secret
from sync.envelope import Envelope, Kind, SigningKey, new_key, sign
from sync.group import GroupReceipt, read_receipt, up_subject
from sync.ledger_head import LedgerHead, sign_head
from sync.line import Line
from tests.fakes.clock import Clock
from tests.fakes.log import Log
from tests.laid import laid
from tests.nats_server import NatsServer
from tests.passwords import quick_hash

START = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
EAST, WEST = "TJ0001", "TJ0002"
PASSWORD = "synthetic-password-1"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as a stream gives it."""

    subject: str
    body: bytes
    sequence: int


@dataclass
class MemoryPost:
    """A stream held in memory: what is not acknowledged comes again when asked."""

    waiting: list[Taken] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    published: list[tuple[str, GroupReceipt, str]] = field(default_factory=list)
    away: bool = False

    def fetch(self) -> Sequence[Taken] | None:
        """Return all that waits."""
        return None if self.away else list(self.waiting)

    def done(self, taken: Sequence[Taken]) -> None:
        """Forget it."""
        self.acknowledged += [one.sequence for one in taken]
        done = {one.sequence for one in taken}
        self.waiting = [one for one in self.waiting if one.sequence not in done]

    def publish(self, subject: str, body: bytes, message_id: str) -> bool:
        """Keep it."""
        if not self.away:
            self.published.append((subject, read_receipt(body), message_id))
        return not self.away


def new_secrets() -> Keys:
    """Return an office's keys."""
    return Keys(
        identity=(new_secret(),),
        index=(new_secret(),),
        ledger=new_secret(),
        listing=new_secret(),
        signing=new_key(),
    )


class Office:
    """The office, and the campuses that speak to it."""

    def __init__(self, address: str, platform_url: str, keys: dict[str, SigningKey]) -> None:
        self.keys = keys
        self.books = Books(address)
        self.clock = Clock(START)
        self.log = Log()
        self.post = MemoryPost()
        self.line = Line(platform_url, None)
        self.secrets = new_secrets()
        self.vault = Vault(self.secrets)
        self.campuses = {
            name: Campus(facility=name, name=f"院区 {name}", keys={key.kid: key.public()})
            for name, key in keys.items()
        }
        self._place = 0
        self.work = Work(
            books=self.books,
            vault=self.vault,
            campuses=self.campuses,
            post=self.post,
            handing=Handing(self.line, self.clock, Manner(deadline_s=5.0)),
            clock=self.clock,
            log=self.log,
        )
        self.worker = Worker(self.work)

    def another_worker(self, **changes: object) -> Worker:
        """Return a second worker on the same books."""
        return Worker(replace(self.work, **changes))  # type: ignore[arg-type]

    def said(self, *envelopes: Envelope) -> list[Sent]:
        """Have campuses publish; return what stands in the stream now."""
        sent = [self.sent(sign(one, self.keys[one.facility]), one) for one in envelopes]
        self.post.waiting += sent
        return sent

    def sent(self, body: bytes, about: Envelope) -> Sent:
        """Return bytes as the stream would give them, under the subject of ``about``."""
        self._place += 1
        return Sent(up_subject(about.facility, about.order_key), body, self._place)

    def run(self, rounds: int = 4) -> None:
        """Take in, relay and publish until nothing moves."""
        for _ in range(rounds):
            self.worker.take()
            self.worker.relay()
            self.worker.publish()

    def rows(self, table: str) -> list[Row]:
        """Return all of a table, in order of its first column."""
        return self.books.read().query(f"select * from {table} order by 1")  # noqa: S608 - our own names

    def states(self) -> dict[str, str]:
        """Return where each message stands."""
        return {row["id"]: row["state"] for row in self.rows("envelopes")}

    def heard(self, facility: str = EAST) -> list[tuple[str, int]]:
        """Return the receipts that a campus was sent: ids and statuses, in order."""
        return [
            (receipt.id, receipt.status)
            for subject, receipt, _ in self.post.published
            if subject == f"down.{facility}.receipt"
        ]

    def empty_books(self) -> None:
        """Leave nothing for the next test: quicker than a database for each."""
        db = self.books.read()
        db.execute("set session_replication_role = replica")  # what is kept is never truncated
        db.execute(
            "truncate campuses, envelopes, receipts, quarantine, quarantine_deeds, heads,"
            " dispatches restart identity"
        )

    def close(self) -> None:
        """End it."""
        self.line.close()
        self.books.close()


def opened_at(office: Office, folder: Path) -> OpenOffice:
    """Return the office as its screens know it, its accounts in ``folder``."""
    settings = OfficeSettings.model_validate(
        {
            "data": folder,
            "name": "样例集团",
            "platform": {"url": "http://127.0.0.1:1"},
            "server": {"tls": False, "allowed_hosts": ["localhost", "127.0.0.1"]},
        }
    )
    return OpenOffice(
        settings=settings,
        books=office.books,
        store=laid(folder / "edge.db"),
        vault=office.vault,
        ledger=Ledger(office.secrets),
        campuses=office.campuses,
        platform_keys={},
        clock=office.clock,
        fresh_id=fresh_id,
        log=office.log,
    )


def hire(opened: OpenOffice, roles: dict[str, Role]) -> dict[str, bytes]:
    """Give people accounts; return the administrators' second factors."""
    hashed, now = quick_hash(PASSWORD), opened.clock()
    factors = {}
    with opened.store.transaction() as db:
        for name, role in roles.items():
            operator = Operator(fresh_id(), name, role)
            create_operator(db, operator, password_hash=hashed, at=now)
            if role is Role.SYSTEM_ADMINISTRATOR:
                factors[name] = enrol(db, opened.vault, operator, at=now)
    return factors


def message(
    message_id: str,
    kind: Kind = Kind.ADMISSION,
    *,
    stay: str = "stay-1",
    facility: str = EAST,
    body: object = None,
) -> Envelope:
    """Return a synthetic message about a stay."""
    return Envelope(
        id=message_id,
        kind=kind,
        order_key=stay,
        facility=facility,
        treatment_region="120000",
        insured_region="510000",
        operator="desk-1",
        moment=START,
        body=encode(body if body is not None else {"service": "inpatient_medical"}),
    )


def story(stay: str, facility: str = EAST) -> list[Envelope]:
    """Return a whole stay, in order: admission, charges, discharge, settlement."""
    line = {"id": "1", "amount_fen": 300, "fund_fen": 200, "personal_fen": 100}
    totals = {"total_fen": 300, "fund_fen": 200, "personal_fen": 100}
    told: Iterable[tuple[Kind, object]] = (
        (Kind.ADMISSION, {"service": "inpatient_medical", "stay": stay}),
        (Kind.CHARGES, {"stay": stay, "lines": [line]}),
        (Kind.DISCHARGE, {"stay": stay, "discharged_at": START.isoformat()}),
        (Kind.SETTLEMENT, {"stay": stay, **totals}),
    )
    return [
        message(f"{stay}-{kind.value}", kind, stay=stay, facility=facility, body=body)
        for kind, body in told
    ]


def head(
    message_id: str, seq: int, key: SigningKey, *, mac: bytes = b"\1" * 32, at: datetime = START
) -> Envelope:
    """Return the message that tells of a ledger's head."""
    signed = sign_head(LedgerHead(seq=seq, mac=mac, at=at), key).decode()
    body = {"seq": seq, "mac": mac.hex().upper(), "signed": signed}
    return message(message_id, Kind.LEDGER_HEAD, stay="ledger", body=body)


def founded(
    folder: Path,
    books: str,
    server: NatsServer,
    platform: str,
    keys: dict[str, SigningKey],
    *,
    workers: int = 1,
) -> Path:
    """Found an office whose campuses are those of ``keys``; return its settings file."""
    folder.mkdir()
    for name, key in keys.items():
        (folder / f"{name}.pem").write_bytes(key.public().pem())
    campuses = "".join(
        f'[[campuses]]\nfacility = "{name}"\nname = "院区 {name}"\nkeys = ["{name}.pem"]\n'
        f"leaf = {'true' if name == EAST else 'false'}\n"
        for name in keys
    )
    words = (
        f'data = "data"\nname = "样例集团"\nworkers = {workers}\n'
        f'[books]\naddress = "{books}"\n[stream]\nservers = ["{server.url}"]\n'
        f'[platform]\nurl = "{platform}"\n[server]\ntls = false\nport = 0\n{campuses}'
    )
    return found_office(folder, clock=system_clock, fresh_id=fresh_id, settings=words).settings_file
