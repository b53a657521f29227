"""The ruling of a bill as the API's document shows it; a test holds it to what is answered."""

from pydantic import BaseModel

from edge.core.adjudication import Bucket, LineReason, Personal
from edge.core.catalogue import CostKind
from edge.core.charges import RefusedLine


class RuledLine(BaseModel):
    """One line's split in fen, and why; ``split`` only where two buckets share ``personal_fen``."""

    id: str
    amount_fen: int
    fund_fen: int
    personal_fen: int
    bucket: Bucket | None
    catalogue_row: str
    reason: LineReason
    article: str
    split: dict[Bucket, int] | None


class Sums(BaseModel):
    """A total in fen and its two shares."""

    total_fen: int
    fund_fen: int
    personal_fen: int


class Ruling(BaseModel):
    """A bill ruled, in the bill's order; refused lines are in no total and block settlement."""

    total_fen: int
    fund_fen: int
    personal_fen: int
    personal: Personal
    lines: tuple[RuledLine, ...]
    refused: tuple[RefusedLine, ...]
    kinds: dict[CostKind, Sums]
    days: dict[str, Sums]
