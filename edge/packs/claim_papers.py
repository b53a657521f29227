"""What papers a region's monthly claim takes: claim.toml beside its rules.toml.

Only Sichuan lists papers (川 第二十三条); others name uploads or nothing, and then the national
list counts, which is the customer's. Decides nothing.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edge import codec
from edge.core.claim import ClaimPaper
from edge.core.errors import BadInput
from edge.core.verification import Service
from edge.packs.values import bad_rule

_FILE = "claim.toml"
NATIONAL_PLACE = "national"
"""The folder of the lists that count where a region has none."""


@dataclass(frozen=True, slots=True)
class ClaimLists:
    """The papers of a claim: once for all of it, and once for each settlement of a service."""

    by_claim: tuple[ClaimPaper, ...]
    by_settlement: tuple[ClaimPaper, ...]


@dataclass(frozen=True, slots=True)
class _Paper:
    zh: str
    en: str
    per: Literal["claim", "settlement"] = "settlement"
    copies: int = 1
    sealed: bool = False
    signed: bool = False
    original: bool = False
    uploaded: bool = False


@dataclass(frozen=True, slots=True)
class _List:
    services: tuple[Service, ...]
    article: str
    papers: tuple[_Paper, ...]


@dataclass(frozen=True, slots=True)
class _Lists:
    list: tuple[_List, ...]


def claim_lists(regions: Path, place: str, service: Service) -> ClaimLists:
    """Return what a claim for ``service`` takes where the pack in folder ``place`` governs.

    A region without a list for the service uses the national one.

    Raises:
        BadRule: a file is wrong, or no list names the service; the field is ``file: key``.
    """
    for folder in (place, NATIONAL_PLACE):
        read = _read(regions, folder)
        found = [one for one in read.list if service in one.services] if read else []
        if found:
            return ClaimLists(_papers(found, per="claim"), _papers(found, per="settlement"))
    name = f"{NATIONAL_PLACE}/{_FILE}"
    raise bad_rule(name, "list", f"没有 {service} 的材料清单", f"no list for {service}")


def _papers(lists: list[_List], *, per: str) -> tuple[ClaimPaper, ...]:
    return tuple(
        ClaimPaper(
            zh=paper.zh,
            en=paper.en,
            article=one.article,
            copies=paper.copies,
            sealed=paper.sealed,
            signed=paper.signed,
            original=paper.original,
            uploaded=paper.uploaded,
        )
        for one in lists
        for paper in one.papers
        if paper.per == per
    )


def _read(regions: Path, folder: str) -> _Lists | None:
    path, name = regions / folder / _FILE, f"{folder}/{_FILE}"
    if not path.exists() and folder != NATIONAL_PLACE:
        return None
    try:
        table = tomllib.loads(path.read_bytes().decode("utf-8"))
        read = codec.decode_exactly(codec.encode(table), _Lists)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise bad_rule(name, "", f"无法读取：{wrong}", f"cannot be read: {wrong}") from wrong
    except BadInput as wrong:
        raise bad_rule(name, wrong.field, wrong.reason.zh, wrong.reason.en) from wrong
    return read
