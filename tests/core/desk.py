"""A sound case at the desk, to be changed one thing at a time, and the real rulebook."""

from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path

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

REGIONS = Path(__file__).parents[2] / "config" / "regions"


@cache
def rulebook() -> Rulebook:
    """Return the packs as they are shipped."""
    return load(REGIONS)


def at(text: str) -> datetime:
    """Return a moment in Shanghai, written ``2024-06-01 09:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


FILING = Filing(
    category=Category.LONG_TERM_RESIDENCE,
    status=FilingStatus.ACTIVE,
    destination="330100",
    approved_at=at("2024-05-01 10:00"),
    valid_from=date(2024, 5, 1),
    valid_to=date(2025, 3, 31),
)

SOUND = Facts(
    facility=Facility(
        id="HZ001", region="330000", city="330100", kinds=tuple(Benefit), direct=True
    ),
    worker=Worker(
        insured_region="120000", insured_city="120100", id_number="12010119900307401X", name="赵甲"
    ),
    service=Service.INPATIENT_MEDICAL,
    moment=Moment.ADMISSION,
    at=at("2024-06-01 09:00"),
    credential=Credential(kind=CredentialKind.CARD, id_number="12010119900307401x", name="赵甲"),
    filing=FILING,
    contribution=Contribution(status=ContributionStatus.PAYING),
    source=Source(basis=Basis.ONLINE, as_of=at("2024-06-01 09:00")),
)
"""A Tianjin worker with a good filing, admitted in Hangzhou, verified on line: direct."""


def discharged(facts: Facts, *, discharged: str, settled: str) -> Facts:
    """Return the same care at its settlement; it began when ``facts`` was verified."""
    return replace(
        facts,
        moment=Moment.DISCHARGE,
        admitted_at=facts.at,
        discharged_at=at(discharged),
        at=at(settled),
    )


def verdict(facts: Facts) -> Verdict:
    """Verify with the shipped packs."""
    return verify(facts, rulebook())


def codes(facts: Facts) -> dict[str, str]:
    """Return code -> effect of every reason, in their order."""
    return {reason.code.value: reason.effect.value for reason in verdict(facts).reasons}
