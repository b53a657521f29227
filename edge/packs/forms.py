"""How a region calls its documents, who asks for them and who signs: documents.toml.

What a region does not say is the national file's, which is the customer's. Lays nothing out.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edge import codec
from edge.core.errors import BadInput
from edge.core.paper.settled import Form
from edge.core.rules import CUSTOMER
from edge.core.verification import Service
from edge.packs.values import bad_rule, toml

_FILE = "documents.toml"
_NATIONAL = "national"


@dataclass(frozen=True, slots=True)
class ReferralForm:
    """Which layout a referral's opinion has, and the article that asks for it."""

    article: str
    form: Literal["opinion", "sichuan_annex_1"]


@dataclass(frozen=True, slots=True)
class _Statement:
    services: tuple[Service, ...]
    article: str
    title: str
    signed_by: str


@dataclass(frozen=True, slots=True)
class _Complaint:
    article: str


@dataclass(frozen=True, slots=True)
class _Documents:
    statement: tuple[_Statement, ...] = ()
    referral: ReferralForm | None = None
    complaint: _Complaint | None = None


def statement_form(regions: Path, place: str, service: Service) -> Form:
    """Return the statement of ``service`` where the pack in folder ``place`` governs.

    Raises:
        BadRule: a file is wrong, or none names the service; the field is ``file: key``.
    """
    for folder in (place, _NATIONAL):
        for one in _read(regions, folder).statement:
            if service in one.services:
                return Form(title=one.title, article=one.article, signed_by=one.signed_by)
    name = f"{_NATIONAL}/{_FILE}"
    raise bad_rule(name, "statement", f"没有 {service} 的结算单", f"no statement of {service}")


def referral_form(regions: Path, place: str) -> ReferralForm:
    """Return the layout of a referral's opinion there.

    Raises:
        BadRule: a file is wrong, or the national one names none.
    """
    found = _read(regions, place).referral or _read(regions, _NATIONAL).referral
    if found is None:
        raise bad_rule(f"{_NATIONAL}/{_FILE}", "referral", "没有转诊意见式样", "no referral form")
    return found


def complaint_article(regions: Path, place: str) -> str:
    """Return the article that has the facility receive complaints; the customer's where none does.

    Raises:
        BadRule: a file is wrong.
    """
    found = _read(regions, place).complaint
    return found.article if found else CUSTOMER


def _read(regions: Path, folder: str) -> _Documents:
    path, name = regions / folder / _FILE, f"{folder}/{_FILE}"
    if not path.exists():
        return _Documents()
    try:
        data = path.read_bytes()
    except OSError as wrong:
        raise bad_rule(name, "", f"无法读取：{wrong}", f"cannot be read: {wrong}") from wrong
    table = toml(name, data)
    try:
        return codec.decode_exactly(codec.encode(table), _Documents)
    except BadInput as wrong:
        raise bad_rule(name, wrong.field, wrong.reason.zh, wrong.reason.en) from wrong
