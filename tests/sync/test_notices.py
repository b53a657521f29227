"""The platform pays once by one fitting notice, and only for what it approves."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from simulators.platform.answers import Receipt, Refusal
from simulators.platform.intake import Intake
from simulators.platform.journal import Journal
from simulators.platform.register import load_register
from sync.envelope import Envelope, Kind, SigningKey, sign
from sync.question import Question, sign_question
from tests.sync.sender import FACILITY, HeldClock, message

WORKER = "510100198001010019"
TOTALS = {"total_fen": 300, "fund_fen": 200, "personal_fen": 100}
Tell = Callable[..., Any]


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def intake(key: SigningKey, journal: Journal) -> Intake:
    """Return the platform that knows the sample workers."""
    return Intake(load_register(), {FACILITY: key.public()}, journal, HeldClock())


@pytest.fixture
def tell(intake: Intake, key: SigningKey) -> Tell:
    return lambda envelope: intake.receive(sign(envelope, key))


def opening(fitting: str, **other: object) -> Envelope:
    body = {
        "id_number": WORKER,
        "notice": {"id": "N-SC-0001", "presented": False},
        "devices": [{"code": "D-0001"}],
        **other,
    }
    return message(f"{fitting}-f", stay=fitting, kind=Kind.FITTING, body=body)


def settled(fitting: str, number: int = 1) -> Envelope:
    return message(f"{fitting}-s{number}", stay=fitting, kind=Kind.SETTLEMENT, body=TOTALS)


def undone(fitting: str) -> Envelope:
    body = {"original": f"{fitting}-s1"}
    return message(f"{fitting}-r", stay=fitting, kind=Kind.REVERSAL, body=body)


def used(intake: Intake, key: SigningKey) -> bool:
    question = Question(
        id="q",
        operator="desk-1",
        id_number=WORKER,
        name="张合成",
        service="device",
        moment="fitting",
        at=datetime(2026, 11, 22, 1, tzinfo=UTC),
        notice="N-SC-0001",
    )
    said = intake.inquire(sign_question(question, FACILITY, key))
    assert isinstance(said, dict)
    return bool(said["notice"]["used"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, ""),
        ({"notice": None, "devices": [{"code": "D-9"}]}, ""),
        ({"devices": [{"code": "D-0001"}, {"code": "D-9"}]}, "NOT_APPROVED"),
        ({"notice": {"id": "N-9"}}, "NOTICE_UNKNOWN"),
        ({"notice": {"id": "N-9", "presented": True}}, ""),
        ({"id_number": "110105198808080058"}, "NOTICE_UNKNOWN"),
        ({"notice": {"id": 1}}, "BAD_FIELD"),
    ],
)
def test_a_notice_is_the_workers_own_and_approves_the_devices(
    tell: Tell, body: dict[str, object], code: str
) -> None:
    said = tell(opening("f1", **body))
    assert (said.code if isinstance(said, Refusal) else "") == code


def test_a_settlement_uses_the_notice_and_a_reversal_frees_it(
    tell: Tell, intake: Intake, key: SigningKey
) -> None:
    for fitting in ("f1", "f2"):
        assert isinstance(tell(opening(fitting)), Receipt)
    assert not used(intake, key)
    assert isinstance(tell(settled("f1")), Receipt)
    assert used(intake, key)
    second = tell(settled("f2"))
    assert isinstance(second, Refusal)
    assert second.code == "NOTICE_USED"
    third = tell(opening("f3"))
    assert isinstance(third, Refusal)
    assert third.code == "NOTICE_USED"
    assert isinstance(tell(undone("f1")), Receipt)
    assert not used(intake, key)
    assert isinstance(tell(settled("f2", 2)), Receipt)
    again = tell(settled("f1", 3))
    assert isinstance(again, Refusal)
    assert again.code == "NOTICE_USED"


def test_what_is_used_is_remembered_across_a_crash(
    tell: Tell, journal: Journal, key: SigningKey
) -> None:
    tell(opening("f1"))
    tell(settled("f1"))
    reborn = Intake(load_register(), {FACILITY: key.public()}, journal, HeldClock())
    assert used(reborn, key)
