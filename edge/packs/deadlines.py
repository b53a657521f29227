"""By which days of the month a region wants what: deadlines.toml beside its rules.toml.

A region without a file has only the national ones, which are the customer's. Decides nothing.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from edge import codec
from edge.core.errors import BadInput
from edge.core.reminders import Deadline, Duty
from edge.packs.values import bad_rule

_FILE = "deadlines.toml"
_NATIONAL = "national"
_DAY_MAX = 31


@dataclass(frozen=True, slots=True)
class _Deadlines:
    deadline: tuple[Deadline, ...]


def deadlines_of(regions: Path, place: str) -> tuple[Deadline, ...]:
    """Return the deadlines where the pack in folder ``place`` governs: national and its own.

    Raises:
        BadRule: a file is wrong; the field is ``file: key``.
    """
    places = dict.fromkeys((_NATIONAL, place))
    return tuple(one for name in places for one in _read(regions / name / _FILE))


def claim_deadline(regions: Path, place: str) -> Deadline | None:
    """Return by when a month is claimed there, or else uploaded whole; None: no instrument says.

    Raises:
        BadRule: as ``deadlines_of``.
    """
    by_duty = {one.duty: one for one in deadlines_of(regions, place)}
    return by_duty.get(Duty.CLAIM) or by_duty.get(Duty.UPLOAD)


def _read(path: Path) -> tuple[Deadline, ...]:
    file = f"{path.parent.name}/{_FILE}"
    if not path.exists():
        return ()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        found = codec.decode_exactly(codec.encode(table), _Deadlines).deadline
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise bad_rule(file, "", f"不是有效的 TOML：{wrong}", f"not valid TOML: {wrong}") from wrong
    except BadInput as wrong:
        raise bad_rule(file, wrong.field, wrong.reason.zh, wrong.reason.en) from wrong
    for one in found:
        _require_sound(file, one)
    return found


def _require_sound(file: str, deadline: Deadline) -> None:
    if (deadline.day is None) != (deadline.duty is Duty.MONTH_END):
        raise bad_rule(file, "deadline.day", "月末没有日期，其余须有", "only month_end has none")
    if deadline.day is not None and not 1 <= deadline.day <= _DAY_MAX:
        raise bad_rule(file, "deadline.day", "日期不正确", f"not 1 to {_DAY_MAX}")
    if not deadline.article.strip() or not 0 <= deadline.warn_days < _DAY_MAX:
        raise bad_rule(file, "deadline", "缺条款或提前天数不正确", "no article, or bad warn_days")
