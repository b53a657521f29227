"""The whole service on loopback: a real site, readers in process, a platform of the tests' own.

The relay's thread is stopped, so that rows change only when a test asks: ``deliver`` runs it once.
"""

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2

from drivers.transport import Readers
from edge import packs
from edge.app import running, server
from edge.settings import Facility, Place, Server, Settings
from edge.settings import Platform as PlatformSettings
from edge.site import Site
from edge.site.assembled import FarEnd
from edge.site.opening import LIST_FILES, log_of
from edge.store import operators as op
from edge.store.catalogues import Catalogues
from edge.store.database import Store
from edge.store.drafts import composer
from edge.store.keys import create_keys, load_keys
from edge.store.ledger import Ledger
from edge.store.operators import Operator, Role, Scope
from edge.store.proofs import enrol
from edge.store.tokens import create_token
from edge.store.vault import Vault
from edge.trust.crypto import second_factor_code
from edge.web.agents import USUAL_PATIENCE
from edge.web.desk import Desk
from edge.web.remote_station import Patience
from simulators.card import CardPlan, SyntheticPerson, social_security_card, synthetic_person
from simulators.reader import InProcessReaders
from sync.envelope import key_ring
from sync.inbox import Inbox
from sync.lists import CachedList
from sync.outbox import Outbox
from sync.relay import Gateway, Relay
from tests.catalogues.shelf import keep_rows
from tests.fakes.clock import Clock, Ids
from tests.fakes.log import Log
from tests.fakes.platform import PLATFORM_KEY, Platform
from tests.house.source import ROOT
from tests.laid import laid
from tests.passwords import quick_hash
from tests.plain import NO_TLS
from tests.steps.conftest import FACTS, NOW, ROWS
from tests.web.ground import PASSWORD

PATIENCE_S = 60
"""The API's document takes seconds of a processor, and others may want that one, too."""

SETTLED = frozenset({"present", "fault", "mute"})
"""What a reader shows once it has done with an inserted card."""

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Service:
    """The service, the hands at its reader, and a hospital system that may do everything."""

    site: Site
    desk: Desk
    readers: InProcessReaders
    clock: Clock
    platform: Platform
    client: httpx2.Client
    system: dict[str, str] = field(default_factory=dict)
    _newcomers: int = 0

    def ask(self, method: str, path: str, **request: Any) -> httpx2.Response:  # noqa: ANN401 - what httpx2 takes
        """Call ``/api/v1`` + ``path`` as the hospital system, or with the ``headers`` given."""
        headers = request.pop("headers", self.system)
        return self.client.request(method, f"/api/v1{path}", headers=headers, **request)

    def done(self, method: str, path: str, **request: Any) -> Any:  # noqa: ANN401 - any JSON
        """Call, be sure that it succeeded, and return what came back."""
        answer = self.ask(method, path, **request)
        assert answer.is_success, answer.text
        return answer.json()

    def connect(self, name: str, scopes: Iterable[Scope], *, desk: str = "") -> dict[str, str]:
        """Give a hospital system a token; return the header that it sends."""
        return {"Authorization": f"Bearer {self.token(name, scopes, desk=desk)}"}

    def token(self, name: str, scopes: Iterable[Scope], *, desk: str = "") -> str:
        """Make a token, bound to ``desk`` if one is named."""
        with self.site.store.transaction() as db:
            fresh, now = self.site.fresh_id(), self.clock()
            return create_token(db, fresh=fresh, name=name, scopes=scopes, at=now, desk=desk)

    def log_in(self, name: str, role: Role) -> dict[str, str]:
        """Hire somebody, log in, and return the headers that their browser sends."""
        hashed = quick_hash(PASSWORD)
        with self.site.store.transaction() as db:
            operator = Operator(self.site.fresh_id(), name, role)
            op.create_operator(db, operator, password_hash=hashed, at=self.clock())
            secret = enrol(db, self.site.vault, operator, at=self.clock())
        origin = {"Origin": str(self.client.base_url).rstrip("/")}
        code = second_factor_code(secret, self.clock())
        body = {"name": name, "password": PASSWORD, "desk": "1号窗", "code": code}
        welcome = self.ask("POST", "/login", headers=origin, json=body)
        cookie = welcome.headers["set-cookie"].partition(";")[0]
        self.client.cookies.clear()
        return origin | {"Cookie": cookie}

    def present(self, plan: CardPlan | None) -> Json:
        """Put a card in (None: leave the reader empty); return the reader once it has settled.

        Hears the service's own hints, and fetches again at each, as a page does.
        """
        with self.client.stream("GET", "/api/v1/events", headers=self.system) as stream:
            hints = (line for line in stream.iter_lines() if line.startswith("data:"))
            self.readers.remove()
            reader = self._reader(hints, frozenset({"empty"}))
            if plan:
                self.readers.insert(plan)
                reader = self._reader(hints, SETTLED)
        return reader

    def newcomer(self) -> SyntheticPerson:
        """Present the card of a worker who was never here; the platform knows them."""
        self._newcomers += 1
        person = synthetic_person(self._newcomers)
        worker = {"id_number": person.number, "name": person.name}
        self.platform.facts = FACTS | {"worker": FACTS["worker"] | worker}
        self.present(social_security_card(person))
        return person

    def verified(self) -> Json:
        """Identify and verify whoever's card is in the reader."""
        verdict: Json = self.done("POST", "/arrivals", json={"service": "inpatient_medical"})
        return verdict

    def admitted(self) -> Json:
        """Admit a newcomer."""
        self.newcomer()
        form = admission(self.verified()["id"], f"ZY{self._newcomers}")
        stay: Json = self.done("POST", "/stays", json=form)
        return stay

    def discharged(self, *lines: Json) -> Json:
        """Admit, charge and discharge a newcomer."""
        stay = self.admitted()
        self.done("POST", f"/stays/{stay['id']}/charges", json={"lines": lines or [line()]})
        left: Json = self.done("POST", f"/stays/{stay['id']}/discharge")
        return left

    def deliver(self, gateway: Gateway) -> None:
        """Let the relay try once what is due, at ``gateway``."""
        Relay(self.site.store, self.site.outbox, gateway, self.clock).run_once()

    def rows(self) -> dict[str, int]:
        """Count the rows of every table."""
        db = self.site.store.read()
        tables = [
            row["name"] for row in db.query("select name from sqlite_schema where type='table'")
        ]
        counts = ((t, db.one(f"select count(*) as n from {t}")) for t in tables)  # noqa: S608 - ours
        return {table: row["n"] for table, row in counts if row}

    def _reader(self, hints: Iterator[str], states: frozenset[str]) -> Json:
        for _ in hints:
            [reader] = self.done("GET", "/readers")
            if reader["state"] in states:
                return dict(reader)
        raise AssertionError(states)


def admission(verification: str, number: str) -> Json:
    """Return a form that admits."""
    return {
        "verification": verification,
        "hospital_number": number,
        "determination": "认定1",
        "injured_parts": "左手",
    }


def line(line_id: str = "1", **other: object) -> Json:
    """Return a charge line of one unit, 12 yuan, 2 over the cap; ``other`` fields replace these."""
    fields = {
        "id": line_id,
        "date": "2026-11-20",
        "code": "DRUG",
        "quantity": "1",
        "price": "12.00",
    }
    return {**fields, "amount_fen": 1200, "injury_related": True, **other}


@contextmanager
def service_at(
    folder: Path,
    *,
    desks: tuple[Place, ...] = (),
    readers: InProcessReaders | None = None,
    patience: Patience = USUAL_PATIENCE,
    real: Readers | None = None,
    far: FarEnd | None = None,
    **settings: object,
) -> Iterator[Service]:
    """Run the service in ``folder`` until the block ends.

    ``real`` readers stand in for ours, ``far`` for the platform that answers from a value.
    Other ``settings`` take the place of the site's; with a ``log`` it is written to its files.
    """
    create_keys(folder / "keys")
    store, clock, readers = laid(folder / "edge.db"), Clock(NOW), readers or InProcessReaders()
    keep_rows(store, ROWS)
    platform = Platform(FACTS, as_of=NOW)
    site = _site(folder, store, clock, far or platform)
    chosen = site.settings.model_copy(update={"desks": desks} | settings)
    site = replace(site, settings=chosen, log=log_of(chosen, clock) if "log" in settings else Log())
    try:
        with running(site, real or readers, patience=patience) as desk, serving(desk) as url:
            desk.relay.stop()
            desk.keeper.stop()
            with httpx2.Client(
                base_url=url, verify=NO_TLS, trust_env=False, timeout=PATIENCE_S
            ) as client:
                service = Service(
                    site=site,
                    desk=desk,
                    readers=readers,
                    clock=clock,
                    platform=platform,
                    client=client,
                )
                service.system = service.connect("HIS", Scope)
                yield service
    finally:
        store.close()


def _site(folder: Path, store: Store, clock: Clock, platform: FarEnd) -> Site:
    keys = load_keys(folder / "keys")
    vault = Vault(keys)
    return Site(
        settings=Settings(
            data=folder,
            facility=Facility(
                id="TJ0001", name="测试医院", region="120000", city="120100", kinds=("medical",)
            ),
            platform=PlatformSettings(url="http://127.0.0.1:9"),
            server=Server(tls=False),  # the journeys speak TLS
        ),
        store=store,
        vault=vault,
        ledger=Ledger(keys),
        rulebook=packs.load(ROOT / "config/regions"),
        catalogues=Catalogues(store),
        outbox=Outbox(vault, keys.signing, compose=composer(store, vault)),
        inbox=Inbox(vault, key_ring(PLATFORM_KEY.public()), facility="TJ0001"),
        platform=platform,
        cached_list=CachedList(
            folder / "list", facility="TJ0001", key=keys.listing, files=LIST_FILES, source=None
        ),
        public_key=keys.signing.public(),
        clock=clock,
        fresh_id=Ids(),
        log=Log(),
    )


@contextmanager
def serving(desk: Desk) -> Iterator[str]:
    """Let a desk's service listen, and give its address."""
    # Said to be TCP, or asyncio leaves Nagle's algorithm on: each answer would take 40 ms more.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        service = server(desk)
        thread = threading.Thread(target=service.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert service.up.wait(10)
            scheme = "https" if desk.site.settings.server.tls else "http"
            yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            service.should_exit = True
            thread.join()
