"""The law at this site: the release's packs or newer ones of the platform's, and earlier by hash.

Writes only what it keeps. A pack from the platform counts from the next start on: the law does not
change under a preview.
"""

from collections.abc import Iterable
from datetime import datetime

from edge.core.rules import Pack, Rulebook
from edge.packs import PackFile, rulebook_of
from edge.store.database import Rows, Store
from edge.store.kept_packs import (
    KeptPack,
    PackSource,
    keep_packs,
    packs_by_hash,
    packs_of_platform,
)


def rulebook_in_force(
    store: Store, shipped: Iterable[PackFile], now: datetime, *, strict_terms: bool = False
) -> Rulebook:
    """Keep what came with this release, and return the newest pack of each region.

    Raises:
        BadRule: a pack of this release is wrong.
    """
    ours = kept_by_release(shipped)
    with store.transaction() as db:
        keep_packs(db, ours, now)
        delivered = packs_of_platform(db)
    newest = {file.place: file for file in ours}
    for pack in delivered:
        known = newest.get(pack.place)
        if known is None or version_of(pack) >= version_of(known):
            newest[pack.place] = pack
    return rulebook_of(map(_file, newest.values()), strict_terms=strict_terms)


def rulebook_by_hash(db: Rows, rulebook: Rulebook, hashes: Iterable[str]) -> Rulebook:
    """Return ``rulebook`` with the packs of these hashes in the places of the present ones.

    A hash that was never kept here leaves the present pack where it is.
    """
    missing = set(hashes) - {pack.sha256 for pack in rulebook.packs}
    earlier = [pack for kept in packs_by_hash(db, missing).values() for pack in _file(kept).packs()]
    replaced = {pack.region for pack in earlier}
    kept_on = [pack for pack in rulebook.packs if pack.region not in replaced]
    return Rulebook((*kept_on, *earlier), strict_terms=rulebook.strict_terms)


def kept_by_release(files: Iterable[PackFile]) -> list[KeptPack]:
    """Return what came with this release as it is kept."""
    return [KeptPack(file.place, file.rules, PackSource.RELEASE) for file in files]


def version_of(pack: KeptPack) -> tuple[int, ...]:
    """Return a pack's version as numbers that compare: 2026.10 is newer than 2026.9.

    Raises:
        BadRule: the pack is wrong.
    """
    first: Pack = _file(pack).packs()[0]
    return tuple(int(part) if part.isdigit() else 0 for part in first.version.split("."))


def _file(kept: KeptPack) -> PackFile:
    return PackFile(kept.place, kept.rules)
