"""Virtual social-security cards: what they hold, how they fail, and their keys."""

from simulators.card.plan import (
    EVERY,
    CardPlan,
    Strike,
    StrikeKind,
    SyntheticInjury,
    SyntheticPerson,
    foreign_card,
    mute_card,
    social_security_card,
    synthetic_card_number,
    synthetic_number,
    synthetic_person,
)
from simulators.card.virtual import CardGone, CardSilent, VirtualCard

__all__ = [
    "EVERY",
    "CardGone",
    "CardPlan",
    "CardSilent",
    "Strike",
    "StrikeKind",
    "SyntheticInjury",
    "SyntheticPerson",
    "VirtualCard",
    "foreign_card",
    "mute_card",
    "social_security_card",
    "synthetic_card_number",
    "synthetic_number",
    "synthetic_person",
]
