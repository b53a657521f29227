"""The hospital's service as it is killed and started again, and what makes two runs the same.

Keys and the nonces of its seals come from no dice, or no two ledgers would end with the same head.
"""

import hashlib
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edge import packs
from edge.clock import Clock
from edge.core.rules import Rulebook
from edge.loops.keeper import Keeper
from edge.settings import Backup, Facility, Lists, Settings
from edge.settings import Platform as PlatformSettings
from edge.shipped import config_folder
from edge.site import Site
from edge.site.opening import LIST_FILES
from edge.store.catalogues import Catalogues
from edge.store.database import Rows, Store
from edge.store.drafts import composer
from edge.store.keys import Keys, load_keys
from edge.store.ledger import Ledger
from edge.store.vault import Vault
from simulators.hospital.people import FACILITY
from sync.breaker import Breaker, Rest
from sync.inbox import Inbox
from sync.line import Caller
from sync.lists import CachedList
from sync.lists.source import TufSource
from sync.outbox import Outbox, Patience
from sync.platform import Platform, Wire
from sync.relay import Gateway, Hooks, Relay
from tests.fakes.clock import Ids
from tests.fakes.log import Log
from tests.laid import laid

_SECRETS = ("identity", "index", "ledger", "listing")
NOWHERE = "http://127.0.0.1:9"


class Killed(BaseException):
    """The process has ended here; nobody inside it can do anything about that."""


@dataclass(slots=True)
class Doom:
    """Kills at any moment at which a process can be killed: one in ``odds``, 0 never."""

    dice: random.Random
    odds: int = 0

    def __call__(self, _moment: str) -> None:
        """Live on, or not."""
        if self.odds and self.dice.randrange(self.odds) == 0:
            raise Killed


class Mortal(Store):
    """A database whose process may be killed before a commit, and right after it."""

    def __init__(self, path: Path, doom: Doom) -> None:
        super().__init__(path)
        self._doom = doom

    @contextmanager
    def transaction(self) -> Iterator[Rows]:
        """Do all of the block or nothing of it, and live or not."""
        with super().transaction() as db:
            yield db
            self._doom("before commit")
        self._doom("after commit")


class Repeatable(Vault):
    """Seals under a nonce of what is sealed: the same value in the same place, the same bytes."""

    def __init__(self, keys: Keys) -> None:
        super().__init__(keys)
        self._cipher_of_all = AESGCM(keys.identity[-1])

    def seal(self, plain: bytes, place: str) -> bytes:
        """Compress and encrypt."""
        nonce = hashlib.sha256(place.encode() + b"|" + plain).digest()[:12]
        packed = zstandard.ZstdCompressor(level=3).compress(plain)
        bound = place.encode() + b"|" + self._head
        return self._head + nonce + self._cipher_of_all.encrypt(nonce, packed, bound)


class Quiet(Log):
    """A log that keeps nothing: a week would fill it."""

    def info(self, event: str, **fields: object) -> None:
        """Forget it."""

    def warning(self, event: str, **fields: object) -> None:
        """Forget it."""

    def error(self, event: str, **fields: object) -> None:
        """Forget it."""


@dataclass(slots=True)
class House:
    """A service that runs, is killed, and runs again. ``gateway`` is what its relay sends by."""

    folder: Path
    root: bytes
    clock: Clock
    network: Caller
    doom: Doom
    gateway_of: Callable[[Site], Gateway]
    ids: Callable[[], str] = field(default_factory=Ids)
    starts: int = 0
    _open: ExitStack = field(default_factory=ExitStack)
    _site: Site | None = None
    _relay: Relay | None = None
    _keeper: Keeper | None = None

    @property
    def site(self) -> Site:
        """The site as it is open now."""
        assert self._site
        return self._site

    @property
    def relay(self) -> Relay:
        """What delivers."""
        assert self._relay
        return self._relay

    @property
    def keeper(self) -> Keeper:
        """What the service does by itself."""
        assert self._keeper
        return self._keeper

    def start(self) -> None:
        """Open the site as a process does that has just begun."""
        self._site = site = self._opened()
        hooks = Hooks(crash=self.doom, sleep=lambda _seconds: None)
        gateway = self.gateway_of(site)
        self._relay = Relay(site.store, site.outbox, gateway, self.clock, hooks)
        self._keeper = Keeper(site, on_told=lambda _stay: None, on_head=lambda: None)
        self.starts += 1
        assert site.ledger.verify(site.store.read()) is None

    def stop(self) -> None:
        """Close what a killed process leaves to the system to close."""
        self._open.close()
        self._site = self._relay = self._keeper = None

    def _opened(self) -> Site:
        keys = load_keys(self.folder / "keys")
        store = self._open.enter_context(closing(Mortal(self.folder / "edge.db", self.doom)))
        vault = Repeatable(keys)
        wire = Wire(
            batch_max=20,
            breaker=Breaker(self.clock, Rest()),
            line=self.network,
        )
        platform = Platform(
            NOWHERE, facility=FACILITY, key=keys.signing, clock=self.clock, wire=wire
        )
        cached_list = CachedList(
            self.folder / "list",
            facility=FACILITY,
            key=keys.listing,
            files=LIST_FILES,
            source=partial(
                TufSource,
                self.folder / "trust",
                root=self.root,
                base=f"/v1/lists/{FACILITY}",
                fetch=platform.fetch,
            ),
        )
        self._open.enter_context(closing(cached_list))
        return Site(
            settings=settings_in(self.folder),
            store=store,
            vault=vault,
            ledger=Ledger(keys),
            rulebook=_rulebook(),
            catalogues=Catalogues(store),
            outbox=Outbox(vault, keys.signing, Patience(), compose=composer(store, vault)),
            inbox=Inbox(vault, {}, facility=FACILITY),
            platform=platform,
            cached_list=cached_list,
            public_key=keys.signing.public(),
            clock=self.clock,
            fresh_id=self.ids,
            log=Quiet(),
        )


def founded(folder: Path) -> Keys:
    """Lay a database and keys that are the same in every run."""
    place = folder / "keys"
    place.mkdir(mode=0o700)
    for name in _SECRETS:
        _write(place / f"{name}.key", hashlib.sha256(name.encode()).digest())
    signing = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"signing").digest())
    pem = signing.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(place / "signing.key", pem)
    laid(folder / "edge.db").close()
    return load_keys(place)


def settings_in(folder: Path) -> Settings:
    """Return the settings of the week: those of the example, backups among them."""
    return Settings(
        data=folder,
        facility=Facility(
            id=FACILITY, name="合成医院", region="120000", city="120100", kinds=("medical",)
        ),
        platform=PlatformSettings(url=NOWHERE),
        lists=Lists(root=folder / "root.json"),
        backup=Backup(folder=folder / "backups", every_h=24, keep=3),
    )


def _write(path: Path, secret: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(secret)


@cache
def _rulebook() -> Rulebook:
    return packs.load(config_folder() / "regions")
