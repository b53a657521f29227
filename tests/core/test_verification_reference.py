"""The product's verdict against the slow, obvious one, on facts of every kind.

The facts are written by dice from a seed, so that every run sees the same thousands.
"""

import pytest

from edge.core.verification import Code, Verdict, verify
from tests.core.desk import rulebook
from tests.core.fact_dice import Dice
from tests.core.reference_verdict import Reference

SEEDS = 20
FACTS_A_SEED = 500


def effects(verdict: Verdict) -> dict[str, str]:
    return {reason.code.value: reason.effect.value for reason in verdict.reasons}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_verdict_is_the_one_of_the_obvious_road(seed: int) -> None:
    dice, book = Dice(seed), rulebook()
    for facts in [dice.facts() for _ in range(FACTS_A_SEED)]:
        verdict, reference = verify(facts, book), Reference(facts)
        assert effects(verdict) == reference.effects, facts
        assert len(verdict.reasons) == len(reference.effects), facts
        assert verdict.decision.value == reference.decision, facts


def test_the_dice_meet_every_reason() -> None:
    missing = {str(code) for code in Code}
    for seed in range(SEEDS):
        dice = Dice(seed)
        for _ in range(FACTS_A_SEED):
            missing -= Reference(dice.facts()).effects.keys()
            if not missing:
                return
    assert missing == set()
