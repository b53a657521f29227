"""The bodies of a settlement's messages, made from what the settlement keeps. Sends nothing.

The bill and its ruling lie in the store once, sealed; what the platform is told of them line by
line is taken from there when the message is made, the same bytes each time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge import codec
from edge.store.database import Store
from edge.store.settlements import Settlement, load_settlement
from edge.store.vault import Vault
from sync.draft import Compose, Draft
from sync.envelope import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class _Charged:
    """Of a bill its lines, byte for byte."""

    lines: codec.Raw


class _Line(codec.Record, frozen=True):
    """Of a ruled line what the platform is told."""

    id: str
    amount_fen: int
    fund_fen: int
    personal_fen: int
    reason: str
    article: str
    catalogue_row: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ruled:
    lines: tuple[_Line, ...]


def composer(store: Store, vault: Vault) -> Compose:
    """Return what composes this store's drafts; their source is a settlement's id."""

    def composed(draft: Draft) -> bytes:
        settlement = load_settlement(store.read(), vault, draft.source)
        return whole_body(draft.envelope.kind, draft.envelope.body, settlement)

    return composed


def whole_body(kind: Kind, head: bytes, settlement: Settlement) -> bytes:
    """Return ``head``, one JSON object, with the settlement's lines as ``kind`` tells them."""
    said = codec.decode(head, dict[str, object])
    return codec.encode({**said, "lines": _LINES[kind](settlement)})


def _charged(settlement: Settlement) -> object:
    return codec.decode(settlement.bill, _Charged).lines


def _ruled(settlement: Settlement) -> object:
    return codec.decode(settlement.ruling, _Ruled).lines


_LINES: Mapping[Kind, Callable[[Settlement], object]] = {
    Kind.CHARGES: _charged,
    Kind.SETTLEMENT: _ruled,
}
"""Which of a settlement's two lists of lines each of its messages carries."""
