"""The site counts what its treatment region's days ask for: messages, stays, settlements."""

from dataclasses import replace

import pytest

from edge.core.reminders import Duty, Reminder
from edge.site import Site
from edge.steps.remind import remind
from edge.steps.settle import Request, settle
from edge.store.months import _UNCLAIMED
from tests.steps.conftest import CLERK, Ground

PLACES = {"tianjin": "120000", "jilin": "220000", "sichuan": "510000"}


def moved(site: Site, place: str) -> Site:
    """Return the site as if it stood in another province."""
    facility = site.settings.facility.model_copy(update={"region": PLACES[place]})
    return replace(site, settings=site.settings.model_copy(update={"facility": facility}))


def said(reminders: tuple[Reminder, ...]) -> list[tuple[Duty, str, int]]:
    return [(one.duty, one.month, one.open) for one in reminders]


def test_a_site_with_nothing_open_is_left_in_peace(ground: Ground) -> None:
    for place in PLACES:
        assert remind(moved(ground.site, place)) == ()


@pytest.mark.parametrize("place", PLACES)
def test_before_the_month_ends_what_is_open_is_told_everywhere(ground: Ground, place: str) -> None:
    ground.discharged()
    ground.clock.pass_time(hours=24 * 7)
    [told] = remind(moved(ground.site, place))
    # Admission and discharge are not delivered, and one stay is not settled.
    assert said((told,)) == [(Duty.MONTH_END, "2026-11", 3)]
    assert told.article == "客户规则"


def test_in_december_jilin_wants_novembers_messages_and_sichuan_its_claim(ground: Ground) -> None:
    stay = ground.discharged()
    settle(ground.site, Request(case=stay.ref, key="key-1"), CLERK)
    ground.clock.pass_time(hours=24 * 16)
    assert said(remind(moved(ground.site, "jilin"))) == [(Duty.UPLOAD, "2026-11", 4)]
    assert said(remind(moved(ground.site, "sichuan"))) == [(Duty.CLAIM, "2026-11", 1)]
    assert remind(moved(ground.site, "tianjin")) == ()


def test_a_month_is_counted_without_reading_every_settlement_that_ever_was(ground: Ground) -> None:
    span: dict[str, object] = {"begins": "2026-11", "ends": "2026-12"}
    plan = ground.site.store.read().query(f"explain query plan {_UNCLAIMED}", span)
    assert [step["detail"] for step in plan if step["detail"].startswith("SCAN")] == []
