"""Packs for reading: one row a rule, its value in words, beside another region's if asked.

Draws no table: the command line does.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from edge.core.dates import Period
from edge.core.errors import NotFound, Words
from edge.core.rules import KEYS, Instrument, Pack, Rule, Rulebook, Scope, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPack:
    """One region's pack in the list. ``place`` is its folder; ``rules`` counts its keys."""

    place: str
    region: str
    name: str
    version: str
    sha256: str
    covers: tuple[Scope, ...]
    instruments: tuple[Instrument, ...]
    rules: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRule:
    """One value of one key. ``scope`` is empty where both scopes agree.

    ``beside`` is what the compared region has on that day or its own first, with its article.
    A key that only the compared region has is a row whose value is NOT_COVERED.
    """

    key: str
    meaning: Words
    scope: str
    value: str
    since: date
    article: str
    title: str
    beside: str = ""


NOT_COVERED = "—"
"""What stands for a value where a pack says nothing."""


def list_packs(rulebook: Rulebook) -> tuple[ListedPack, ...]:
    """Return every pack, by region."""
    regions: dict[str, list[Pack]] = {}
    for pack in rulebook.packs:
        regions.setdefault(pack.region, []).append(pack)
    return tuple(_listed(packs) for packs in regions.values())


def show(rulebook: Rulebook, region: str, compare: str | None = None) -> tuple[ShownRule, ...]:
    """Return a region's rules in the registry's order, oldest value first.

    Args:
        rulebook: all packs.
        region: a 6-digit code, a name or a folder: 120000, 天津市, tianjin.
        compare: another region, whose value of that day (or of its first day) is shown beside.

    Raises:
        NotFound: UNKNOWN_PACK.
    """
    packs = _packs(rulebook, region)
    others = _packs(rulebook, compare) if compare else []
    rows = [
        row
        for key in KEYS
        for pack in packs
        for row in _rows(key, pack, "" if len(packs) == 1 else pack.scope, _like(pack, others))
    ]
    return tuple(_merged(rows))


def in_words(value: Value) -> str:
    """Return a rule's value as a person reads it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Period):
        return _period(value)
    if isinstance(value, tuple):
        return "、".join(_CHOICES.get(word, word) for word in value)
    return _CHOICES.get(str(value), str(value))


def _listed(packs: list[Pack]) -> ListedPack:
    first = packs[0]
    return ListedPack(
        place=first.place,
        region=first.region,
        name=first.name,
        version=first.version,
        sha256=first.sha256,
        covers=tuple(pack.scope for pack in packs),
        instruments=first.instruments,
        rules=len({key for pack in packs for key, dated in pack.dated.items() if dated}),
    )


def _packs(rulebook: Rulebook, region: str) -> list[Pack]:
    packs = [pack for pack in rulebook.packs if region in (pack.region, pack.name, pack.place)]
    if not packs:
        raise NotFound(
            "UNKNOWN_PACK",
            Words(f"没有地区 {region} 的规则包", f"there is no pack of region {region}"),
            Words("运行 edge packs list 查看已有的地区", "see edge packs list"),
            field="region",
        )
    return packs


def _like(pack: Pack, others: list[Pack]) -> Pack | None:
    """Return the other region's pack of the same scope, else of the one that it has."""
    return next((other for other in others if other.scope == pack.scope), next(iter(others), None))


def _merged(rows: list[ShownRule]) -> Iterator[ShownRule]:
    """Give a rule once, without scope, where both scopes have the same."""
    unscoped = Counter(replace(row, scope="") for row in rows)
    for row in rows:
        plain = replace(row, scope="")
        if unscoped[plain] == 1:
            yield row
        elif unscoped.pop(plain, 0):
            yield plain


def _rows(key: str, pack: Pack, scope: Scope | str, other: Pack | None) -> Iterator[ShownRule]:
    """Yield the pack's values of one key; where it has none, the other's alone."""
    covered = [rule for _, rule in reversed(pack.dated.get(key, ())) if rule]
    yield from (_shown(rule, scope, other) for rule in covered)
    theirs = other.rule(key, on=max(pack.starts, other.starts)) if other else None
    if theirs and not covered:
        alone = _shown(theirs, scope, other)
        yield replace(alone, value=NOT_COVERED, article="", title="")


def _shown(rule: Rule, scope: Scope | str, other: Pack | None) -> ShownRule:
    beside = other.rule(rule.key, on=max(rule.since, other.starts)) if other else None
    return ShownRule(
        key=rule.key,
        meaning=KEYS[rule.key].words,
        scope=_SCOPES.get(scope, ""),
        value=in_words(rule.value),
        since=rule.since,
        article=rule.article,
        title=rule.title,
        beside=f"{in_words(beside.value)}（{beside.article}）" if beside else "",
    )


def _period(period: Period) -> str:
    if period.years:
        return f"{period.years} 年"
    return f"{period.months} 个月" if period.months else f"{period.days} 天"


_SCOPES: Mapping[str, str] = {Scope.CROSS_PROVINCE: "跨省", Scope.INTRA_PROVINCE: "省内"}

_CHOICES: Mapping[str, str] = {
    "region": "全市（直辖市）",
    "city": "设区的市",
    "inpatient_medical": "住院医疗",
    "outpatient_medical": "门诊医疗",
    "inpatient_rehab": "住院康复",
    "outpatient_rehab": "门诊康复",
    "device": "辅助器具",
    "refuse": "基金不予支付",
    "manual": "手工报销",
    "hold": "暂缓",
    "late_filing": "结算前补办备案可直接结算",
    "identity": "身份",
    "filing": "备案",
    "contribution": "参保缴费状态",
    "card": "社会保障卡",
    "e_card": "电子社会保障卡",
    "open": "长期有效",
    "as_filed": "以备案为准",
    "treatment": "就医地",
    "treatment_medical_insurance": "就医地基本医疗保险",
    "insured": "参保地",
    "province": "本省",
    "meal": "伙食",
    "travel": "交通食宿",
    "api": "接口上传",
    "login": "登录全国系统录入",
}
