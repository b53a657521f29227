"""What is due by a day of the month, raised before it is missed. Pure: told what is open.

The days are data (``edge.packs.deadlines``): 吉规 第二十一条 wants last month complete by the 5th,
川 第二十三条 wants it claimed by the 10th, and the customer wants a look before a month ends.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from edge.core.errors import Words


class Duty(StrEnum):
    """What is to be done."""

    UPLOAD = "upload"
    """Last month's messages are all at the platform."""
    CLAIM = "claim"
    """Last month's settlements are claimed."""
    MONTH_END = "month_end"
    """This month's stays are settled and its messages delivered before it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A duty, its day, the article it rests on, and how many days before it is raised.

    ``day`` is of the month after the one that it is about; MONTH_END has none, the month's own last
    day counts. In a month that has no such day its last counts.
    """

    duty: Duty
    article: str
    warn_days: int
    day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOpen:
    """What of one month is not done yet; ``month`` is its first day.

    ``undelivered`` messages, ``unsettled`` stays and fittings (neither settled nor gone to manual),
    ``unclaimed`` settlements.
    """

    month: date
    undelivered: int = 0
    unsettled: int = 0
    unclaimed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One thing to do: by when, how much is open, and what the clerk reads."""

    duty: Duty
    month: str
    due_on: date
    days_left: int
    overdue: bool
    open: int
    article: str
    text: Words
    next_action: Words


def reminders(
    deadlines: Sequence[Deadline], months: Sequence[MonthOpen], *, today: date
) -> tuple[Reminder, ...]:
    """Return what is to be done now, the most urgent first; what is done is not raised.

    Raised from ``warn_days`` before the day, itself included, and on until it is done: after the
    day it is overdue. A month's end is looked at while the month lasts.
    """
    raised = [
        _reminder(deadline, month, due, today)
        for deadline in deadlines
        for month in months
        if (due := due_on(deadline, month.month)) - timedelta(days=deadline.warn_days) <= today
        and _open(deadline.duty, month)
        and _looked_at(deadline.duty, due, today)
    ]
    return tuple(sorted(raised, key=lambda one: (one.due_on, one.duty)))


def due_on(deadline: Deadline, month: date) -> date:
    """Return the day on which a duty about the month that begins on ``month`` is due."""
    last = monthrange(month.year, month.month)[1]
    if deadline.day is None:
        return month.replace(day=last)
    after = month.replace(day=last) + timedelta(days=1)
    return after.replace(day=min(deadline.day, monthrange(after.year, after.month)[1]))


def _looked_at(duty: Duty, due: date, today: date) -> bool:
    if duty is Duty.MONTH_END:
        return today <= due
    return (today.year, today.month) >= (due.year, due.month)


def _open(duty: Duty, month: MonthOpen) -> int:
    return {
        Duty.UPLOAD: month.undelivered,
        Duty.CLAIM: month.unclaimed,
        Duty.MONTH_END: month.undelivered + month.unsettled,
    }[duty]


def _reminder(deadline: Deadline, month: MonthOpen, due: date, today: date) -> Reminder:
    name = f"{month.month:%Y-%m}"
    count = _open(deadline.duty, month)
    text, next_action = _WORDS[deadline.duty]
    return Reminder(
        duty=deadline.duty,
        month=name,
        due_on=due,
        days_left=(due - today).days,
        overdue=today > due,
        open=count,
        article=deadline.article,
        text=Words(
            text.zh.format(month=name, open=count, due=due.isoformat()),
            text.en.format(month=name, open=count, due=due.isoformat()),
        ),
        next_action=next_action,
    )


_WORDS = {
    Duty.UPLOAD: (
        Words(
            "{month} 尚有 {open} 条报文未送达平台，应于 {due} 前送齐",
            "{open} messages of {month} are not at the platform; due by {due}",
        ),
        Words(
            "在“同步”中处理被退回和结果未知的报文",
            "look at the refused and unknown messages under sync",
        ),
    ),
    Duty.CLAIM: (
        Words(
            "{month} 尚有 {open} 笔结算未申请拨付，应于 {due} 前提出月结申请",
            "{open} settlements of {month} are not claimed; due by {due}",
        ),
        Words("核对后提交该月的月结申请", "check and submit the month's claim"),
    ),
    Duty.MONTH_END: (
        Words(
            "{month} 将于 {due} 结束，尚有 {open} 项未了（未结算的出院、未送达的报文）",
            "{month} ends on {due} with {open} things open: stays to settle, messages to deliver",
        ),
        Words(
            "月底前结算已出院的住院，处理未送达的报文",
            "settle the discharged stays and look at the undelivered messages before it ends",
        ),
    ),
}
