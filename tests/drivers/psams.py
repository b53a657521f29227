"""PSAMs in slots, by the settings' own defaults."""

from dataclasses import replace
from typing import Any

from drivers.card_readers import CardReaders
from drivers.psam_slot import PsamInSlot
from drivers.transport import Readers
from edge.card_key import psam_plan
from edge.settings import Psam
from simulators.card import CardPlan, psam_card
from simulators.reader import InProcessReaders


def psam_of(readers: Readers, part: str, **other: Any) -> PsamInSlot:  # noqa: ANN401 - fields of the plan
    """Return the PSAM in the slot with ``part`` in its name; ``other`` fields of its plan."""
    plan = psam_plan(Psam(reader=part))
    assert plan
    cards = CardReaders(readers, part)
    cards.wait((), 0)
    return PsamInSlot(cards, replace(plan, **other))


def psam_in(
    readers: InProcessReaders,
    part: str,
    card: CardPlan | None = None,
    **other: Any,  # noqa: ANN401 - fields of the plan
) -> PsamInSlot:
    """Put ``card``, or a PSAM in order, into that slot, and return it."""
    readers.insert(card or psam_card(), reader=part)
    return psam_of(readers, part, **other)
