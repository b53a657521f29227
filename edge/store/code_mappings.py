"""What a hospital's own codes mean in a region's catalogue, with every word ever said on it.

Append-only: of the words that cover a day the last one counts. Rules no line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from edge import codec
from edge.core.catalogue import Insurance
from edge.core.errors import BadInput, Words
from edge.store.database import Row, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """From ``valid_from`` to ``valid_to``, both included, one code means the other.

    Without a ``catalogue_code`` it means nothing any more; without ``valid_to`` it is open.
    """

    hospital_code: str
    catalogue_code: str | None
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMapping(Meaning):
    """A meaning as somebody said it of a region's catalogue: of one list, or (None) of each."""

    region: str
    mapped_at: datetime
    mapped_by: str
    insurance: Insurance | None = None

    def says(self, meaning: Meaning) -> bool:
        """Tell whether this is that very meaning."""
        ours = (self.hospital_code, self.catalogue_code, self.valid_from, self.valid_to)
        return ours == (
            meaning.hospital_code,
            meaning.catalogue_code,
            meaning.valid_from,
            meaning.valid_to,
        )

    def covers(self, day: date) -> bool:
        """Tell whether this was said of ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def map_code(db: Rows, mapping: CodeMapping) -> None:
    """Add one word to the history; call inside a transaction.

    Raises:
        BadInput: DATES_CONTRADICT; MAPPING_NEEDLESS, when the hospital's code is a catalogue code
            of the region; MAPPING_TARGET_UNKNOWN, when no version of the region knows the other.
    """
    require_sense(db, mapping)
    db.execute(
        "insert into code_mappings (region, hospital_code, catalogue_code, valid_from, valid_to,"
        " mapped_at, mapped_by, insurance) values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            mapping.region,
            mapping.hospital_code,
            mapping.catalogue_code,
            mapping.valid_from.isoformat(),
            mapping.valid_to.isoformat() if mapping.valid_to else None,
            mapping.mapped_at.isoformat(),
            mapping.mapped_by,
            mapping.insurance,
        ],
    )


def histories(
    db: Rows, codes: Iterable[str], region: str, insurance: Insurance | None = None
) -> dict[str, list[CodeMapping]]:
    """Return all that was said of the hospital's ``codes`` in a list, the last word first.

    What was said of each of the region's lists is part of it; without ``insurance`` it is all.
    """
    found: dict[str, list[CodeMapping]] = {}
    rows = db.query(
        "select m.* from json_each(?) asked cross join code_mappings m"
        " on m.region = ? and m.hospital_code = asked.value"
        " and (m.insurance is null or m.insurance = ?) order by m.id desc",
        [codec.encode(sorted(set(codes))).decode(), region, insurance],
    )
    for row in rows:
        found.setdefault(row["hospital_code"], []).append(_mapping(row))
    return found


def meaning_on(history: Sequence[CodeMapping], day: date) -> str | None:
    """Return the catalogue code that was meant on ``day``; None: none was."""
    return next((said.catalogue_code for said in history if said.covers(day)), None)


def last_word(db: Rows) -> int:
    """Return the number of the last word on any code: another number, other meanings."""
    return int(next(db.tuples("select coalesce(max(id), 0) from code_mappings"))[0])


def mapped(db: Rows, codes: Iterable[str], *, region: str, on: date) -> dict[str, str]:
    """Return those of the hospital's ``codes`` that mean a catalogue code on that day."""
    meanings = {code: meaning_on(h, on) for code, h in histories(db, codes, region).items()}
    return {code: meaning for code, meaning in meanings.items() if meaning is not None}


def said_last(db: Rows, region: str, *, limit: int) -> list[CodeMapping]:
    """Return what was said of a region's codes, the last word first."""
    rows = db.query(
        "select * from code_mappings where region = ? order by id desc limit ?", [region, limit]
    )
    return [_mapping(row) for row in rows]


def _mapping(row: Row) -> CodeMapping:
    return CodeMapping(
        region=row["region"],
        hospital_code=row["hospital_code"],
        catalogue_code=row["catalogue_code"],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        mapped_at=datetime.fromisoformat(row["mapped_at"]),
        mapped_by=row["mapped_by"],
        insurance=Insurance(row["insurance"]) if row["insurance"] else None,
    )


def require_sense(db: Rows, mapping: CodeMapping) -> None:
    """Refuse what ``map_code`` would refuse.

    Raises:
        BadInput: as there.
    """
    if mapping.valid_to is not None and mapping.valid_to < mapping.valid_from:
        raise BadInput(
            "DATES_CONTRADICT",
            Words("止日早于起日", "the mapping ends before it starts"),
            Words("更正其中一个日期", "correct one of the two days"),
            field="valid_to",
        )
    if _is_known(db, mapping.hospital_code, mapping):
        raise BadInput(
            "MAPPING_NEEDLESS",
            Words(
                f"{mapping.hospital_code} 本身就是该地区的目录编码，无需对照",
                f"{mapping.hospital_code} is itself a catalogue code of the region",
            ),
            Words("核对医院编码", "check the hospital's code"),
            field="hospital_code",
        )
    target = mapping.catalogue_code
    if target is not None and not _is_known(db, target, mapping):
        raise BadInput(
            "MAPPING_TARGET_UNKNOWN",
            Words(f"该地区各版本目录中均无编码 {target}", f"no version knows the code {target}"),
            Words("核对目录编码，或先导入目录", "check the code, or import the catalogue first"),
            field="catalogue_code",
        )


def _is_known(db: Rows, code: str, mapping: CodeMapping) -> bool:
    row = db.one(
        "select exists (select 1 from catalogue_versions v join catalogue_rows r"
        " on r.version_id = v.id and r.code = ? where v.region = ?"
        " and (v.insurance is null or v.insurance = coalesce(?, v.insurance))) as known",
        [code, mapping.region, mapping.insurance],
    )
    return bool(row and row["known"])
