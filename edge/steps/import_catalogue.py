"""Import a catalogue file: read it whole, tell what it changes, keep it in one transaction.

A file with one bad cell changes nothing; the same file again changes nothing either.
"""

from collections.abc import Callable, Iterator, Sized
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from pathlib import Path

from edge.catalogues import Change, Diff, Listing, diff_of, read_listing, require_region
from edge.core.catalogue import CatalogueRow, Insurance
from edge.core.errors import BadInput, Conflict, Words
from edge.core.money import yuan
from edge.digest import sha256
from edge.sheets import RefusedCell
from edge.site import Site
from edge.store.catalogues import (
    HeldVersion,
    NewVersion,
    Spoken,
    held_versions,
    keep_version,
    last_import,
    spoken_before,
    staged,
)
from edge.store.database import Rows

_VERSION_LENGTH_MAX = 40
_SHOWN_MAX = 20


class Stage(StrEnum):
    """What an import is at while it tells its progress."""

    READING = "reading"
    WRITING = "writing"


class Outcome(StrEnum):
    """How an import ended."""

    REFUSED = "refused"
    DRY_RUN = "dry_run"
    KNOWN = "known"
    IMPORTED = "imported"


Progress = Callable[[Stage, int, int], None]
"""Called with the stage, how many rows are done, and about how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What is asked for: a file as a list of a region (6 digits) under a version's name.

    ``insurance`` tells which of the region's lists it is; left out, as it is held, else each.
    From ``since`` on it takes the place of the versions before; left out, from the first day of
    its earliest row. ``dry_run`` stops before anything is written. ``data`` are the file's bytes
    where they came otherwise; then ``path`` is only its name. ``compared_at`` is that of a dry run
    which somebody has looked at: what was imported since then stops this one.
    """

    path: Path
    region: str
    version: str
    insurance: Insurance | None = None
    since: date | None = None
    dry_run: bool = False
    data: bytes | None = field(repr=False, default=None)
    compared_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the file says and what became of it.

    ``refused`` holds the first bad cells of ``refused_count``; then nothing after them is told.
    ``starts_on`` is the first day on which the version counts. ``against`` names the versions that
    ``diff`` compares with. Bed-day standards are in fen; None: there is none. ``compared_at`` says
    how many imports there had been.
    """

    outcome: Outcome
    region: str
    version: str
    sha256: str
    insurance: Insurance | None = None
    starts_on: date = date.min
    row_count: int = 0
    refused: tuple[RefusedCell, ...] = ()
    refused_count: int = 0
    against: tuple[str, ...] = ()
    diff: Diff = field(default_factory=Diff)
    bed_day_fen_before: int | None = None
    bed_day_fen: int | None = None
    compared_at: int = 0


def import_catalogue(
    site: Site,
    asked: Import,
    operator: str,
    progress: Progress = lambda _stage, _done, _about: None,
) -> Report:
    """Import a file, or with ``dry_run`` tell what that would change.

    Raises:
        BadInput: NOT_A_DIVISION, CATALOGUE_VERSION, CATALOGUE_LIST, SHEET_UNREADABLE,
            SHEET_TOO_LARGE, CATALOGUE_SINCE.
        Conflict: CATALOGUES_MOVED, when another import ended in between, or since ``compared_at``.
        OSError: the file cannot be read.
    """
    _require_names(asked)
    data = asked.path.read_bytes() if asked.data is None else asked.data
    digest = sha256(data)
    db = site.store.read()
    imports = last_import(db)
    if asked.compared_at not in {None, imports}:
        raise _moved()
    held = _held(db, asked)
    asked = replace(asked, insurance=_list(asked, held))
    if held and _is_known(held, asked, digest):
        return _known(held)
    listing = read_listing(data, lambda done, about: progress(Stage.READING, done, about))
    if not isinstance(listing, Listing):
        return Report(
            outcome=Outcome.REFUSED,
            region=asked.region,
            version=asked.version,
            insurance=asked.insurance,
            sha256=digest,
            refused=tuple(listing.shown),
            refused_count=listing.count,
        )
    before = spoken_before(db, asked.region, asked.version, listing.kinds, asked.insurance)
    report = replace(_report(asked, digest, listing, before), compared_at=imports)
    if not asked.dry_run:
        with staged(db, listing.rows, lambda done, about: progress(Stage.WRITING, done, about)):
            _keep(site, listing, report, operator, imports)
    return report


def said(report: Report) -> list[str]:
    """Return the report as lines for a terminal: bad cells, or what changes, and how it ended."""
    if report.outcome is Outcome.REFUSED:
        return [*_refusals(report), f"✗ {report.refused_count} cells refused; nothing was written"]
    against = ", ".join(report.against) or "nothing: the first of its kinds"
    rows, first = report.row_count, report.starts_on
    of = f" ({_LISTS[report.insurance]})" if report.insurance else ""
    what = f"{report.region} {report.version}{of}, {rows} rows, from {first}"
    return [
        f"{what}; compared with {against}",
        *_changes(report),
        _ENDINGS[report.outcome],
    ]


_LISTS = {
    Insurance.WORK_INJURY: "the work-injury list",
    Insurance.MEDICAL: "the medical-insurance list",
}
_ENDINGS = {
    Outcome.DRY_RUN: "dry run: nothing was written",
    Outcome.KNOWN: "✓ this very file was imported before: nothing was written",
    Outcome.IMPORTED: "✓ imported",
}


def _refusals(report: Report) -> Iterator[str]:
    for cell in report.refused:
        reason, mend = cell.why.reason, cell.why.next_action
        yield f"✗ {cell.address}: {reason.zh} / {reason.en}"
        yield f"    → {mend.zh} / {mend.en}"
    if report.refused_count > len(report.refused):
        yield f"… and {report.refused_count - len(report.refused)} more"


def _changes(report: Report) -> Iterator[str]:
    diff = report.diff
    yield f"new {len(diff.new)}"
    yield from _some([f"  + {row.label} {row.name}" for row in diff.new[:_SHOWN_MAX]], diff.new)
    fields = ", ".join(f"{field} {count}" for field, count in diff.by_field().items())
    yield f"changed {len(diff.changed)}" + (f" ({fields})" if fields else "")
    yield from _some([f"  ~ {_change(one)}" for one in diff.changed[:_SHOWN_MAX]], diff.changed)
    yield f"ended {len(diff.ended)}"
    yield from _some([f"  - {row.label} {row.name}" for row in diff.ended[:_SHOWN_MAX]], diff.ended)
    if report.bed_day_fen_before != report.bed_day_fen:
        before, after = (
            "none" if fen is None else yuan(fen)
            for fen in (report.bed_day_fen_before, report.bed_day_fen)
        )
        yield f"bed-day standard {before} → {after} yuan"


def _some(shown: list[str], of: Sized) -> list[str]:
    left = len(of) - len(shown)
    return [*shown, f"  … and {left} more"] if left else shown


def _change(change: Change) -> str:
    fields = (f"{f} {_value(change.before, f)} → {_value(change.after, f)}" for f in change.fields)
    return f"{change.before.label} {change.after.name}: " + ", ".join(fields)


def _value(row: CatalogueRow, field: str) -> str:
    value = getattr(row, field)
    return "none" if value is None else str(value)


def _held(db: Rows, asked: Import) -> HeldVersion | None:
    found = (v for v in held_versions(db) if (v.region, v.version) == (asked.region, asked.version))
    return next(found, None)


def _list(asked: Import, held: HeldVersion | None) -> Insurance | None:
    """Return which list a file is: as asked, else as its version is held; it never moves."""
    was = held.insurance if held else None
    if asked.insurance and was and asked.insurance is not was:
        raise BadInput(
            "CATALOGUE_LIST",
            Words(
                f"版本 {asked.version} 已作为另一目录导入（{was}）",
                f"version {asked.version} was imported as another list: {was}",
            ),
            Words(
                "换一个版本名，或改正目录种类", "give it another version's name, or mend the list"
            ),
            field="insurance",
        )
    return asked.insurance or was


def _is_known(held: HeldVersion, asked: Import, digest: str) -> bool:
    same = held.file_sha256 == digest and held.insurance is asked.insurance
    return same and asked.since in (None, held.starts_on)


def _known(held: HeldVersion) -> Report:
    return Report(
        outcome=Outcome.KNOWN,
        region=held.region,
        version=held.version,
        insurance=held.insurance,
        sha256=held.file_sha256,
        starts_on=held.starts_on,
        row_count=held.row_count,
        against=(held.version,),
        bed_day_fen_before=held.bed_day_fen,
        bed_day_fen=held.bed_day_fen,
    )


def _report(asked: Import, digest: str, listing: Listing, before: Spoken) -> Report:
    return Report(
        outcome=Outcome.DRY_RUN if asked.dry_run else Outcome.IMPORTED,
        region=asked.region,
        version=asked.version,
        insurance=asked.insurance,
        sha256=digest,
        starts_on=_starts_on(asked, listing),
        row_count=len(listing.rows),
        against=before.versions,
        diff=diff_of(before.rows, listing.rows),
        bed_day_fen_before=before.bed_day_fen,
        bed_day_fen=listing.bed_day_fen,
    )


def _starts_on(asked: Import, listing: Listing) -> date:
    earliest = min(row.valid_from or date.min for row in listing.rows)
    if asked.since and asked.since < earliest:
        raise BadInput(
            "CATALOGUE_SINCE",
            Words(
                f"自 {asked.since} 起替代旧版，但文件最早的有效期起为 {earliest}，其间没有目录",
                f"it would take the old version's place on {asked.since}, but no row of the file"
                f" is valid before {earliest}",
            ),
            Words(f"改为 {earliest} 或更晚", f"give {earliest} or later"),
            field="since",
        )
    return asked.since or earliest


def _keep(site: Site, listing: Listing, report: Report, operator: str, imports: int) -> None:
    now = site.clock()
    counts = {
        "row_count": report.row_count,
        "new_count": len(report.diff.new),
        "changed_count": len(report.diff.changed),
        "ended_count": len(report.diff.ended),
    }
    with site.store.transaction() as db:
        _require_unmoved(db, imports)
        keep_version(
            db,
            NewVersion(
                region=report.region,
                version=report.version,
                insurance=report.insurance,
                starts_on=report.starts_on,
                bed_day_fen=listing.bed_day_fen,
                kinds=listing.kinds,
                file_sha256=report.sha256,
                imported_at=now,
                imported_by=operator,
                **counts,
            ),
        )
        site.ledger.enter(
            db,
            kind="catalogue.imported",
            operator=operator,
            subject=f"{report.region}/{report.version}",
            now=now,
            sha256=report.sha256,
            **({"insurance": report.insurance} if report.insurance else {}),
            **counts,
        )


def _require_unmoved(db: Rows, imports: int) -> None:
    if last_import(db) != imports:
        raise _moved()


def _moved() -> Conflict:
    return Conflict(
        "CATALOGUES_MOVED",
        Words("比较之后另有目录导入完成", "another import ended since this one was compared"),
        Words("重新执行，查看新的差异", "run it again and look at what it changes now"),
        field="version",
    )


def _require_names(asked: Import) -> None:
    require_region(asked.region)
    version = asked.version
    sayable = version.isprintable() and " " not in version
    if not (0 < len(version) <= _VERSION_LENGTH_MAX and sayable):
        raise BadInput(
            "CATALOGUE_VERSION",
            Words(
                f"版本名须为 1 至 {_VERSION_LENGTH_MAX} 个字符，不含空格",
                f"a version's name has 1 to {_VERSION_LENGTH_MAX} characters and no spaces",
            ),
            Words("如 2026.1", "such as 2026.1"),
            field="version",
        )
