"""48 hours by the injected clock: to the second, over midnights and leap days, through jumps."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.core.dates import SHANGHAI
from edge.core.deadline import Step, Urgency, due, steps_to_tell
from edge.core.errors import BadInput, Fault
from edge.core.settlement import Blocked
from edge.core.stay import StayState, discharged
from edge.steps.discharge import discharge
from edge.steps.list_due import list_due
from edge.steps.reset_clock import reset_clock
from edge.steps.settle import Request, settle
from edge.steps.watch_clock import watch_clock
from edge.store.database import Store
from edge.store.ledger import latest
from edge.store.settlements import Settlement
from edge.store.stays import add_stay, load_stay, move_stay
from tests.steps.colleagues import CLERK, reversed_by_both, settled, staffed
from tests.steps.conftest import FACTS, Ground, line

ALL = ["24", "36", "44", "overdue"]


def told(ground: Ground) -> list[str]:
    """Return the steps that the ledger tells of, in order."""
    kinds = {"stay.deadline_warned", "stay.overdue"}
    entries = reversed(latest(ground.site.store.read(), limit=1000))
    return [e.act.body.split('"step":"')[1].split('"')[0] for e in entries if e.act.kind in kinds]


def discharged_at(ground: Ground, *moments: datetime) -> list[str]:
    """Keep a discharged stay of this moment each: copies of one, for a worker has one open stay."""
    model = ground.discharged()
    ids = []
    with ground.site.store.transaction() as db:
        move_stay(db, replace(model, state=StayState.CANCELLED))
        for number, moment in enumerate(moments):
            stay = replace(model, id=f"s{number}", hospital_number=f"N{number}")
            add_stay(db, stay)
            move_stay(db, discharged(replace(stay, **IN_HOSPITAL), moment, moment, window_h=48))
            ids.append(stay.id)
    return ids


IN_HOSPITAL: dict[str, Any] = {"state": StayState.ADMITTED, "discharged_at": None}


def test_each_warning_is_told_at_its_hour_and_once(ground: Ground) -> None:
    stay = ground.discharged()
    for hours, seconds, expected in [
        (23, 3599, []),
        (0, 1, ALL[:1]),
        (11, 3599, ALL[:1]),
        (0, 1, ALL[:2]),
        (8, 0, ALL[:3]),
        (4, 0, ALL[:3]),  # 48 hours exactly: in time
        (0, 1, ALL),
        (500, 0, ALL),
    ]:
        ground.clock.pass_time(hours=hours, seconds=seconds)
        before = len(told(ground))
        assert watch_clock(ground.site) == ((stay.id,) if len(expected) > before else ())
        assert told(ground) == expected
        assert watch_clock(ground.site) == ()


def test_after_an_outage_what_was_missed_is_told_in_order(ground: Ground) -> None:
    ground.discharged()
    ground.clock.pass_time(hours=50)
    watch_clock(ground.site)
    assert told(ground) == ALL


def test_it_survives_a_restart(ground: Ground) -> None:
    ground.discharged()
    ground.clock.pass_time(hours=37)
    watch_clock(ground.site)
    with closing(Store(ground.site.store.path)) as store:
        again = replace(ground.site, store=store)
        assert watch_clock(again) == ()
        ground.clock.pass_time(hours=-30)  # the machine came up with a wrong clock
        assert again.clock_went_back()
        assert again.high_water() == ground.clock() + timedelta(hours=30)
        ground.clock.pass_time(hours=37)
        assert not again.clock_went_back()
        watch_clock(again)
    assert told(ground) == ["24", "36", "44"]


def test_a_jump_ahead_and_back_tells_nothing_twice(ground: Ground) -> None:
    ground.discharged()
    ground.clock.pass_time(days=30)
    watch_clock(ground.site)
    assert told(ground) == ALL
    ground.clock.pass_time(days=-30)
    watch_clock(ground.site)
    ground.clock.pass_time(hours=49)
    watch_clock(ground.site)
    assert told(ground) == ALL


def test_a_clock_set_back_gives_no_time_back(ground: Ground) -> None:
    stay = ground.discharged()
    ground.clock.pass_time(hours=48, seconds=1)
    watch_clock(ground.site)
    ground.clock.pass_time(hours=-40)
    ground.platform.as_of = ground.clock()
    blocked = settle(ground.site, Request(case=stay.ref, key="k1"), CLERK)
    assert isinstance(blocked, Blocked)
    assert [block.code for block in blocked.blocks] == ["OVERDUE_REASON_MISSING"]
    late = Request(case=stay.ref, key="k1", overdue_reason="家属次日才到")
    done = settle(ground.site, late, CLERK)
    assert isinstance(done, Settlement)
    assert done.settled_at == ground.site.high_water()
    assert list_due(ground.site).counts == dict.fromkeys(Urgency, 0)


def test_a_stay_discharged_before_the_clock_went_back_is_discharged_in_the_past(
    ground: Ground,
) -> None:
    stay = ground.admitted()
    ground.clock.pass_time(hours=5)
    watch_clock(ground.site)
    left_at = ground.clock()
    ground.clock.pass_time(hours=-3)
    with pytest.raises(BadInput):
        discharge(ground.site, stay.id, left_at + timedelta(seconds=1), CLERK)
    assert discharge(ground.site, stay.id, left_at, CLERK).discharged_at == left_at


def test_settled_and_manual_stays_warn_no_more_and_a_reversed_one_does_again(
    ground: Ground,
) -> None:
    stay = staffed(ground).discharged()
    ground.clock.pass_time(hours=25)
    watch_clock(ground.site)
    first = settled(ground, stay.id)
    ground.clock.pass_time(hours=12)
    assert watch_clock(ground.site) == ()
    reversed_by_both(ground, first.id)
    assert watch_clock(ground.site) == (stay.id,)
    assert told(ground) == ["24", "36"]


@pytest.mark.parametrize(
    "left_at",
    [
        datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC),  # a second before the New Year in Shanghai
        datetime(2028, 2, 28, 3, tzinfo=UTC),  # over 29 February
        datetime(2027, 2, 27, 16, tzinfo=UTC),  # midnight; no 29 February
        datetime(2028, 2, 29, 15, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_clock_hours_run_over_midnight_and_leap_days(ground: Ground, left_at: datetime) -> None:
    ground.clock.now = left_at - timedelta(hours=1)
    ground.platform.facts = FACTS | {"filing": FACTS["filing"] | {"valid_to": "2030-01-01"}}
    stay = ground.discharged(line("1", date=left_at.date()))
    assert stay.settle_by == left_at + timedelta(hours=48)
    assert load_stay(ground.site.store.read(), stay.id) == stay
    ground.clock.now = left_at + timedelta(hours=48)
    watch_clock(ground.site)
    assert told(ground) == ALL[:3]
    assert list_due(ground.site).due[0].left_s == 0
    ground.clock.pass_time(microseconds=1)
    watch_clock(ground.site)
    assert told(ground) == ALL


def test_what_is_due_comes_by_deadline_in_pages(ground: Ground) -> None:
    start = ground.clock() + timedelta(hours=1)
    stays = discharged_at(ground, *(start + timedelta(hours=n) for n in range(5)))
    ground.clock.now = start + timedelta(hours=49, seconds=1)
    page = list_due(ground.site, limit=2)
    assert page.counts == {Urgency.RUNNING: 0, Urgency.SOON: 3, Urgency.OVERDUE: 2}
    seen = [*page.due]
    while page.after:
        page = list_due(ground.site, after=page.after, limit=2)
        seen += page.due
    assert [one.stay.id for one in seen] == stays
    assert [one.urgency.value for one in seen] == ["overdue"] * 2 + ["soon"] * 3
    assert [one.left_s for one in seen] == [-3601, -1, 3599, 7199, 10799]
    assert [one.stay.id for one in list_due(ground.site, only=Urgency.SOON).due] == stays[2:]
    assert list_due(ground.site, only=Urgency.RUNNING).due == ()


def test_moments_with_other_offsets_are_sorted_by_time(ground: Ground) -> None:
    at = ground.clock() + timedelta(hours=9)
    earlier = (at - timedelta(minutes=1)).astimezone(SHANGHAI)
    assert earlier.isoformat() > at.isoformat()
    first, second = discharged_at(ground, at, earlier)
    assert [one.stay.id for one in list_due(ground.site).due] == [second, first]


def test_what_is_in_hospital_is_not_due(ground: Ground) -> None:
    stay = ground.admitted()
    assert due(stay, ground.clock()) is None
    assert steps_to_tell(stay, ground.clock() + timedelta(days=9), ()) == ()
    assert list_due(ground.site).due == ()


def test_of_a_stay_some_of_whose_steps_were_told_the_rest_is_told(ground: Ground) -> None:
    stay = ground.discharged()
    now = ground.clock() + timedelta(hours=45)
    assert steps_to_tell(stay, now, {"36"}) == (Step.AFTER_24_H, Step.AFTER_44_H)


def test_a_warning_is_kept_for_good(ground: Ground) -> None:
    ground.discharged()
    ground.clock.pass_time(hours=25)
    watch_clock(ground.site)
    with pytest.raises(Fault):
        ground.site.store.read().execute("delete from deadline_warnings")


def test_a_mark_that_was_a_clocks_mistake_is_given_up_with_a_note(ground: Ground) -> None:
    ground.discharged()
    ground.clock.pass_time(days=3650)
    watch_clock(ground.site)
    ground.clock.pass_time(days=-3650)
    assert ground.site.clock_went_back()
    with pytest.raises(BadInput):
        reset_clock(ground.site, "  ", CLERK)
    before = reset_clock(ground.site, "主板电池失效", CLERK)
    assert before == ground.clock() + timedelta(days=3650)
    assert not ground.site.clock_went_back()
    assert ground.site.high_water() == ground.clock()
    [entry] = latest(ground.site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.operator) == ("clock.reset", CLERK)
    assert ground.site.ledger.verify(ground.site.store.read()) is None


def test_an_act_of_an_earlier_moment_lowers_no_mark(ground: Ground) -> None:
    ground.discharged()
    seen = ground.site.high_water()
    ground.clock.pass_time(hours=-10)
    identification = ground.identified()
    assert identification.presented_at < seen
    assert ground.site.high_water() == seen
