"""Fittings as rows, and what was fitted as it was said each time."""

from datetime import datetime

from edge import codec
from edge.core.errors import NotFound, Words
from edge.core.fitting import Channel, Fitted, Fitting, FittingState
from edge.core.stay import Injury
from edge.core.verification import Decision, Notice
from edge.store.database import Row, Rows
from edge.store.vault import Vault

PAGE_MAX = 100


def add_fitting(db: Rows, vault: Vault, fitting: Fitting) -> None:
    """Keep a fitting that was just opened."""
    notice = fitting.notice
    db.execute(
        "insert into fittings (id, person_id, verification_id, hospital_number, determination,"
        " injured_parts, insured_region, admission_decision, channel, filing_id, notice_id,"
        " notice_sealed, approved, state, opened_at)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            fitting.id,
            fitting.person_id,
            fitting.verification_id,
            fitting.hospital_number,
            fitting.injury.determination,
            fitting.injury.parts,
            fitting.insured_region,
            fitting.admission_decision,
            fitting.channel,
            fitting.filing_id,
            (notice.id or None) if notice else None,
            vault.seal_value(notice, _notice_place(fitting.id)) if notice else None,
            codec.encode(fitting.approved).decode(),
            fitting.state,
            fitting.opened_at.isoformat(),
        ],
    )


def move_fitting(db: Rows, fitting: Fitting) -> None:
    """Keep a fitting's new state and when it was fitted."""
    fitted_at = fitting.fitted_at.isoformat() if fitting.fitted_at else None
    db.execute(
        "update fittings set state = ?, fitted_at = ? where id = ?",
        [fitting.state, fitted_at, fitting.id],
    )


def say_fitted(db: Rows, vault: Vault, fitting: Fitting, *, said_by: str, now: datetime) -> None:
    """Keep what was fitted, beside all that was said of it before."""
    row = db.one(
        "select coalesce(max(number), 0) + 1 as next from fitted_lines where fitting_id = ?",
        [fitting.id],
    )
    number = row["next"] if row else 1
    db.execute(
        "insert into fitted_lines (fitting_id, number, lines_sealed, fitted_at, said_by, said_at)"
        " values (?, ?, ?, ?, ?, ?)",
        [
            fitting.id,
            number,
            vault.seal_value(fitting.lines, _lines_place(fitting.id, number)),
            fitting.began_at.isoformat(),
            said_by,
            now.isoformat(),
        ],
    )


def load_fitting(db: Rows, vault: Vault, fitting_id: str) -> Fitting:
    """Return one fitting, with what was fitted as it was said last.

    Raises:
        NotFound: UNKNOWN_FITTING.
    """
    row = db.one("select * from fittings where id = ?", [fitting_id])
    if row is None:
        raise NotFound(
            "UNKNOWN_FITTING",
            Words(f"找不到配置记录：{fitting_id}", f"no fitting {fitting_id}"),
            Words("在“辅具配置”列表中重新选择", "choose it again from the list of fittings"),
            field="fitting",
        )
    return _fitting(db, vault, row)


def fitting_known_by(
    db: Rows, vault: Vault, *, verification_id: str, hospital_number: str
) -> Fitting | None:
    """Return the fitting opened from this verification, or under the facility's own number."""
    rows = db.query(
        "select * from fittings where verification_id = ? or hospital_number = ? limit 1",
        [verification_id, hospital_number],
    )
    return next((_fitting(db, vault, row) for row in rows), None)


def newest_fittings(db: Rows, vault: Vault, *, after: str = "", limit: int) -> list[Fitting]:
    """Return a page of fittings, those opened last first; ``after`` is the last page's last id."""
    where = " where rowid < (select rowid from fittings where id = ?)" if after else ""
    rows = db.query(
        f"select * from fittings{where} order by rowid desc limit ?",  # noqa: S608 - our own words
        [*([after] if after else []), min(limit, PAGE_MAX)],
    )
    return [_fitting(db, vault, row) for row in rows]


def fittings_numbered_like(db: Rows, vault: Vault, start: str, *, limit: int) -> list[Fitting]:
    """Return the fittings whose number begins so, by number."""
    rows = db.query(
        "select * from fittings where hospital_number >= ? and hospital_number < ?"
        " order by hospital_number limit ?",
        [start, f"{start}\U0010ffff", min(limit, PAGE_MAX)],
    )
    return [_fitting(db, vault, row) for row in rows]


def unsettled_fittings(db: Rows, vault: Vault, *, limit: int) -> list[Fitting]:
    """Return the fittings that were fitted and are neither settled nor manual, oldest first."""
    rows = db.query(
        "select * from fittings where state in (?, ?) order by fitted_at, id limit ?",
        [FittingState.FITTED, FittingState.REVERSED, limit],
    )
    return [_fitting(db, vault, row) for row in rows]


def any_typed_settled(db: Rows) -> bool:
    """Tell whether a fitting of the login channel is settled, so that it could be reversed."""
    sql = "select 1 as settled from fittings where channel = ? and state = ? limit 1"
    return db.one(sql, [Channel.LOGIN, FittingState.SETTLED]) is not None


def open_typed_fittings(db: Rows) -> list[str]:
    """Return the ids of the fittings of the login channel that are neither settled nor manual."""
    rows = db.query(
        "select id from fittings where channel = ? and state not in (?, ?) order by opened_at, id",
        [Channel.LOGIN, FittingState.SETTLED, FittingState.MANUAL],
    )
    return [row["id"] for row in rows]


def notice_is_used(db: Rows, *, insured_region: str, notice_id: str, beside: str = "") -> bool:
    """Tell whether a fitting here was settled or handed over with this notice.

    ``beside`` names a fitting that does not count.
    """
    row = db.one(
        "select 1 as used from fittings where insured_region = ? and notice_id = ? and id <> ?"
        " and state in (?, ?) limit 1",
        [insured_region, notice_id, beside, FittingState.SETTLED, FittingState.MANUAL],
    )
    return row is not None


def _fitting(db: Rows, vault: Vault, row: Row) -> Fitting:
    sealed, fitting_id = row["notice_sealed"], row["id"]
    return Fitting(
        id=fitting_id,
        person_id=row["person_id"],
        verification_id=row["verification_id"],
        hospital_number=row["hospital_number"],
        injury=Injury(determination=row["determination"], parts=row["injured_parts"]),
        insured_region=row["insured_region"],
        admission_decision=Decision(row["admission_decision"]),
        channel=Channel(row["channel"]),
        filing_id=row["filing_id"],
        notice=vault.open_value(sealed, Notice, _notice_place(fitting_id)) if sealed else None,
        approved=codec.decode(row["approved"], tuple[str, ...]),
        state=FittingState(row["state"]),
        opened_at=datetime.fromisoformat(row["opened_at"]),
        fitted_at=datetime.fromisoformat(row["fitted_at"]) if row["fitted_at"] else None,
        lines=_lines(db, vault, fitting_id),
    )


def _lines(db: Rows, vault: Vault, fitting_id: str) -> tuple[Fitted, ...]:
    row = db.one(
        "select number, lines_sealed from fitted_lines where fitting_id = ?"
        " order by number desc limit 1",
        [fitting_id],
    )
    if row is None:
        return ()
    place = _lines_place(fitting_id, row["number"])
    return vault.open_value(row["lines_sealed"], tuple[Fitted, ...], place)


def _notice_place(fitting_id: str) -> str:
    return f"fittings.notice:{fitting_id}"


def _lines_place(fitting_id: str, number: int) -> str:
    return f"fitted_lines.lines:{fitting_id}:{number}"
