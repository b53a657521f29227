"""Documents as they were made: their bytes, sealed, and each time one was shown or printed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.core.errors import NotFound, Words
from edge.core.paper import DocumentKind
from edge.store.database import Row, Rows
from edge.store.vault import Vault

PAGE_MAX = 200


class OwnerKind(StrEnum):
    """Of what a document is listed, which also says who may see it."""

    STAY = "stay"
    FITTING = "fitting"
    CLAIM = "claim"
    DAY = "day"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Owner:
    """A case, a month, a day or a complaint."""

    kind: OwnerKind
    id: str


class Use(StrEnum):
    """What was done with a document: handed out to be looked at, or printed, as the clerk says."""

    SHOWN = "shown"
    PRINTED = "printed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document without its bytes. ``dated`` is the moment that it speaks of.

    ``edition`` is empty where of the subject there is one for good; ``printed`` counts prints: the
    second is reprint 1.
    """

    id: str
    kind: DocumentKind
    owner: Owner
    subject: str
    edition: str
    title: str
    media: str
    sha256: str
    size: int
    dated: datetime
    made_by: str
    made_at: datetime
    shown: int = 0
    printed: int = 0


_COUNTED = (
    "select id, kind, owner_kind, owner, subject, edition, title, media, sha256, size, dated,"
    " made_by, made_at,"
    " (select count(*) from document_uses where document_id = id and use = 'shown') as shown,"
    " (select count(*) from document_uses where document_id = id and use = 'printed') as printed"
    " from documents"
)


def add_document(db: Rows, vault: Vault, document: Document, content: bytes) -> None:
    """Keep a document; a second of the same kind, subject and edition is impossible (unique)."""
    db.execute(
        "insert into documents (id, kind, owner_kind, owner, subject, edition, title, media,"
        " sha256, size, dated, made_by, made_at, content_sealed)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            document.id,
            document.kind,
            document.owner.kind,
            document.owner.id,
            document.subject,
            document.edition,
            document.title,
            document.media,
            document.sha256,
            document.size,
            document.dated.isoformat(),
            document.made_by,
            document.made_at.isoformat(),
            vault.seal(content, _place(document.id)),
        ],
    )


def document_of(
    db: Rows, kind: DocumentKind, subject: str, *, edition: str = ""
) -> Document | None:
    """Return the document of a subject, if it was made."""
    row = db.one(
        f"{_COUNTED} where kind = ? and subject = ? and edition = ?", [kind, subject, edition]
    )
    return _document(row) if row else None


def load_document(db: Rows, document_id: str) -> Document:
    """Return one document.

    Raises:
        NotFound: UNKNOWN_DOCUMENT.
    """
    row = db.one(f"{_COUNTED} where id = ?", [document_id])
    if row is None:
        raise NotFound(
            "UNKNOWN_DOCUMENT",
            Words(f"找不到单据：{document_id}", f"no document {document_id}"),
            Words("在所属业务的单据列表中重新选择", "choose it again from its case's documents"),
            field="document",
        )
    return _document(row)


def documents_of(db: Rows, owner: Owner) -> list[Document]:
    """Return what was made of an owner, newest first, at most ``PAGE_MAX``."""
    rows = db.query(
        f"{_COUNTED} where owner_kind = ? and owner = ? order by rowid desc limit ?",
        [owner.kind, owner.id, PAGE_MAX],
    )
    return [_document(row) for row in rows]


def content_of(db: Rows, vault: Vault, document_id: str) -> bytes:
    """Return the document's bytes as they were made.

    Raises:
        Fault: SEAL_BROKEN.
    """
    [row] = db.query("select content_sealed from documents where id = ?", [document_id])
    return vault.unseal(row["content_sealed"], _place(document_id))


def add_use(db: Rows, document_id: str, use: Use, *, operator: str, at: datetime) -> int:
    """Count one use; return its number, from 1."""
    [row] = db.query(
        "insert into document_uses (document_id, use, number, operator, at)"
        " select ?1, ?2, coalesce(max(number), 0) + 1, ?3, ?4 from document_uses"
        " where document_id = ?1 and use = ?2 returning number",
        [document_id, use, operator, at.isoformat()],
    )
    return int(row["number"])


def unprinted_settlements(db: Rows, *, after: int, rows_max: int) -> list[tuple[int, str]]:
    """Return the effective settlements without a statement, as row and id, the oldest first.

    Looked through are at most ``rows_max`` rows beyond the row ``after``.
    """
    rows = db.query(
        "select rowid, id from settlements where effective = 1 and rowid > ?1 and rowid <= ?1 + ?2"
        " and not exists (select 1 from documents where kind = 'statement'"
        " and subject = settlements.id and edition = '') order by rowid",
        [after, rows_max],
    )
    return [(row["rowid"], row["id"]) for row in rows]


def last_settlement(db: Rows) -> int:
    """Return the row of the newest settlement; 0 where there is none."""
    [row] = db.query("select coalesce(max(rowid), 0) as row from settlements", [])
    return int(row["row"])


def _document(row: Row) -> Document:
    return Document(
        id=row["id"],
        kind=DocumentKind(row["kind"]),
        owner=Owner(OwnerKind(row["owner_kind"]), row["owner"]),
        subject=row["subject"],
        edition=row["edition"],
        title=row["title"],
        media=row["media"],
        sha256=row["sha256"],
        size=row["size"],
        dated=datetime.fromisoformat(row["dated"]),
        made_by=row["made_by"],
        made_at=datetime.fromisoformat(row["made_at"]),
        shown=row["shown"],
        printed=row["printed"],
    )


def _place(document_id: str) -> str:
    return f"documents.content:{document_id}"
