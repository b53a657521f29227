"""One rules.toml into packs, one a scope. What is unknown, doubled or of a wrong kind is refused.

Whether the rules agree with each other is ``edge.packs.agreement``'s question.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from edge.core.rules import CUSTOMER, KEYS, SILENT, Instrument, Kind, Pack, Rule, Scope
from edge.packs.agreement import disagreement
from edge.packs.values import (
    Table,
    bad_rule,
    day,
    fields,
    is_division,
    period,
    text,
    toml,
    value_of,
)

_NAMES = ("region", "name", "version")
_INSTRUMENT = ("short", "title", "starts", "article")
_DATED_MORE = ("value", "article", "title", "scope")


@dataclass(frozen=True, slots=True)
class _Dated:
    """One dated value as the file has it; ``rule`` None: ceased from that day."""

    since: date
    scope: Scope | None
    rule: Rule | None


def read_pack(file: str, data: bytes) -> tuple[Pack, ...]:
    """Return the packs in a file's bytes, one for each scope that it covers.

    Raises:
        BadRule: naming ``file`` and the key.
    """
    table = toml(file, data)
    header = fields(file, "pack", table.pop("pack", None), (*_NAMES, "covers"))
    instruments = _instruments(file, table.pop("instrument", None))
    covers = _scopes(file, header["covers"])
    texts = {name: text(file, f"pack.{name}", header[name]) for name in _NAMES}
    if not is_division(texts["region"]):
        raise bad_rule(file, "pack.region", "不是 6 位区划代码", "not a 6-digit code")
    values = {
        key: _dated_values(file, key, entries, instruments) for key, entries in _leaves(table, "")
    }
    packs = tuple(
        Pack(
            **texts,
            place=file.partition("/")[0],
            sha256=hashlib.sha256(data).hexdigest(),
            scope=scope,
            instruments=instruments,
            dated=_for_scope(values, scope),
            starts=min(instrument.starts for instrument in instruments),
        )
        for scope in covers
    )
    _refuse_disagreement(file, packs, values)
    return packs


def _refuse_disagreement(
    file: str, packs: tuple[Pack, ...], values: Mapping[str, list[_Dated]]
) -> None:
    covered = {pack.scope for pack in packs}
    for key, dated in values.items():
        if {one.scope for one in dated} - covered - {None}:
            raise bad_rule(file, key, "适用范围未包括", "its scope is not covered by the pack")
    for pack in packs:
        wrong = disagreement(pack, covered)
        if wrong:
            raise bad_rule(file, wrong.key, wrong.words.zh, wrong.words.en)


def _instruments(file: str, tables: object) -> tuple[Instrument, ...]:
    if not isinstance(tables, list) or not tables:
        raise bad_rule(file, "instrument", "缺少文件信息", "there is no instrument")
    return tuple(_instrument(file, table) for table in tables)


def _instrument(file: str, table: object) -> Instrument:
    given = fields(file, "instrument", table, _INSTRUMENT, ("term",))
    starts = day(file, "instrument.starts", given["starts"])
    ends = None
    if "term" in given:
        term = period(given["term"])
        if term is None:
            raise bad_rule(file, "instrument.term", "期限不正确", f"not {Kind.PERIOD.value}")
        ends = term.last_day(starts)
    return Instrument(
        short=text(file, "instrument.short", given["short"]),
        title=text(file, "instrument.title", given["title"]),
        article=text(file, "instrument.article", given["article"]),
        starts=starts,
        ends=ends,
    )


def _scopes(file: str, names: object) -> tuple[Scope, ...]:
    known = [scope.value for scope in Scope]
    if not isinstance(names, list) or not names or any(name not in known for name in names):
        raise bad_rule(file, "pack.covers", "适用范围不正确", f"not of {known}")
    if len(set(names)) != len(names):
        raise bad_rule(file, "pack.covers", "适用范围重复", "a scope stands twice")
    return tuple(Scope(name) for name in names)


def _leaves(table: Table, path: str) -> Iterator[tuple[str, object]]:
    """Walk nested tables down to the lists of dated values."""
    for name, value in table.items():
        key = f"{path}.{name}" if path else name
        if isinstance(value, dict) and key not in KEYS:
            yield from _leaves(value, key)
        else:
            yield key, value


def _dated_values(
    file: str, key: str, entries: object, instruments: tuple[Instrument, ...]
) -> list[_Dated]:
    if key not in KEYS:
        raise bad_rule(file, key, "未知的规则", "unknown rule key")
    if not isinstance(entries, list) or not entries:
        raise bad_rule(file, key, "应为带日期的值", "not a list of dated values")
    dated = [_dated_value(file, key, entry, instruments) for entry in entries]
    starts = min(instrument.starts for instrument in instruments)
    for one in dated:
        if one.since < starts:
            raise bad_rule(file, key, "早于文件施行日", "before the instrument starts")
    places = [(one.since, scope) for one in dated for scope in _reach(one.scope)]
    if len(set(places)) != len(places):
        raise bad_rule(file, key, "同一日有两个值", "two values from the same day")
    return sorted(dated, key=lambda one: one.since, reverse=True)


def _dated_value(file: str, key: str, entry: object, instruments: tuple[Instrument, ...]) -> _Dated:
    given = fields(file, key, entry, ("from",), _DATED_MORE)
    since = day(file, f"{key}.from", given["from"])
    scope = _scopes(file, [given["scope"]])[0] if "scope" in given else None
    if "value" not in given:
        return _Dated(since, scope, None)
    if "article" not in given:
        raise bad_rule(file, key, "缺少条款", "no article")
    value = value_of(KEYS[key], given["value"])
    if value is None:
        known = KEYS[key]
        choices = f" {list(known.choices)}" if known.choices else ""
        raise bad_rule(file, key, "值不正确", f"not {known.kind.value}{choices}")
    article = text(file, f"{key}.article", given["article"])
    title = _title(file, key, article, instruments)
    if "title" in given:
        title = text(file, f"{key}.title", given["title"])
    return _Dated(
        since, scope, Rule(key=key, value=value, article=article, title=title, since=since)
    )


def _title(file: str, key: str, article: str, instruments: tuple[Instrument, ...]) -> str:
    """Return the title of the cited instrument; the silent one's where it says nothing."""
    if article == CUSTOMER:
        return CUSTOMER
    if article == SILENT:
        return instruments[0].title
    for instrument in instruments:
        if article.startswith(f"{instrument.short} "):
            return instrument.title
    raise bad_rule(file, key, f"条款“{article}”不属于本包的文件", "cites no instrument of the pack")


def _reach(scope: Scope | None) -> tuple[Scope, ...]:
    return (scope,) if scope else tuple(Scope)


def _for_scope(
    values: Mapping[str, list[_Dated]], scope: Scope
) -> dict[str, tuple[tuple[date, Rule | None], ...]]:
    return {
        key: tuple((one.since, one.rule) for one in dated if one.scope in (None, scope))
        for key, dated in values.items()
    }
