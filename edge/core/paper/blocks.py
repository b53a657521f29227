"""A document before it is laid out: its title and its blocks in order, all of them plain text.

What a block looks like is the template's matter (``edge.documents``); no markup is ever in one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias


class DocumentKind(StrEnum):
    """What a document is."""

    STATEMENT = "statement"
    PAYMENT_SLIP = "payment_slip"
    MANUAL_PACKAGE = "manual_package"
    MANUAL_BUNDLE = "manual_bundle"
    REFERRAL_OPINION = "referral_opinion"
    ENTRY_SHEET = "entry_sheet"
    CLAIM_FORM = "claim_form"
    RECONCILIATION_REPORT = "reconciliation_report"
    DAY_END_SHEET = "day_end_sheet"
    COMPLAINT_RECEIPT = "complaint_receipt"


class Align(StrEnum):
    """Where a column's text stands; money stands right."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Field:
    """A label and what stands beside it; a ``wide`` one has the line for itself."""

    label: str
    value: str
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """A grid of labels and values, two to the line."""

    fields: tuple[Field, ...]
    block: Literal["fields"] = "fields"


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column; ``width`` is its share of the page's."""

    label: str
    width: int
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True)
class Row:
    """A table's row, a cell for each column; a ``strong`` one is a sum."""

    cells: tuple[str, ...]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose head is repeated on every page; ``small`` for long ones."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    small: bool = False
    block: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's title."""

    text: str
    block: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; ``small``: a remark."""

    text: str
    small: bool = False
    block: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Opinion:
    """A box to be written in and signed: its label at the left, ``foot`` at the right below."""

    label: str
    text: str
    foot: tuple[str, ...]
    height_mm: int = 30
    block: Literal["opinion"] = "opinion"


@dataclass(frozen=True, slots=True)
class Signatures:
    """Lines to sign on, beside each other; never torn from what stands before them."""

    places: tuple[str, ...]
    block: Literal["signatures"] = "signatures"


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code that says ``data``, with what it is for beside it."""

    data: str
    caption: tuple[str, ...]
    block: Literal["code"] = "code"


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins a page."""

    block: Literal["break"] = "break"


Block: TypeAlias = Fields | Table | Heading | Paragraph | Opinion | Signatures | Code | PageBreak


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One document. ``dated`` is the moment it speaks of, never that of its printing.

    ``number`` stands on every page, with ``issuer`` and the page's own number.
    """

    title: str
    issuer: str
    number: str
    dated: datetime
    blocks: tuple[Block, ...]
    subtitle: str = ""
    headed: bool = True
    """Whether the issuer stands above the title."""
    wide: bool = False
    """Laid out across (A4 landscape)."""


def fields(*pairs: tuple[str, str], wide: Sequence[str] = ()) -> Fields:
    """Return a grid; what has no value is shown as a dash, so that nobody writes it in."""
    return Fields(tuple(Field(label, value or "—", label in wide) for label, value in pairs))
