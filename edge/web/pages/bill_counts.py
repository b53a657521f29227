"""How far a bill has come: its lines, those that the platform has, those that are to be mapped."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.core.adjudication import Ruling
from edge.core.charges import Refusal
from sync.envelope import Kind
from sync.message import Message, State


@dataclass(frozen=True, slots=True, kw_only=True)
class BillCounts:
    """Lines of one bill: ``total``, of which ``sent`` are upstream and ``unmapped`` have no row."""

    total: int
    sent: int
    unmapped: int


def bill_counts(ruling: Ruling, messages: Sequence[Message]) -> BillCounts:
    """Count a ruled bill's lines; ``messages`` are its case's."""
    return BillCounts(
        total=len(ruling.lines) + len(ruling.refused),
        sent=len(ruling.lines) if is_sent(messages) else 0,
        unmapped=sum(line.code is Refusal.UNKNOWN_CODE for line in ruling.refused),
    )


def is_sent(messages: Sequence[Message]) -> bool:
    """Tell whether the platform has the bill's lines: they go with the settlement."""
    return any(one.kind is Kind.CHARGES and one.state is State.ACCEPTED for one in messages)
