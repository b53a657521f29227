"""Say what the hospital's own codes mean in a region's catalogue: all of it at once, or nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial

from edge.catalogues import require_region
from edge.core.catalogue import Insurance
from edge.core.errors import BadInput, Words
from edge.site import Site
from edge.store.code_mappings import (
    CodeMapping,
    Meaning,
    histories,
    map_code,
    meaning_on,
    require_sense,
)
from edge.store.database import Rows

MEANINGS_MAX = 20_000
"""Meanings said in one go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A meaning that is new, and what its code meant on its first day until now."""

    meaning: Meaning
    before: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What became of the meanings: those that change something; ``known`` were said already."""

    region: str
    changes: tuple[Change, ...]
    known: int
    kept: bool


def map_codes(
    site: Site,
    region: str,
    meanings: Sequence[Meaning],
    operator: str,
    *,
    insurance: Insurance | None = None,
    dry_run: bool = False,
) -> Mapped:
    """Keep the meanings that are not the last ones said already; with ``dry_run`` only tell them.

    They are said of the region's list of ``insurance``; without it of each of its lists.

    Raises:
        BadInput: NO_MAPPINGS, TOO_MANY_MAPPINGS, NOT_A_DIVISION, DATES_CONTRADICT,
            MAPPING_NEEDLESS, MAPPING_TARGET_UNKNOWN; the field begins with the meaning's place.
    """
    _require_asked(region, len(meanings))
    now = site.clock()
    say = partial(
        CodeMapping, region=region, insurance=insurance, mapped_at=now, mapped_by=operator
    )
    if dry_run:
        changes = _changed(site.store.read(), region, insurance, meanings, say)
        return _mapped(region, meanings, changes, kept=False)
    with site.store.transaction() as db:
        changes = _changed(db, region, insurance, meanings, say, keep=True)
        if changes:
            site.ledger.enter(
                db,
                kind="codes.mapped",
                operator=operator,
                subject=region,
                now=now,
                count=len(changes),
                first=changes[0].meaning.hospital_code,
                last=changes[-1].meaning.hospital_code,
            )
    return _mapped(region, meanings, changes, kept=bool(changes))


def _changed(
    db: Rows,
    region: str,
    insurance: Insurance | None,
    meanings: Sequence[Meaning],
    say: Callable[..., CodeMapping],
    *,
    keep: bool = False,
) -> tuple[Change, ...]:
    said = histories(db, [meaning.hospital_code for meaning in meanings], region, insurance)
    changes: list[Change] = []
    for place, meaning in enumerate(meanings):
        history = said.setdefault(meaning.hospital_code, [])
        if history and history[0].says(meaning):
            continue
        mapping = say(**asdict(meaning))
        with _told_by_place(place):
            (map_code if keep else require_sense)(db, mapping)
        changes.append(Change(meaning=meaning, before=meaning_on(history, meaning.valid_from)))
        history.insert(0, mapping)
    return tuple(changes)


def _mapped(
    region: str, meanings: Sequence[Meaning], changes: tuple[Change, ...], *, kept: bool
) -> Mapped:
    known = len(meanings) - len(changes)
    return Mapped(region=region, changes=changes, known=known, kept=kept)


@contextmanager
def _told_by_place(place: int) -> Iterator[None]:
    try:
        yield
    except BadInput as wrong:
        field = f"mappings[{place}].{wrong.field}"
        raise BadInput(wrong.code, wrong.reason, wrong.next_action, field=field) from wrong


def _require_asked(region: str, count: int) -> None:
    require_region(region)
    if count == 0:
        raise BadInput(
            "NO_MAPPINGS",
            Words("没有编码对照", "there are no mappings"),
            Words("至少填写一条", "give at least one"),
            field="mappings",
        )
    if count > MEANINGS_MAX:
        raise BadInput(
            "TOO_MANY_MAPPINGS",
            Words(f"一次最多 {MEANINGS_MAX} 条对照", f"at most {MEANINGS_MAX} mappings at once"),
            Words("分几次导入", "import them in parts"),
            field="mappings",
        )
