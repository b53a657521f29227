"""Whether the rules of one pack agree with each other, on every day on which one changes.

Reads no file and knows no region's name.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from edge.core.errors import Words
from edge.core.rules import CUSTOMER, KEYS, NATIONAL, Pack, Scope


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Which key contradicts the rest of its pack, and how."""

    key: str
    words: Words


_DEVICE_KEYS = (
    "filing.validity.device",
    *(key for key in KEYS if key.startswith("device.")),
)
_WITH_DEVICES = ("catalogue.device", "bill.device_over_limit")


def disagreement(pack: Pack, covered: Collection[Scope]) -> Disagreement | None:
    """Return the first contradiction in a pack whose file covers these scopes."""
    return next(_all(pack, covered), None)


def _all(pack: Pack, covered: Collection[Scope]) -> Iterator[Disagreement]:
    for scope in Scope:
        if scope not in covered and f"services.{scope}" in pack.dated:
            yield _wrong(f"services.{scope}", "适用范围未包括", "the pack does not cover this")
    for on in _days_of_change(pack):
        yield from _incomplete(pack, on)
        yield from _about_devices(pack, on)
        yield from _about_rehab(pack, on)
        yield from _about_filings(pack, on)
    yield from _national(pack)


def _days_of_change(pack: Pack) -> list[date]:
    changes = {since for dated in pack.dated.values() for since, _ in dated}
    return sorted(changes | {pack.starts})


def _incomplete(pack: Pack, on: date) -> Iterator[Disagreement]:
    needed = [key for key, known in KEYS.items() if known.required]
    for key in (*needed, f"services.{pack.scope}"):
        if pack.rule(key, on=on) is None:
            yield _wrong(key, f"{on} 起缺少必需的规则", f"a required rule is missing on {on}")


def _about_devices(pack: Pack, on: date) -> Iterator[Disagreement]:
    services = pack.rule(f"services.{pack.scope}", on=on)
    settles = services is not None and "device" in services.words
    for key in _WITH_DEVICES:
        if settles != (pack.rule(key, on=on) is not None):
            yield _wrong(key, "与直接结算的服务矛盾", "contradicts the services settled directly")
    for key in _DEVICE_KEYS:
        if not settles and pack.rule(key, on=on):
            yield _wrong(key, "不直接结算辅助器具", "devices are not settled directly")


def _about_rehab(pack: Pack, on: date) -> Iterator[Disagreement]:
    for key in KEYS:
        if key.startswith("rehab.cap.") and pack.rule(key, on=on):
            validity = f"filing.validity.{key.removeprefix('rehab.cap.')}"
            if pack.rule(validity, on=on) is None:
                yield _wrong(key, "没有相应的备案有效期", "there is no validity that it caps")


def _about_filings(pack: Pack, on: date) -> Iterator[Disagreement]:
    """Whoever asks for a filing before care looks at it at every moment."""
    for key in KEYS:
        rule = pack.rule(key, on=on) if key.startswith("verification.") else None
        if rule is not None and "filing" not in rule.words:
            yield _wrong(key, "先备案后就医，每次都须核验备案", "a filing is verified every time")


def _national(pack: Pack) -> Iterator[Disagreement]:
    is_national = pack.region == NATIONAL
    for key, dated in pack.dated.items():
        if is_national and any(rule and rule.article != CUSTOMER for _, rule in dated):
            yield _wrong(key, "全国规则只能是客户规则", "the national pack cites no instrument")
        if key == "local.municipalities" and not is_national:
            yield _wrong(key, "只能在全国规则中", "stands in the national pack only")
    if is_national and pack.term_passed(date.max):
        yield _wrong("instrument.term", "全国规则没有期限", "the national pack has no term")


def _wrong(key: str, zh: str, en: str) -> Disagreement:
    return Disagreement(key, Words(zh, en))
