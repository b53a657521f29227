"""The folder of packs as one rulebook. Reads rules only; cases are ``edge.packs.cases``'s."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edge.core.errors import BadRule, Words
from edge.core.rules import NATIONAL, Pack, Rulebook, Scope
from edge.packs.reader import read_pack
from edge.packs.values import bad_rule


@dataclass(frozen=True, slots=True)
class PackFile:
    """One region's ``rules.toml``: the name of its folder and its bytes."""

    place: str
    rules: bytes

    def packs(self) -> tuple[Pack, ...]:
        """Read it: one pack for each scope that it covers.

        Raises:
            BadRule: the pack is wrong; the field is ``file: key``.
        """
        return read_pack(f"{self.place}/rules.toml", self.rules)


def load(folder: Path, *, strict_terms: bool = False) -> Rulebook:
    """Read every pack under ``folder``: one sub-folder a region, each with ``rules.toml``.

    Raises:
        BadRule: a pack is wrong, two have one region, or ``national`` is missing; the field is
            ``file: key``.
    """
    return rulebook_of(pack_files(folder), strict_terms=strict_terms)


def pack_files(folder: Path) -> tuple[PackFile, ...]:
    """Return the pack files under ``folder``, unread.

    Raises:
        BadRule: NO_PACKS, or a file cannot be read.
    """
    return tuple(
        PackFile(place.name, _bytes(place / "rules.toml", f"{place.name}/rules.toml"))
        for place in region_folders(folder)
    )


def rulebook_of(files: Iterable[PackFile], *, strict_terms: bool = False) -> Rulebook:
    """Read pack files as one rulebook; raises as ``load`` does."""
    packs: dict[tuple[str, Scope], Pack] = {}
    for file in files:
        name = f"{file.place}/rules.toml"
        for pack in file.packs():
            if (pack.region, pack.scope) in packs:
                raise bad_rule(name, "pack.region", "区划代码重复", "another pack has this region")
            packs[pack.region, pack.scope] = pack
    for scope in Scope:
        if (NATIONAL, scope) not in packs:
            raise bad_rule("national/rules.toml", "pack.covers", "缺少全国规则", f"no {scope}")
    return Rulebook(packs.values(), strict_terms=strict_terms)


def region_folders(folder: Path) -> list[Path]:
    """Return the sub-folders of regions, by name.

    Raises:
        BadRule: NO_PACKS, when there is no such folder.
    """
    if not folder.is_dir():
        raise BadRule(
            "NO_PACKS",
            Words("找不到规则包目录", "there is no such folder of packs"),
            Words("检查 config/regions 的位置", "look where config/regions is"),
            field=str(folder),
        )
    return sorted(p for p in folder.iterdir() if p.is_dir() and p.name[0] not in "._")


def _bytes(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise bad_rule(name, "", "无法读取文件", f"cannot be read: {wrong.strerror}") from wrong
