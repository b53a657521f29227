"""Whom the demo hospital's platform knows: synthetic persons, their papers dated from today."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from edge.core.dates import SHANGHAI, anniversary, local_day
from simulators.card import SyntheticPerson
from simulators.platform.register import (
    Contribution,
    Determination,
    Facility,
    Filing,
    Notice,
    NoticeItem,
    Register,
    Worker,
)

FACILITY = "TJ0001"
DETERMINATION = "津工认〔2026〕第0001号（合成）"
DEVICE = "SYN-A002"
"""A leg of the insured region's sample catalogue, which the notice approves."""

NOTICE = "N-BJ-0001"
"""The first worker's."""

_FILED_BEFORE = timedelta(days=90)


def register(now: datetime) -> Register:
    """Return a register in which one Beijing worker lives in Tianjin, with everything in order."""
    return residents(now, [SyntheticPerson()])


def residents(now: datetime, people: Iterable[SyntheticPerson]) -> Register:
    """Return a register of these Beijing workers who live in Tianjin, with everything in order."""
    filed = now.astimezone(SHANGHAI) - _FILED_BEFORE
    ours = Facility(
        id=FACILITY, region="120000", city="120100", kinds=("medical", "rehab", "device")
    )
    workers = tuple(_resident(one, filed, number) for number, one in enumerate(people, start=1))
    return Register(facilities=(ours,), workers=workers)


def _resident(person: SyntheticPerson, filed: datetime, number: int) -> Worker:
    return Worker(
        id_number=person.number,
        name=person.name,
        insured_region="110000",
        insured_city="110100",
        contribution=Contribution(status="paying", as_of=local_day(filed)),
        determinations=(
            Determination(number=DETERMINATION, parts="左胫骨"),
            Determination(number="津工认〔2021〕第0099号（合成）", parts="右手食指"),
        ),
        filings=(
            Filing(
                id=f"F-BJ-{number:04}",
                category="long_term_residence",
                status="active",
                benefits=("medical", "rehab", "device"),
                destination="120100",
                approved_at=filed,
                valid_from=local_day(filed),
                valid_to=anniversary(local_day(filed), 1) - timedelta(days=1),
            ),
        ),
        notices=(
            Notice(
                id=f"N-BJ-{number:04}",
                items=(NoticeItem(code=DEVICE, limit_fen=1_350_000, service_years=4),),
                valid_to=anniversary(local_day(filed), 1),
            ),
        ),
    )
