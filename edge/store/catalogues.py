"""Catalogues by region and version: whole versions in, the rows of a bill's codes out.

Reads no file (``edge.catalogues`` does) and rules no line.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Lock

from edge import codec
from edge.core.catalogue import (
    ByBenefit,
    Catalogue,
    CatalogueRow,
    CostKind,
    Insurance,
    RegionalList,
    Said,
    Standards,
    StandardsChange,
    catalogue_of,
    in_force,
)
from edge.store.database import Row, Rows, Store

CODES_MAX = 20_000
"""Codes whose rows are kept ready, as many as a bill can have."""

_STAGED_AT_ONCE = 2_000

_SPANS = """
    with lists as (
        select value ->> 'region' as region, value ->> 'insurance' as insurance from json_each(?)
    ),
    spans as (
        select v.id as version_id, v.region, v.version, v.insurance, v.starts_on, v.bed_day_fen,
            k.kind, l.insurance as list_insurance,
            lead(v.starts_on) over (
                partition by l.region, l.insurance, k.kind order by v.starts_on, v.id
            ) as next_starts_on
        from lists l
        join catalogue_versions v on v.region = l.region
            and (v.insurance is null or v.insurance = l.insurance)
        join catalogue_kinds k on k.version_id = v.id
    )
"""
# When each version of the asked lists speaks of a kind: up to the day before the next version that
# does. One that says of no insurance to be its list belongs to each of the region's lists.

_OF_CODES = f"""{_SPANS}
    select r.*, s.region, s.version, s.insurance, s.list_insurance, s.starts_on, s.next_starts_on
    from json_each(?) asked
    cross join (select distinct version_id from spans) v
    cross join catalogue_rows r on r.version_id = v.version_id and r.code = asked.value
    join spans s on s.version_id = r.version_id and s.kind = r.kind
    order by r.code, s.starts_on, s.version_id, r.valid_from
"""  # noqa: S608 - our own words
# One seek for each code in each version: a bill asks once for all its codes.


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldVersion:
    """One version in the store. ``row_count`` and the two others are of its last import."""

    region: str
    version: str
    insurance: Insurance | None
    starts_on: date
    bed_day_fen: int | None
    row_count: int
    imported_at: datetime
    file_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A version about to be kept, and the import that brings it; its rows have been staged."""

    region: str
    version: str
    insurance: Insurance | None
    starts_on: date
    bed_day_fen: int | None
    kinds: frozenset[CostKind]
    file_sha256: str
    imported_at: datetime
    imported_by: str
    row_count: int
    new_count: int
    changed_count: int
    ended_count: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said before: by which versions, the rows, and the bed-day standard in fen."""

    versions: tuple[str, ...]
    rows: Sequence[CatalogueRow]
    bed_day_fen: int | None


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read since an import for one choice of lists: the rows by code, in order.

    A code that no version knows stands in ``codes`` and has no rows.
    """

    last_import: int
    rows: dict[str, tuple[CatalogueRow, ...]]
    catalogue: Catalogue
    codes: set[str]

    @classmethod
    def nothing(cls, last_import: int) -> "_Read":
        """Begin."""
        rows: dict[str, tuple[CatalogueRow, ...]] = {}
        return cls(last_import, rows, Catalogue(rows), set())


class Catalogues:
    """The site's catalogues as a bill needs them. Reads on the caller's own connection.

    A site's bills share most of their codes: their rows are kept as they were read, until there is
    another import. Thread-safe.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[ByBenefit[RegionalList], _Read] = {}
        self._beds: dict[RegionalList, tuple[int, dict[date, int | None]]] = {}
        self._guard = Lock()

    def picked(
        self, codes: Iterable[str], lists: ByBenefit[RegionalList]
    ) -> tuple[CatalogueRow, ...]:
        """Return the rows that govern ``codes``, stamped with whose they are, by code.

        ``lists`` tells which list governs each benefit. Each row is cut to the days on
        which its version counts. A code without a row is known to no version.
        """
        asked = sorted(set(codes))
        return self.holding(asked, lists).picked(asked)

    def holding(self, codes: Iterable[str], lists: ByBenefit[RegionalList]) -> Catalogue:
        """Return a catalogue that holds the rows that govern ``codes``, and perhaps others."""
        asked = set(codes)
        with self._guard:
            read = self._read_before(lists)
            missing = asked - read.codes
            if not missing:
                return read.catalogue
            if sum(len(one.codes) for one in self._read.values()) + len(missing) > CODES_MAX:
                self._read = {lists: _Read.nothing(read.last_import)}
                read, missing = self._read[lists], asked
            rows = self._rows(missing, lists)
            if last_import(self._store.read()) != read.last_import:
                # An import came in between: what is kept is of the one before.
                return catalogue_of(self._rows(asked, lists))
            read.rows.update(catalogue_of(rows).rows)
            read.codes.update(missing)
            return read.catalogue

    def _read_before(self, lists: ByBenefit[RegionalList]) -> _Read:
        newest = last_import(self._store.read())
        read = self._read.get(lists)
        if read is None or read.last_import != newest:
            read = self._read[lists] = _Read.nothing(newest)
        return read

    def _rows(
        self, codes: Iterable[str], lists: ByBenefit[RegionalList]
    ) -> tuple[CatalogueRow, ...]:
        each = sorted({lists.medical, lists.rehab, lists.device})
        asked = [codec.encode(each).decode(), codec.encode(sorted(codes)).decode()]
        found = self._store.read().query(_OF_CODES, asked)
        return in_force(
            _said(row) for row in found if lists.of(CostKind(row["kind"])) == _list(row)
        )

    def standards(self, of: RegionalList, *, since: date) -> Standards:
        """Return a list's standards on that day and each later change, as its bed lists say."""
        dated = self._bed_days(of)
        now = first = next((fen for day, fen in reversed(dated.items()) if day <= since), None)
        changes = []
        for day, fen in dated.items():
            if day > since and fen != now:
                changes.append(StandardsChange(day, fen))
                now = fen
        return Standards(first, tuple(changes))

    def _bed_days(self, of: RegionalList) -> dict[date, int | None]:
        """Return a list's standard of a bed from each first day on, as of the last import."""
        newest = last_import(self._store.read())
        read_at, dated = self._beds.get(of, (0, {}))
        if read_at == newest:
            return dated
        spans = self._store.read().query(
            f"{_SPANS} select starts_on, bed_day_fen from spans where kind = ?"  # noqa: S608 - ours
            " order by starts_on, version_id",
            [codec.encode([of]).decode(), CostKind.BED],
        )
        # Of two versions that start on one day the later import counts.
        dated = {date.fromisoformat(span["starts_on"]): span["bed_day_fen"] for span in spans}
        self._beds[of] = newest, dated
        return dated


def held_versions(db: Rows) -> list[HeldVersion]:
    """Return every version, by region and first day."""
    rows = db.query(
        "select v.*, i.row_count, i.imported_at, i.file_sha256 from catalogue_versions v"
        " join catalogue_imports i on i.id ="
        " (select max(id) from catalogue_imports where version_id = v.id)"
        " order by v.region, v.starts_on, v.id"
    )
    return [
        HeldVersion(
            region=row["region"],
            version=row["version"],
            insurance=_insurance(row),
            starts_on=date.fromisoformat(row["starts_on"]),
            bed_day_fen=row["bed_day_fen"],
            row_count=row["row_count"],
            imported_at=datetime.fromisoformat(row["imported_at"]),
            file_sha256=row["file_sha256"],
        )
        for row in rows
    ]


def last_import(db: Rows) -> int:
    """Return the number of the last import: another number, other rows."""
    return int(next(db.tuples("select coalesce(max(id), 0) from catalogue_imports"))[0])


def spoken_before(
    db: Rows,
    region: str,
    version: str,
    kinds: Iterable[CostKind],
    insurance: Insurance | None = None,
) -> Spoken:
    """Return what a new list of ``kinds`` is compared with.

    It is that very version if it is held, else what the list's latest versions say of them.
    """
    asked_list = codec.encode([{"region": region, "insurance": insurance}]).decode()
    spans = list(
        db.query(
            f"{_SPANS} select * from spans"  # noqa: S608 - our own words
            " where version = ? or next_starts_on is null order by version_id, kind",
            [asked_list, version],
        )
    )
    same = [span for span in spans if span["version"] == version]
    asked = same or [span for span in spans if CostKind(span["kind"]) in set(kinds)]
    beds = [span["bed_day_fen"] for span in asked if span["kind"] == CostKind.BED]
    return Spoken(
        versions=tuple(dict.fromkeys(span["version"] for span in asked)),
        rows=[row for span in asked for row in _rows_of(db, span)],
        bed_day_fen=beds[0] if beds else None,
    )


@contextmanager
def staged(
    db: Rows, rows: Sequence[CatalogueRow], progress: Callable[[int, int], None]
) -> Iterator[None]:
    """Lay rows ready in this connection's temporary table, so that no desk waits for them.

    Writing 300,000 rows takes seconds; moving them within SQLite holds the write lock for one.
    """
    db.execute("create temp table staged_rows as select * from catalogue_rows where false")
    try:
        for start in range(0, len(rows), _STAGED_AT_ONCE):
            some = rows[start : start + _STAGED_AT_ONCE]
            # Once more through JSON: one statement for many rows is faster than many statements.
            db.execute(_STAGE, [codec.encode([_values(row) for row in some]).decode()])
            progress(start + len(some), len(rows))
        yield
    finally:
        db.execute("drop table staged_rows")


def keep_version(db: Rows, new: NewVersion) -> None:
    """Keep a version and its import; its rows take the place of those it had before."""
    version = db.one(
        "insert into catalogue_versions (region, version, insurance, starts_on, bed_day_fen)"
        " values (?, ?, ?, ?, ?) on conflict (region, version) do update"
        " set insurance = excluded.insurance, starts_on = excluded.starts_on,"
        " bed_day_fen = excluded.bed_day_fen returning id",
        [new.region, new.version, new.insurance, new.starts_on.isoformat(), new.bed_day_fen],
    )
    version_id = version["id"] if version else None
    db.execute("delete from catalogue_rows where version_id = ?", [version_id])
    db.execute("delete from catalogue_kinds where version_id = ?", [version_id])
    for kind in sorted(new.kinds):
        db.execute("insert into catalogue_kinds values (?, ?)", [version_id, kind])
    db.execute(f"insert into catalogue_rows (version_id, {_COLUMNS}) {_FROM_STAGED}", [version_id])
    db.execute(
        "insert into catalogue_imports (version_id, file_sha256, starts_on, imported_at,"
        " imported_by, row_count, new_count, changed_count, ended_count)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            version_id,
            new.file_sha256,
            new.starts_on.isoformat(),
            new.imported_at.isoformat(),
            new.imported_by,
            new.row_count,
            new.new_count,
            new.changed_count,
            new.ended_count,
        ],
    )


_COLUMNS = (
    "code, valid_from, valid_to, kind, in_scope, price_cap_fen,"
    " quantity_per_day_max, quantity_max, service_years, name, restrictions, co_payment_share"
)
_FROM_STAGED = f"select ?, {_COLUMNS} from staged_rows order by code, valid_from"  # noqa: S608 - ours
_PLACES = ", ".join(f"value ->> {place}" for place in range(len(_COLUMNS.split(","))))
_STAGE = f"insert into staged_rows ({_COLUMNS}) select {_PLACES} from json_each(?)"  # noqa: S608 - ours


def _values(row: CatalogueRow) -> tuple[object, ...]:
    """Return a row in the order of _COLUMNS."""
    return (
        row.code,
        row.valid_from,
        row.valid_to,
        row.kind,
        row.in_scope,
        row.price_cap_fen,
        row.quantity_per_day_max,
        row.quantity_max,
        row.service_years,
        row.name,
        row.restrictions,
        row.co_payment_share,
    )


def _rows_of(db: Rows, span: Row) -> Iterator[CatalogueRow]:
    rows = db.query(
        "select * from catalogue_rows where version_id = ? and kind = ? order by code, valid_from",
        [span["version_id"], span["kind"]],
    )
    stamp = {name: span[name] for name in ("region", "version", "insurance")}
    return (_row(row | stamp) for row in rows)


def _said(row: Row) -> Said:
    next_starts_on = _day(row["next_starts_on"])
    until = next_starts_on - timedelta(days=1) if next_starts_on else None
    return Said(_row(row), date.fromisoformat(row["starts_on"]), until)


def _row(row: Row) -> CatalogueRow:
    return CatalogueRow(
        code=row["code"],
        kind=CostKind(row["kind"]),
        in_scope=bool(row["in_scope"]),
        price_cap_fen=row["price_cap_fen"],
        quantity_per_day_max=_decimal(row["quantity_per_day_max"]),
        quantity_max=_decimal(row["quantity_max"]),
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        region=row["region"],
        name=row["name"],
        service_years=row["service_years"],
        restrictions=row["restrictions"],
        version=row["version"],
        insurance=_insurance(row),
        co_payment_share=_decimal(row["co_payment_share"]),
    )


def _list(row: Row) -> RegionalList:
    return RegionalList(row["region"], Insurance(row["list_insurance"]))


def _insurance(row: Row) -> Insurance | None:
    return Insurance(row["insurance"]) if row["insurance"] else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _decimal(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None
