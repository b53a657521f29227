"""What a screen may show of a person, and how long a presented card counts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.credential import expires_at, not_at_desk, require_current, require_fresh
from edge.core.errors import Conflict
from edge.core.identity import masked_name, masked_number

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_a_number_keeps_its_first_six_and_last_four() -> None:
    assert masked_number("999999199001010016") == "999999********0016"


@given(st.text(max_size=30))
def test_masking_keeps_the_length_and_shows_at_most_ten(number: str) -> None:
    masked = masked_number(number)
    assert len(masked) == len(number)
    assert sum(c != "*" for c in masked) <= (10 if len(number) > 10 else 0)


@given(st.text(min_size=1, max_size=20))
def test_a_name_shows_its_first_character_at_most(name: str) -> None:
    assert masked_name(name)[1:] == "*" * (len(name) - 1)


def test_a_name_of_one_character_is_hidden() -> None:
    assert masked_name("䶮") == "*"


def test_a_presented_card_counts_to_its_last_moment() -> None:
    expires = expires_at(NOW, valid_min=10)
    require_fresh(expires, NOW + timedelta(minutes=10))
    with pytest.raises(Conflict) as refused:
        require_fresh(expires, NOW + timedelta(minutes=10, microseconds=1))
    assert refused.value.code == "IDENTIFICATION_EXPIRED"


def test_a_case_is_stale_once_another_is_the_desks() -> None:
    require_current("one", "one")
    for current in ("other", None):
        with pytest.raises(Conflict) as cleared:
            require_current("one", current)
        assert cleared.value.code == "CASE_CLEARED"


def test_a_page_that_its_desk_has_left_is_told_that_nothing_was_settled() -> None:
    refusal = not_at_desk()
    assert refusal.code == "CASE_NOT_AT_DESK"
    assert "nothing was settled" in refusal.reason.en
