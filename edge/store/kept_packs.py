"""Every pack file that this site has had, by its hash. Reads no rule: ``edge.packs`` does."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.digest import sha256
from edge.store.database import Row, Rows


class PackSource(StrEnum):
    """Who brought a pack: this release of the product, or the platform."""

    RELEASE = "release"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class KeptPack:
    """A pack file: its folder's name, its bytes, and who brought it."""

    place: str
    rules: bytes
    source: PackSource

    @property
    def sha256(self) -> str:
        """The hash by which decisions name it."""
        return sha256(self.rules)


def keep_packs(db: Rows, packs: Iterable[KeptPack], now: datetime) -> tuple[KeptPack, ...]:
    """Keep those that are not kept yet and return them."""
    fresh = {pack.sha256: pack for pack in packs}
    for known in packs_by_hash(db, fresh):
        del fresh[known]
    for digest, pack in fresh.items():
        db.execute(
            "insert into packs_kept (sha256, place, rules, source, kept_at) values (?, ?, ?, ?, ?)",
            [digest, pack.place, pack.rules, pack.source, now.isoformat()],
        )
    return tuple(fresh.values())


def packs_by_hash(db: Rows, hashes: Iterable[str]) -> dict[str, KeptPack]:
    """Return those of the asked packs that are kept."""
    found = {}
    for digest in hashes:
        row = db.one("select * from packs_kept where sha256 = ?", [digest])
        if row:
            found[digest] = _kept(row)
    return found


def packs_of_platform(db: Rows) -> list[KeptPack]:
    """Return what the platform has brought, oldest first."""
    rows = db.query(
        "select * from packs_kept where source = ? order by kept_at, sha256", [PackSource.PLATFORM]
    )
    return [_kept(row) for row in rows]


def _kept(row: Row) -> KeptPack:
    return KeptPack(row["place"], row["rules"], PackSource(row["source"]))
