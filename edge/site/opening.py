"""A founded site opened: its memory, its law, its wire. Serves nothing."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from pwd import getpwuid
from urllib.parse import quote

from edge import packs
from edge.clock import Clock, FreshId, fresh_id, system_clock
from edge.core.errors import Conflict, Fault, Words
from edge.log import Log, LogFolder, json_log
from edge.settings import Settings
from edge.shipped import config_folder
from edge.site import Site
from edge.site.rulebooks import rulebook_in_force
from edge.site.upgrading import bring_up
from edge.store.catalogues import Catalogues
from edge.store.circuit import note_circuit
from edge.store.database import Store, open_building, open_unchanging
from edge.store.drafts import composer
from edge.store.keys import SIGNATURES, Keys, key_store_of, load_keys, require_algorithm
from edge.store.ledger import Ledger
from edge.store.migrations import is_older, migrate
from edge.store.vault import CIPHERS, Vault
from sync.attempt import FarGateway
from sync.breaker import Breaker, Rest
from sync.dialect import DIRECT
from sync.envelope import PublicKey, SigningKey, key_ring, load_public
from sync.errors import BadEnvelope
from sync.inbox import Inbox
from sync.line import Caller
from sync.lists import CachedList
from sync.lists.offer import Source, read_root
from sync.lists.shelf import Files
from sync.numbered import Numbered
from sync.outbox import Outbox, Patience
from sync.platform import Deadlines, Platform, Wire
from sync.tls import Papers, context_of
from sync.webhooks import Switchboard, Webhooks

LIST_FILES = Files(read=open_unchanging, build=open_building)
"""How the cached list's files are opened: by the product's one SQLite library."""

LONGEST_REST = 6
"""How many times as long as the first the longest rest of the circuit is."""


@contextmanager
def open_site(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    ids: FreshId = fresh_id,
    log: Log | None = None,
) -> Iterator[Site]:
    """Open a founded site; close it at the end.

    Raises:
        Fault: keys or database cannot be used.
        Conflict: SITE_IN_USE, while a backup is being restored, or an older release still runs;
            OTHERS_SITE, to any account but that which owns the data.
        BadRule: a region pack is wrong.
        PlatformMisplaced: the platform's address cannot be used.
    """
    key_store = key_store_of(settings)
    keys = load_keys(key_store)
    require_algorithm(key_store, keys.signing, SIGNATURES[settings.platform.signature])
    _bring_up(settings, keys, clock)
    with (
        open_to_others(settings.data),
        closing(Store(settings.data / "edge.db")) as store,
        platform_of(settings, keys.signing, clock) as platform,
        closing(_cached_list(settings, keys, platform)) as cached_list,
    ):
        vault = Vault(keys, CIPHERS[settings.identities.cipher])
        patience = Patience(settings.platform.retry_s_min, settings.platform.retry_s_max)
        yield Site(
            settings=settings,
            store=store,
            vault=vault,
            ledger=Ledger(keys),
            rulebook=rulebook_in_force(
                store,
                packs.pack_files(config_folder() / "regions"),
                clock(),
                strict_terms=settings.law.strict_terms,
            ),
            catalogues=Catalogues(store),
            outbox=Outbox(vault, keys.signing, patience, compose=composer(store, vault)),
            inbox=Inbox(vault, _platform_keys(settings), facility=settings.facility.id),
            platform=platform,
            cached_list=cached_list,
            public_key=keys.signing.public(),
            clock=clock,
            fresh_id=ids,
            log=log or log_of(settings, clock),
        )


def _bring_up(settings: Settings, keys: Keys, clock: Clock) -> None:
    database = settings.data / "edge.db"
    with open_to_others(settings.data), closing(Store(database)) as store:
        if not is_older(store):
            migrate(store)
            return
    # Whoever still runs an older release would not find what it expects.
    with closed_to_others(settings.data), closing(Store(database)) as store:
        bring_up(store, keys, settings, clock)


def log_of(settings: Settings, clock: Clock) -> Log:
    """Return the site's log: on standard error, and in a file a day."""
    chosen = settings.log
    folder = LogFolder(
        settings.data / "log",
        clock,
        keep=timedelta(days=chosen.keep_days),
        bytes_max=chosen.part_mb * 1_000_000,
    )
    return json_log(folder)


@contextmanager
def open_to_others(data: Path) -> Iterator[None]:
    """Say that the database is in use, by this process among others.

    Raises:
        Conflict: SITE_IN_USE, while it is being restored; OTHERS_SITE.
    """
    with _held(data, fcntl.LOCK_SH):
        yield


@contextmanager
def closed_to_others(data: Path) -> Iterator[None]:
    """Have the database alone.

    Raises:
        Conflict: SITE_IN_USE, OTHERS_SITE.
    """
    with _held(data, fcntl.LOCK_EX):
        yield


def require_owner(data: Path, *, account: int) -> None:
    """Refuse an account, root among them, that does not own the site.

    What it made there the service could not write: a database that root has restored, a day's log.

    Raises:
        Conflict: OTHERS_SITE.
    """
    owner = data.stat().st_uid
    if account == owner:
        return
    try:
        name = getpwuid(owner).pw_name
    except KeyError:
        name = f"#{owner}"
    raise Conflict(
        "OTHERS_SITE",
        Words(
            f"本站数据属于账号 {name}，其他账号（含 root）建立的文件服务无法写入",
            f"the site belongs to the account {name}: what others, root too, make there, the"
            " service cannot write",
        ),
        Words(
            f"以该账号执行：sudo -u {name} edge …", f"run it as that account: sudo -u {name} edge …"
        ),
    )


@contextmanager
def _held(data: Path, how: int) -> Iterator[None]:
    require_owner(data, account=os.geteuid())
    with (data / "in-use.lock").open("w") as lock:
        try:
            fcntl.flock(lock, how | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise _in_use() from taken
        yield


def _in_use() -> Conflict:
    return Conflict(
        "SITE_IN_USE",
        Words("服务或命令正在使用数据库", "the service or a command is using the database"),
        Words("先停止服务，再执行恢复或升级", "stop the service, then restore or upgrade"),
    )


def _cached_list(settings: Settings, keys: Keys, platform: Platform) -> CachedList:
    return CachedList(
        settings.data / "list",
        facility=settings.facility.id,
        key=keys.listing,
        files=LIST_FILES,
        source=partial(_source, settings, platform) if settings.lists.root else None,
    )


def _source(settings: Settings, platform: Platform) -> Source:
    from sync.lists.source import TufSource  # noqa: PLC0415 - tuf costs a tenth of a second

    return TufSource(
        settings.data / "list-trust",
        root=read_root(settings.lists.root or Path()),
        base=f"/v1/lists/{quote(settings.facility.id, safe='')}",
        fetch=platform.fetch,
    )


def _platform_keys(settings: Settings) -> dict[str, PublicKey]:
    """Read the keys with which the platform signs what comes down.

    Raises:
        Fault: PLATFORM_KEY.
    """
    try:
        return key_ring(*(load_public(path.read_bytes()) for path in settings.platform.keys))
    except (OSError, BadEnvelope) as wrong:
        raise Fault(
            "PLATFORM_KEY",
            Words("无法读取平台的公钥", "a public key of the platform cannot be read"),
            Words(
                "把登记时收到的公钥文件放到 site.toml 中 platform.keys 所写的位置",
                "put the file received at registration where platform.keys in site.toml says",
            ),
            field="platform.keys",
        ) from wrong


@contextmanager
def gateway_of(site: Site, campus: FarGateway | None = None) -> Iterator[FarGateway]:
    """Give what the relay delivers by: the platform, and the hospital's own systems beside it.

    ``campus`` takes the platform's place where the site is one of a group.

    Raises:
        PlatformMisplaced: a webhook's address is not https, and not this machine.
    """
    urls = {one.name: one.url for one in site.settings.webhooks}
    far_end = campus or site.platform
    if not urls:
        yield far_end
        return
    with closing(Webhooks(urls, site.clock)) as webhooks:
        yield Switchboard(far_end, webhooks)


def platform_of(settings: Settings, key: SigningKey, clock: Clock) -> Platform:
    """Return the client of this site's platform; close it when done.

    Raises:
        PlatformMisplaced: the address or the TLS files cannot be used.
        Fault: STREAM_PASSWORD, of a campus.
    """
    far = settings.platform
    rest = Rest(
        silences=far.circuit_silences,
        first_s=far.circuit_rest_s,
        longest_s=far.circuit_rest_s * LONGEST_REST,
    )
    papers = Papers(ca=far.ca, certificate=far.client_certificate, key=far.client_key)
    wire = Wire(
        deadlines=Deadlines(ask_s=far.answer_deadline_s),
        dialect=Numbered(settings.facility.id) if far.adapter == "numbered" else DIRECT,
        batch_max=far.batch_max,
        packs=far.compression == "zstd",
        tls=context_of(papers),
        line=_line_of(settings),
        breaker=Breaker(clock, rest, partial(note_circuit, settings.data)),
    )
    return Platform(far.url, facility=settings.facility.id, key=key, clock=clock, wire=wire)


def _line_of(settings: Settings) -> Caller | None:
    if settings.sync.transport == "https":
        return None
    from edge.site.group import ask_line  # noqa: PLC0415 - nats is for the campuses of a group

    return ask_line(settings)
