"""The cases in a row: each told, the first that is refused ends them by its code."""

from collections.abc import Iterator
from typing import cast

from simulators.hospital import Hospital
from simulators.hospital.records import Refused
from simulators.hospital.rehearsal import Case, rehearse
from simulators.hospital.telling import Step

NOWHERE = cast("Hospital", None)
"""The cases below look at no hospital."""


def well(_place: Hospital) -> Iterator[Step]:
    yield {"step": "card"}
    yield {"step": "end", "ok": True}


def unwell(_place: Hospital) -> Iterator[Step]:
    yield {"step": "end", "ok": False}


def turned_away(_place: Hospital) -> Iterator[Step]:
    yield {"step": "card"}
    raise Refused(422, {"code": "CARD_WRONG", "detail": "这不是社会保障卡", "next_action": "换卡"})


def told(**cases: Case) -> list[Step]:
    return list(rehearse(NOWHERE, cases))


def test_every_case_is_told_by_its_name_and_the_last_line_counts_them() -> None:
    steps = told(one=well, two=well)
    assert [step.get("case") for step in steps] == ["one", "one", "two", "two", None]
    assert steps[-1] == {"step": "end", "cases": {"one": True, "two": True}, "ok": True}


def test_a_case_that_ended_otherwise_does_not_keep_the_next_from_its_turn() -> None:
    assert told(one=unwell, two=well)[-1]["cases"] == {"one": False, "two": True}
    assert told(one=unwell, two=well)[-1]["ok"] is False


def test_a_refusal_is_told_by_its_code_and_ends_them_all() -> None:
    *_, refused, end = told(one=well, two=turned_away, three=well)
    assert (refused["case"], refused["step"], refused["code"]) == ("two", "refused", "CARD_WRONG")
    assert end == {
        "step": "end",
        "cases": {"one": True, "two": False, "three": False},
        "ok": False,
    }
