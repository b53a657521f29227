"""What stands in a rules.toml, value by value: texts, days, periods and the kinds of rules.

Knows no region and no case.
"""

import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any

from edge.core.dates import Period
from edge.core.errors import BadRule, Words
from edge.core.rules import Key, Kind, Value

Table = Mapping[str, Any]

_DIVISION = re.compile(r"[0-9]{6}")
_AT_LINE = re.compile(r"at line ([0-9]+)")
_HEAD = re.compile(r"\s*\[\[?\s*([^\]\n]+?)\s*(?:\]|$)")
_NAMED = re.compile(r"""\s*([\w."'-]+)\s*=""")
_UNITS = frozenset({"years", "months", "days"})
_VALIDITY_WORDS = ("open", "as_filed")


def bad_rule(file: str, key: str, zh: str, en: str) -> BadRule:
    """Return the error that names a file and a key."""
    mend = Words("更正后运行 edge packs check", "correct it and run edge packs check")
    return BadRule("BAD_RULE", Words(zh, en), mend, field=f"{file}: {key}" if key else file)


def toml(file: str, data: bytes) -> dict[str, Any]:
    """Return what the bytes of a TOML file hold.

    Raises:
        BadRule: they are none, or a key stands twice; the key is named.
    """
    try:
        content = data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise bad_rule(file, "", f"不是 UTF-8：{wrong}", f"not UTF-8: {wrong}") from wrong
    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as wrong:
        key = _key_before(content, str(wrong))
        raise bad_rule(
            file, key, f"不是有效的 TOML：{wrong}", f"not valid TOML: {wrong}"
        ) from wrong


def fields(
    file: str, key: str, table: object, needed: Collection[str], more: Collection[str] = ()
) -> Table:
    """Return the table, which has every needed field and no unknown one.

    Raises:
        BadRule: naming the field.
    """
    if not isinstance(table, dict):
        raise bad_rule(file, key, "缺少此节", "this table is missing")
    for name in table:
        if name not in needed and name not in more:
            raise bad_rule(file, f"{key}.{name}", "未知的字段", "unknown field")
    for name in needed:
        if name not in table:
            raise bad_rule(file, f"{key}.{name}", "缺少字段", "missing field")
    return table


def text(file: str, key: str, raw: object) -> str:
    """Return a text that is not empty.

    Raises:
        BadRule: it is something else.
    """
    if not isinstance(raw, str) or not raw.strip():
        raise bad_rule(file, key, "应为文字", "not a text")
    return raw


def day(file: str, key: str, raw: object) -> date:
    """Return a calendar day, written without quotes: 2024-04-01.

    Raises:
        BadRule: it is something else.
    """
    if not isinstance(raw, date) or isinstance(raw, datetime):
        raise bad_rule(file, key, "应为日期", "not a date (write it without quotes)")
    return raw


def period(raw: object) -> Period | None:
    """Return a length given in exactly one unit, or None."""
    if not isinstance(raw, dict) or len(raw) != 1 or not _UNITS.issuperset(raw):
        return None
    ((unit, length),) = raw.items()
    if not _is_count(length):
        return None
    return Period(**{unit: length})


def is_division(raw: object) -> bool:
    """Tell whether it is a 6-digit division code."""
    return isinstance(raw, str) and _DIVISION.fullmatch(raw) is not None


def value_of(key: Key, raw: object) -> Value | None:
    """Return the value as the key's kind has it, or None when it is of another kind."""
    return _READERS[key.kind](key, raw)


def _key_before(content: str, message: str) -> str:
    """Return the key in which the reader stopped: a key that stands twice, a value cut short."""
    lines, at = content.splitlines(), _AT_LINE.search(message)
    key = ""
    for line in reversed(lines[: int(at[1])] if at else lines):
        head, named = _HEAD.match(line), _NAMED.match(line)
        if head:
            return f"{head[1]}.{key}" if key else head[1]
        key = key or (named[1] if named else "")
    return key


def _word(key: Key, raw: object) -> str | None:
    return raw if isinstance(raw, str) and raw in key.choices else None


def _words(key: Key, raw: object) -> tuple[str, ...] | None:
    return _distinct(raw, lambda one: one in key.choices)


def _validity(raw: object) -> Value | None:
    return raw if isinstance(raw, str) and raw in _VALIDITY_WORDS else period(raw)


def _distinct(raw: object, is_known: Callable[[object], bool]) -> tuple[str, ...] | None:
    if not isinstance(raw, list) or not raw or not all(map(is_known, raw)):
        return None
    return tuple(raw) if len(set(raw)) == len(raw) else None


def _is_count(raw: object) -> bool:
    return isinstance(raw, int) and not isinstance(raw, bool) and raw > 0


_READERS: Mapping[Kind, Callable[[Key, object], Value | None]] = {
    Kind.FLAG: lambda _, raw: raw if isinstance(raw, bool) else None,
    Kind.STATED: lambda _, raw: True if raw is True else None,
    Kind.COUNT: lambda _, raw: raw if isinstance(raw, int) and _is_count(raw) else None,
    Kind.WORD: _word,
    Kind.WORDS: _words,
    Kind.CODES: lambda _, raw: _distinct(raw, is_division),
    Kind.PERIOD: lambda _, raw: period(raw),
    Kind.VALIDITY: lambda _, raw: _validity(raw),
}
