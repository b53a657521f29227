"""The checklists of manual reimbursement: manual.toml beside a region's rules.toml.

The facility gives the worker what the insured region will ask for (津 第二十九条). No text lists
it; a region's own list names what its claims take (川 第二十三条), the national one is the
customer's. Decides nothing.
"""

from dataclasses import dataclass
from pathlib import Path

from edge import codec
from edge.core.errors import BadInput
from edge.core.fallback import Paper
from edge.core.verification import Service
from edge.packs.values import bad_rule, toml

_FILE = "manual.toml"
_NATIONAL = "national"


@dataclass(frozen=True, slots=True)
class _Paper:
    zh: str
    en: str
    original: bool = False
    bill: bool = False


@dataclass(frozen=True, slots=True)
class _Checklist:
    services: tuple[Service, ...]
    article: str
    papers: tuple[_Paper, ...]


@dataclass(frozen=True, slots=True)
class _Checklists:
    checklist: tuple[_Checklist, ...]


def papers_of(regions: Path, place: str, service: Service) -> tuple[Paper, ...]:
    """Return what is gathered for ``service`` where the pack in folder ``place`` governs.

    A region without a list for the service uses the national one.

    Raises:
        BadRule: a file is wrong, or no list names the service; the field is ``file: key``.
    """
    for folder in (place, _NATIONAL):
        found = [one for one in _read(regions, folder) if service in one.services]
        if found:
            return tuple(_paper(paper, one.article) for one in found for paper in one.papers)
    name = f"{_NATIONAL}/{_FILE}"
    raise bad_rule(name, "checklist", f"没有 {service} 的材料清单", f"no list for {service}")


def _read(regions: Path, folder: str) -> tuple[_Checklist, ...]:
    path, name = regions / folder / _FILE, f"{folder}/{_FILE}"
    if not path.exists() and folder != _NATIONAL:
        return ()
    try:
        data = path.read_bytes()
    except OSError as wrong:
        raise bad_rule(name, "", f"无法读取：{wrong}", f"cannot be read: {wrong}") from wrong
    table = toml(name, data)
    try:
        return codec.decode_exactly(codec.encode(table), _Checklists).checklist
    except BadInput as wrong:
        raise bad_rule(name, wrong.field, wrong.reason.zh, wrong.reason.en) from wrong


def _paper(paper: _Paper, article: str) -> Paper:
    return Paper(
        zh=paper.zh, en=paper.en, article=article, original=paper.original, is_bill=paper.bill
    )
