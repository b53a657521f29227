"""The floor of a verdict gives the product's own verdict, or it would be no floor."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bench.verdict_chain import chain
from bench.works.verify import Case, cases
from edge.core.verification import (
    Benefit,
    Contribution,
    ContributionStatus,
    Credential,
    Facts,
    Service,
    verify,
)
from tests.core.desk import rulebook

CASES = list(cases())


@pytest.mark.parametrize("case", CASES, ids=[case.work for case in CASES])
def test_the_floor_judges_as_the_product_does(case: Case) -> None:
    assert case.floor() == case.ours()


def troubles() -> list[Facts]:
    """Return each case with each trouble that the chain knows."""
    return [
        troubled
        for case in CASES
        for facts in [case.facts]
        for troubled in (
            replace(facts, third_party=True),
            replace(facts, worker=replace(facts.worker, suspended=True)),
            replace(facts, worker=replace(facts.worker, id_number=None)),
            replace(facts, worker=replace(facts.worker, name="另示例")),
            replace(facts, facility=replace(facts.facility, suspended=True)),
            replace(facts, facility=replace(facts.facility, direct=False)),
            replace(facts, facility=replace(facts.facility, kinds=())),
            replace(facts, credential=Credential()),
            replace(facts, credential=replace(facts.credential, valid_until=date(2025, 8, 1))),
            replace(facts, credential=replace(facts.credential, id_number="X")),
            *(replace(facts, contribution=Contribution(status=one)) for one in ContributionStatus),
            *(replace(facts, service=one) for one in Service if one is not Service.DEVICE),
            *of_filing(facts),
        )
    ]


def of_filing(facts: Facts) -> list[Facts]:
    filing = facts.filing
    if filing is None:
        return []
    began = facts.admitted_at or facts.at
    return [
        replace(facts, filing=other)
        for other in (
            replace(filing, facilities=("H9",)),
            replace(filing, benefits=(Benefit.REHAB,)),
            replace(filing, destination="330100"),
            replace(filing, valid_to=None),
            replace(filing, valid_to=date(2027, 1, 1)),
            replace(filing, valid_to=date(2025, 9, 5)),
            replace(filing, valid_to=date(2025, 8, 31)),
            replace(filing, valid_from=date(2025, 9, 2), valid_to=None),
            replace(filing, approved_at=began + timedelta(hours=1)),
        )
    ]


def test_the_floor_knows_every_trouble_of_these_cases() -> None:
    for facts in troubles():
        assert chain(facts, CASES[0].packs) == verify(facts, rulebook()), facts
