"""Make a document once and keep its bytes; hand them out; count what was printed.

Laid out outside the transaction. What was kept is never made anew: a reprint is the same bytes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.core.errors import EdgeError
from edge.digest import sha256
from edge.site import Site
from edge.store.database import Rows
from edge.store.documents import (
    Document,
    Use,
    add_document,
    add_use,
    content_of,
    document_of,
    last_settlement,
    load_document,
    unprinted_settlements,
)

if TYPE_CHECKING:
    from edge.paperwork import Order

LOOKED_AT = 2000
"""How many settlements are looked through in one go for those without their statement."""

PRINTED_AT_ONCE = 10
"""How many statements are made in one go: laying out takes a core for tens of milliseconds each."""

_SYSTEM = "system"


def keep_document(site: Site, order: "Order", operator: str) -> Document:
    """Return the document of ``order``; made and kept now, unless it was before.

    Raises:
        Fault: FONT_MISSING, GLYPH_MISSING, PAPER_BROKEN; nothing was kept.
    """
    known = document_of(site.store.read(), order.kind, order.subject, edition=order.edition)
    if known:
        return known
    content = order.make()
    with site.store.transaction() as db:
        known = document_of(db, order.kind, order.subject, edition=order.edition)
        if known:
            return known
        document = Document(
            id=site.fresh_id(),
            kind=order.kind,
            owner=order.owner,
            subject=order.subject,
            edition=order.edition,
            title=order.title,
            media=order.media,
            sha256=sha256(content),
            size=len(content),
            dated=order.dated,
            made_by=operator,
            made_at=site.clock(),
        )
        add_document(db, site.vault, document, content)
        site.ledger.enter(
            db,
            kind="document.made",
            operator=operator,
            subject=order.subject,
            now=document.made_at,
            document=document.id,
            document_kind=document.kind,
            sha256=document.sha256,
        )
    return document


def hand_out(site: Site, document_id: str, operator: str) -> tuple[Document, bytes]:
    """Return a document with its bytes, and enter that it was shown: it names a person.

    Raises:
        NotFound: UNKNOWN_DOCUMENT.
        Fault: SEAL_BROKEN.
    """
    with site.store.transaction() as db:
        load_document(db, document_id)
        content = content_of(db, site.vault, document_id)
        add_use(db, document_id, Use.SHOWN, operator=operator, at=site.clock())
        document = load_document(db, document_id)
        _enter(site, db, document, "document.shown", operator, number=document.shown)
    return document, content


def note_print(site: Site, document_id: str, operator: str) -> Document:
    """Count a print that the clerk says came out; the second is reprint 1.

    Raises:
        NotFound: UNKNOWN_DOCUMENT.
    """
    with site.store.transaction() as db:
        load_document(db, document_id)
        number = add_use(db, document_id, Use.PRINTED, operator=operator, at=site.clock())
        document = load_document(db, document_id)
        _enter(site, db, document, "document.printed", operator, number=number)
    return document


@dataclass(frozen=True, slots=True)
class Printed:
    """What one go did: up to which row all is made, or has ``failed``, logged and told."""

    up_to: int
    failed: tuple[str, ...]


def print_settled(site: Site, *, after: int = 0, beside: Collection[str] = ()) -> Printed:
    """Make some statements of settlements beyond the row ``after`` that have none, but ``beside``.

    However many wait, each go takes the next of them: none is too old.
    """
    db = site.store.read()
    end = min(after + LOOKED_AT, last_settlement(db))
    waiting = unprinted_settlements(db, after=after, rows_max=LOOKED_AT)
    due = [(row, one) for row, one in waiting if one not in beside]
    failed = []
    if due:
        from edge.paperwork import statement_order  # noqa: PLC0415 - with the first statement
    for _, settlement in due[:PRINTED_AT_ONCE]:
        try:
            order = statement_order(site, site.store.read(), settlement)
            keep_document(site, order, _SYSTEM)
        except EdgeError as wrong:
            site.log.warning("document.not_made", settlement=settlement, code=wrong.code)
            failed.append(settlement)
    left = due[PRINTED_AT_ONCE:]
    return Printed(left[0][0] - 1 if left else max(end, after), tuple(failed))


def _enter(
    site: Site, db: Rows, document: Document, kind: str, operator: str, *, number: int
) -> None:
    site.ledger.enter(
        db,
        kind=kind,
        operator=operator,
        subject=document.subject,
        now=site.clock(),
        document=document.id,
        document_kind=document.kind,
        number=number,
    )
