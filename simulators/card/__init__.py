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
from simulators.card.psam import VirtualPsam, powered, psam_card
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
    "VirtualPsam",
    "foreign_card",
    "mute_card",
    "powered",
    "psam_card",
    "social_security_card",
    "synthetic_card_number",
    "synthetic_number",
    "synthetic_person",
]
