"""A restored site's quarantine, and what the platform has of it that its database has forgotten."""

from dataclasses import dataclass
from datetime import datetime

from edge.core.errors import Conflict, NotFound, Words
from edge.store.database import Row, Rows
from edge.store.vault import Vault
from sync.envelope import Envelope

TYPED = "entry_sheet"
"""The kind of what is typed by hand, of which the platform has no message."""

REVERSALS = "entry_sheet.reversals"
"""In place of a case: whether any settlement that was typed has been reversed since the backup."""


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Since when nothing new is told, and when the backup was made."""

    since: datetime
    backup_made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """A message of ours that the platform keeps and this database does not know.

    ``order_key`` is the stay or fitting. ``resolved_at`` None: a person must look at it. Of kind
    TYPED there is no message: a fitting that may have been typed into the national site since, or
    REVERSALS.
    """

    message_id: str
    kind: str
    order_key: str
    moment: datetime
    resolved_at: datetime | None


def begin_quarantine(db: Rows, quarantine: Quarantine) -> None:
    """Begin one, unless one is open."""
    if open_quarantine(db) is None:
        db.execute(
            "insert into quarantines (since, backup_made_at) values (?, ?)",
            [quarantine.since.isoformat(), quarantine.backup_made_at.isoformat()],
        )


def open_quarantine(db: Rows) -> Quarantine | None:
    """Return the quarantine that is not lifted, if there is one."""
    row = db.one("select * from quarantines where lifted_at is null")
    if row is None:
        return None
    return Quarantine(
        datetime.fromisoformat(row["since"]), datetime.fromisoformat(row["backup_made_at"])
    )


def lift_quarantine(db: Rows, *, operator: str, now: datetime) -> None:
    """End it."""
    db.execute(
        "update quarantines set lifted_at = ?, lifted_by = ? where lifted_at is null",
        [now.isoformat(), operator],
    )


def keep_forgotten(
    db: Rows, vault: Vault, envelope: Envelope, signed: bytes, now: datetime
) -> None:
    """Keep what the platform has of us, once."""
    db.execute(
        "insert or ignore into forgotten (message_id, kind, order_key, moment, signed_sealed,"
        " found_at) values (?, ?, ?, ?, ?, ?)",
        [
            envelope.id,
            envelope.kind,
            envelope.order_key,
            envelope.moment.isoformat(),
            vault.seal(signed, _place("signed", envelope.id)),
            now.isoformat(),
        ],
    )


def keep_unsure(
    db: Rows, vault: Vault, about: str, *, backup_made_at: datetime, now: datetime
) -> None:
    """Keep that nobody can ask what of a fitting, or REVERSALS, was typed since, once."""
    name = f"{TYPED}:{about}:{backup_made_at:%Y%m%dT%H%M%S}"
    db.execute(
        "insert or ignore into forgotten (message_id, kind, order_key, moment, signed_sealed,"
        " found_at) values (?, ?, ?, ?, ?, ?)",
        [
            name,
            TYPED,
            about,
            backup_made_at.isoformat(),
            vault.seal(b"", _place("signed", name)),
            now.isoformat(),
        ],
    )


def forgotten(db: Rows) -> list[Forgotten]:
    """Return all that was forgotten, oldest first."""
    return [_forgotten(row) for row in db.query("select * from forgotten order by moment")]


def forgotten_words(db: Rows, vault: Vault, message_id: str) -> bytes:
    """Return what we had told the platform, as it was signed; nothing, of kind TYPED.

    Raises:
        NotFound: NOT_FORGOTTEN.
    """
    row = _must_find(db, message_id)
    return vault.unseal(row["signed_sealed"], _place("signed", message_id))


def resolve_forgotten(
    db: Rows, vault: Vault, message_id: str, *, note: str, operator: str, now: datetime
) -> None:
    """Note how a forgotten act was dealt with; its case may go on.

    Raises:
        NotFound: NOT_FORGOTTEN.
    """
    _must_find(db, message_id)
    sealed = vault.seal(note.encode(), _place("note", message_id))
    db.execute(
        "update forgotten set resolved_at = ?, resolved_by = ?, note_sealed = ?"
        " where message_id = ?",
        [now.isoformat(), operator, sealed, message_id],
    )


def require_compared(db: Rows) -> None:
    """Refuse while a restored site has not been compared with the platform.

    Raises:
        Conflict: QUARANTINED.
    """
    if open_quarantine(db):
        raise _quarantined()


def require_nothing_forgotten(db: Rows, order_key: str) -> None:
    """Refuse to tell anything new while the site, or this case, does not know what it has told.

    Raises:
        Conflict: QUARANTINED; CASE_FORGOTTEN.
    """
    require_compared(db)
    row = db.one(
        "select message_id, kind from forgotten where order_key = ? and resolved_at is null",
        [order_key],
    )
    if row and order_key == REVERSALS:
        raise _unsure_reversals(row["message_id"])
    if row:
        raise (_unsure if row["kind"] == TYPED else _case_forgotten)(row["message_id"])


def _must_find(db: Rows, message_id: str) -> Row:
    row = db.one("select * from forgotten where message_id = ?", [message_id])
    if row is None:
        raise NotFound(
            "NOT_FORGOTTEN",
            Words("恢复后核对时没有此报文", "no such message came up after the restore"),
            Words("edge restored list 查看", "see edge restored list"),
            field="message",
        )
    return row


def _forgotten(row: Row) -> Forgotten:
    return Forgotten(
        message_id=row["message_id"],
        kind=row["kind"],
        order_key=row["order_key"],
        moment=datetime.fromisoformat(row["moment"]),
        resolved_at=datetime.fromisoformat(row["resolved_at"]) if row["resolved_at"] else None,
    )


def _place(column: str, message_id: str) -> str:
    return f"forgotten.{column}:{message_id}"


def _quarantined() -> Conflict:
    return Conflict(
        "QUARANTINED",
        Words(
            "系统由备份恢复，尚未与平台核对，暂不办理",
            "this site was restored from a backup and has not been compared with the platform yet",
        ),
        Words(
            "请信息科执行 edge restored reconcile；职工可稍候或留下联系方式",
            "IT runs edge restored reconcile; the worker waits or leaves a number",
        ),
    )


def _unsure(name: str) -> Conflict:
    return Conflict(
        "CASE_FORGOTTEN",
        Words(
            "恢复以前本次配置可能已在国家平台录入，本机没有记录",
            "this fitting may have been typed into the national site before the restore",
        ),
        Words(
            f"在国家平台查对后执行 edge restored resolve {name} --note …，再办理",
            f"look in the national site, then edge restored resolve {name} --note …, and go on",
        ),
        field="fitting",
    )


def _unsure_reversals(name: str) -> Conflict:
    return Conflict(
        "CASE_FORGOTTEN",
        Words(
            "恢复以前可能已有配置结算在国家平台冲正，本机没有记录",
            "fittings' settlements may have been reversed in the national site before the restore",
        ),
        Words(
            f"在国家平台查对冲正记录后执行 edge restored resolve {name} --note …，再冲正",
            f"look for reversals there, then edge restored resolve {name} --note …, and go on",
        ),
        field="fitting",
    )


def _case_forgotten(message_id: str) -> Conflict:
    return Conflict(
        "CASE_FORGOTTEN",
        Words(
            f"平台已收到本业务在恢复前发出的报文 {message_id}，本机没有记录",
            f"the platform has message {message_id} of this case, which the restore lost here",
        ),
        Words(
            "请信息科按 edge restored list 核对处理后再办理",
            "IT looks at edge restored list, deals with it, then try again",
        ),
        field="stay",
    )
