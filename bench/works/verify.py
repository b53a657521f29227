"""A verdict from facts in memory, with all its reasons, against a hand-written chain of conditions.

The chain (``bench.verdict_chain``) asks the same questions of a worker of Beijing in Tianjin, that
law written into it, and gives the very same verdict; it looks nothing up and learns nothing new.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bench.frame import Work
from bench.verdict_chain import Packs, chain, packs_used
from edge.core.credential import CredentialKind
from edge.core.dates import SHANGHAI
from edge.core.rules import Rulebook
from edge.core.verification import (
    Basis,
    Benefit,
    Category,
    Contribution,
    ContributionStatus,
    Credential,
    Facility,
    Facts,
    Filing,
    FilingStatus,
    Moment,
    Service,
    Source,
    Verdict,
    Worker,
    verify,
)
from edge.packs import load
from edge.shipped import config_folder

_AT = datetime(2025, 9, 1, 9, tzinfo=SHANGHAI)
_NUMBER = "110101198805062013"


@dataclass(frozen=True, slots=True)
class Case:
    """Facts, and what they are, in words."""

    work: str
    facts: Facts
    rulebook: Rulebook
    packs: Packs

    def ours(self) -> Verdict:
        """Judge them."""
        return verify(self.facts, self.rulebook)

    def floor(self) -> Verdict:
        """Judge them by the chain."""
        return chain(self.facts, self.packs)


def works() -> Iterator[Work]:
    """Yield a verdict of each kind."""
    for case in cases():
        yield Work(name="verify", work=case.work, ours=case.ours, floor=case.floor)


def cases() -> Iterator[Case]:
    """Yield what a desk meets: mostly a sound admission and its discharge."""
    rulebook = load(config_folder() / "regions")
    used, admitted = packs_used(rulebook), _sound()
    discharged = replace(
        admitted,
        moment=Moment.DISCHARGE,
        admitted_at=_AT,
        discharged_at=_AT + timedelta(days=10),
        at=_AT + timedelta(days=10, hours=1),
    )
    for work, facts in (
        ("admission, direct", admitted),
        ("discharge, direct", discharged),
        ("admission without a filing", replace(admitted, filing=None)),
        ("outpatient visit out of scope", replace(admitted, service=Service.OUTPATIENT_MEDICAL)),
        ("discharge, five reasons", _troubled(discharged)),
    ):
        yield Case(work, facts, rulebook, used)


def _troubled(facts: Facts) -> Facts:
    return replace(
        facts,
        third_party=True,
        filing=facts.filing and replace(facts.filing, valid_to=date(2025, 8, 20)),
        contribution=Contribution(status=ContributionStatus.INTERRUPTED),
        credential=Credential(),
        source=Source(basis=Basis.NONE),
        at=_AT + timedelta(days=20),
    )


def _sound() -> Facts:
    return Facts(
        facility=Facility(
            id="TJ001", region="120000", city="120101", kinds=tuple(Benefit), direct=True
        ),
        worker=Worker(
            insured_region="110000", insured_city="110100", id_number=_NUMBER, name="钱示例"
        ),
        service=Service.INPATIENT_MEDICAL,
        moment=Moment.ADMISSION,
        at=_AT,
        credential=Credential(
            kind=CredentialKind.CARD,
            id_number=_NUMBER,
            name="钱示例",
            valid_until=date(2030, 1, 1),
        ),
        filing=Filing(
            id="F1",
            category=Category.LONG_TERM_RESIDENCE,
            status=FilingStatus.ACTIVE,
            benefits=tuple(Benefit),
            destination="120100",
            approved_at=datetime(2025, 8, 1, 10, tzinfo=SHANGHAI),
            valid_from=date(2025, 8, 1),
            valid_to=date(2026, 7, 31),
        ),
        contribution=Contribution(status=ContributionStatus.PAYING),
        source=Source(basis=Basis.ONLINE, as_of=_AT),
    )
