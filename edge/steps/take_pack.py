"""Take a pack that the platform has published: checked as our own, in force from the next start."""

from edge.core.errors import BadRule, Words
from edge.packs import PackFile, pack_files, rulebook_of
from edge.shipped import config_folder
from edge.site import Site
from edge.store.kept_packs import KeptPack, PackSource, keep_packs


def take_pack(site: Site, file: PackFile, operator: str) -> None:
    """Keep a pack and enter it; what is wrong with it is told and nothing is kept.

    Raises:
        BadRule: the pack is wrong, alone or beside the others.
    """
    if not file.place:
        raise _nameless()
    others = [one for one in pack_files(config_folder() / "regions") if one.place != file.place]
    rulebook_of([*others, file])
    kept = KeptPack(file.place, file.rules, PackSource.PLATFORM)
    now = site.clock()
    with site.store.transaction() as db:
        if keep_packs(db, [kept], now):
            site.ledger.enter(
                db,
                kind="pack.taken",
                operator=operator,
                subject=file.place,
                now=now,
                sha256=kept.sha256,
            )


def _nameless() -> BadRule:
    return BadRule(
        "NO_PLACE",
        Words("下发的规则包没有写明目录名", "the pack does not say whose folder it is"),
        Words("请平台补全后重新发布", "the platform adds it and publishes again"),
        field="place",
    )
