"""The product's adjudicator against the slow, obvious one, on bills full of every trouble.

The bills are written by dice from a seed, so that every run sees the same thousands of lines.
"""

from collections import Counter
from dataclasses import replace

import pytest

from edge.core.adjudication import BillRules, LineReason, RuledLine, adjudicate
from edge.core.charges import Refusal
from tests.core.bill_dice import Dice
from tests.core.bills import RULES
from tests.core.reference_adjudicator import Reference

SEEDS = 50
BILLS_A_SEED = 20
ENOUGH = 3
"""Times that each reason and refusal must be met."""


def law(seed: int) -> BillRules:
    """Return the rules of a seed: every other one leaves the list's shares to the worker."""
    return replace(RULES, co_payments=bool(seed % 2))


def shares(line: RuledLine) -> dict[str, int]:
    """Return a line's personal part by bucket, buckets of nothing left out."""
    parts = line.split or ({line.bucket: line.personal_fen} if line.bucket else {})
    return {bucket: fen for bucket, fen in parts.items() if fen}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_line_is_ruled_as_the_obvious_adjudicator_rules_it(seed: int) -> None:
    dice, rules = Dice(seed), law(seed)
    for given in [dice.bill() for _ in range(BILLS_A_SEED)]:
        ruling, reference = adjudicate(given, rules), Reference(given, rules)
        standing = {
            charge.id: reference.outcomes[charge.id]
            for place, charge in enumerate(given.lines)
            if place not in reference.refused
        }
        assert [(line.id, line.code) for line in ruling.refused] == [
            (given.lines[place].id, code) for place, code in sorted(reference.refused.items())
        ]
        assert [
            (line.id, line.amount_fen, line.fund_fen, line.reason) for line in ruling.lines
        ] == [(line_id, one.amount, one.fund, one.reason) for line_id, one in standing.items()]
        assert [shares(line) for line in ruling.lines] == [
            {bucket: fen for bucket, fen in reference.shares[line_id].items() if fen}
            for line_id in standing
        ]
        assert ruling.total_fen == sum(one.amount for one in reference.settled)
        assert ruling.fund_fen == sum(one.fund for one in reference.settled)


def test_the_dice_meet_every_reason_and_every_refusal() -> None:
    asked, seen = [*LineReason, *Refusal, "SPLIT"], Counter[str]()
    for seed in range(SEEDS):
        dice = Dice(seed)
        for given in [dice.bill() for _ in range(BILLS_A_SEED)]:
            ruling = adjudicate(given, law(seed))
            seen.update(line.reason for line in ruling.lines)
            seen.update(line.code for line in ruling.refused)
            seen.update("SPLIT" for line in ruling.lines if line.split)
        if min(seen[name] for name in asked) >= ENOUGH:
            return
    assert [name for name in asked if seen[name] < ENOUGH] == []
