"""A day's end adds up to the fen, by clerk and in all, and prints a head that vouches for it."""

from datetime import date, timedelta

from edge.core.day_end import ClerkDay, Money
from edge.steps.day_end import day_end
from edge.steps.settle import Request, settle
from edge.store.settlements import Settlement
from sync.ledger_head import open_head
from tests.steps.colleagues import CLERK, reversed_by_both, settled, staffed
from tests.steps.conftest import Ground, line
from tests.steps.story import live

DAY = date(2026, 11, 20)


def test_a_day_is_added_up_by_clerk_and_in_all(ground: Ground) -> None:
    live(ground)
    sheet = day_end(ground.site, DAY)
    two = Money(count=2, total_fen=2400, fund_fen=2000, personal_fen=400)
    one = Money(count=1, total_fen=1200, fund_fen=1000, personal_fen=200)
    assert sheet.by_clerk == (ClerkDay(clerk=CLERK, settled=two, reversed=one, handed_to_manual=1),)
    assert sheet.total == ClerkDay(clerk="", settled=two, reversed=one, handed_to_manual=1)
    assert (sheet.overdue_now, sheet.messages.refused) == (0, 0)
    assert sheet.messages.waiting == ground.count("outbox")
    assert day_end(ground.site, DAY + timedelta(days=1)).total == ClerkDay(clerk="")


def test_the_day_is_shanghais_and_its_last_second_belongs_to_it(ground: Ground) -> None:
    """01:30 UTC is 9:30 there; the day ends at 16:00 UTC."""
    stay = staffed(ground).discharged()
    ground.clock.pass_time(hours=13, minutes=29, seconds=59, microseconds=999999)
    first = settled(ground, stay.id)
    assert first.settled_at.isoformat() == "2026-11-20T15:59:59.999999+00:00"
    ground.clock.pass_time(microseconds=1)
    reversed_by_both(ground, first.id)
    today, tomorrow = (day_end(ground.site, day).total for day in (DAY, DAY + timedelta(days=1)))
    assert (today.settled.count, today.reversed.count) == (1, 0)
    assert (tomorrow.settled.count, tomorrow.reversed.count) == (0, 1)


def test_clerks_stand_apart_and_late_settlements_are_counted(ground: Ground) -> None:
    for number, clerk in enumerate(("乙", "甲", "乙")):
        stay = ground.discharged(line("1", price="9.00"))
        late = Request(case=stay.ref, key=f"k{number}", overdue_reason="家属次日才到")
        if number == 2:
            ground.clock.pass_time(hours=48, seconds=1)
        assert isinstance(settle(ground.site, late, clerk), Settlement)
    first, second = (day_end(ground.site, DAY + timedelta(days=n)) for n in (0, 2))
    assert [(one.clerk, one.settled.count, one.settled_late) for one in first.by_clerk] == [
        ("乙", 1, 0),
        ("甲", 1, 0),
    ]
    assert [(one.clerk, one.settled_late) for one in second.by_clerk] == [("乙", 1)]
    assert (second.total.settled.fund_fen, second.total.settled_late) == (900, 1)


def test_what_is_overdue_now_is_counted(ground: Ground) -> None:
    ground.discharged()
    ground.clock.pass_time(hours=48)
    assert day_end(ground.site, DAY).overdue_now == 0
    ground.clock.pass_time(seconds=1)
    assert day_end(ground.site, DAY).overdue_now == 1


def test_the_printed_head_is_the_newest_entry_signed_and_nothing_is_stored(ground: Ground) -> None:
    assert day_end(ground.site, DAY).head is None
    live(ground)
    tables = ("ledger", "ledger_heads", "outbox")
    before = [ground.count(table) for table in tables]
    head = day_end(ground.site, DAY).head
    assert head is not None
    ring = {ground.keys.signing.kid: ground.keys.signing.public()}
    told = open_head(head.signed.encode(), ring)
    assert (told.seq, told.mac.hex().upper()) == (head.seq, head.mac)
    assert head.seq == ground.count("ledger")
    assert [ground.count(table) for table in tables] == before
