"""A founded site opened: its memory, its law, its wire. Serves nothing."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from edge import packs
from edge.clock import Clock, FreshId, fresh_id, system_clock
from edge.log import Log, json_log
from edge.settings import Settings
from edge.shipped import config_folder
from edge.site import Site
from edge.store.catalogues import Catalogues
from edge.store.database import Store
from edge.store.keys import load_keys
from edge.store.ledger import Ledger
from edge.store.migrations import migrate
from edge.store.vault import Vault
from sync.envelope import SigningKey
from sync.outbox import Outbox, Patience
from sync.platform import Deadlines, Platform


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
        BadRule: a region pack is wrong.
        PlatformMisplaced: the platform's address cannot be used.
    """
    keys = load_keys(settings.data / "keys")
    with (
        closing(Store(settings.data / "edge.db")) as store,
        _platform(settings, keys.signing, clock) as platform,
    ):
        migrate(store)
        vault = Vault(keys)
        patience = Patience(settings.platform.retry_s_min, settings.platform.retry_s_max)
        yield Site(
            settings=settings,
            store=store,
            vault=vault,
            ledger=Ledger(keys),
            rulebook=packs.load(config_folder() / "regions"),
            catalogues=Catalogues(store),
            outbox=Outbox(vault, keys.signing, patience),
            platform=platform,
            public_key=keys.signing.public(),
            clock=clock,
            fresh_id=ids,
            log=log or json_log(),
        )


def _platform(settings: Settings, key: SigningKey, clock: Clock) -> Platform:
    return Platform(
        settings.platform.url,
        facility=settings.facility.id,
        key=key,
        clock=clock,
        deadlines=Deadlines(ask_s=settings.platform.answer_deadline_s),
    )
