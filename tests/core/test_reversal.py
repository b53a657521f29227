"""A reversal wants a settled stay, a reason and two persons."""

from dataclasses import replace

import pytest

from edge.core.errors import BadInput, Conflict
from edge.core.reversal import (
    REASON_LENGTH_MAX,
    require_two_persons,
    required_reason,
)
from edge.core.stay import StayState
from tests.core.test_settlement import STAY


def test_only_a_settled_stay_is_reversed() -> None:
    settled = replace(STAY, state=StayState.SETTLED)
    assert settled.reversed() == replace(STAY, state=StayState.REVERSED)
    for state in set(StayState) - {StayState.SETTLED}:
        with pytest.raises(Conflict) as refused:
            replace(STAY, state=state).reversed()
        assert refused.value.code == "STAY_STATE"


def test_a_reason_is_kept_without_the_spaces_around_it() -> None:
    assert required_reason("  金额录错 ") == "金额录错"
    assert required_reason("字" * REASON_LENGTH_MAX) == "字" * REASON_LENGTH_MAX


@pytest.mark.parametrize(
    ("reason", "code"),
    [("", "FIELD_EMPTY"), (" \n", "FIELD_EMPTY"), ("字" * 401, "REASON_TOO_LONG")],
)
def test_no_reason_and_an_endless_one_are_refused(reason: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        required_reason(reason)
    assert (refused.value.code, refused.value.field) == (code, "reason")


def test_the_second_person_is_another_one() -> None:
    require_two_persons(operator="甲", second_person="乙")
    with pytest.raises(BadInput) as refused:
        require_two_persons(operator="甲", second_person="甲")
    assert refused.value.code == "SECOND_PERSON_SAME"
