"""The agency's own clocks: by when it decides, confirms, uploads and pays, and what is late.

Working days are Monday to Friday: the State Council's holidays are not in the texts at hand.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from edge.core.claim import Month, read_month
from edge.store.database import Row, Rows

_SATURDAY = 5

DECIDED_WITHIN = {
    ("12", "online"): (5, "津 第十条"),
    ("12", "window"): (0, "津 第十条"),
    ("37", "online"): (3, "鲁 第十条"),
    ("37", "window"): (3, "鲁 第十条"),
    ("22", "online"): (5, "吉规 第十三条"),
    ("22", "window"): (5, "吉规 第十三条"),
}
"""Working days for a filing, by insured province and channel; 0 is at once. Elsewhere no term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearing:
    """How a region clears, ``quarterly`` or monthly.

    In the month after the period: generated from ``from_day``, confirmed by ``by_day`` (None: by
    the month's last day).
    """

    quarterly: bool
    from_day: int
    by_day: int | None
    article: str


CLEARINGS = {
    "510000": Clearing(quarterly=False, from_day=1, by_day=20, article="川 第二十八条"),
    "370000": Clearing(quarterly=True, from_day=1, by_day=23, article="鲁 第二十三条"),
    "120000": Clearing(quarterly=True, from_day=21, by_day=None, article="津 第三十五条"),
    "220000": Clearing(quarterly=False, from_day=1, by_day=None, article="吉规 第二十五条"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One thing that the agency owes: what, about whom or when, by which day, on what ground."""

    duty: str
    subject: str
    due_on: date
    article: str
    done_on: date | None

    def late(self, today: date) -> bool:
        """Tell whether it was done, or is still to be done, after its day."""
        return (self.done_on or today) > self.due_on


def shown(term: Term, today: date) -> dict[str, object]:
    """Return the term as it is shown: plain values, and whether it is late."""
    return {
        "duty": term.duty,
        "subject": term.subject,
        "due_on": term.due_on.isoformat(),
        "article": term.article,
        "done_on": term.done_on.isoformat() if term.done_on else None,
        "late": term.late(today),
    }


def working_days_after(day: date, count: int) -> date:
    """Return the day ``count`` working days after ``day``, which itself does not count."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < _SATURDAY
    return day


def decide_by(province: str, channel: str, applied_on: date) -> tuple[date, str] | None:
    """Return by when a filing is decided and the article; None: no instrument says."""
    term = DECIDED_WITHIN.get((province, channel))
    return (working_days_after(applied_on, term[0]), term[1]) if term else None


def last_month_of(period: str) -> Month:
    """Return the last month of ``2026-11`` or ``2026Q4``."""
    year, _, quarter = period.partition("Q")
    return read_month(f"{year}-{int(quarter) * 3:02}" if quarter else period)


def clearing_days(rule: Clearing, period: str) -> tuple[date, date]:
    """Return from when a period is generated and by when it is confirmed."""
    after = last_month_of(period).last + timedelta(days=1)
    last = read_month(f"{after:%Y-%m}").last
    return after.replace(day=rule.from_day), after.replace(day=rule.by_day) if rule.by_day else last


def terms(db: Rows) -> tuple[Term, ...]:
    """Return every term that runs or ran, the first due before the others."""
    found = [*_filings(db), *_clearings(db), *_uploads(db), *_payments(db)]
    return tuple(sorted(found, key=lambda one: (one.due_on, one.duty, one.subject)))


def _filings(db: Rows) -> Iterator[Term]:
    for row in list(db.query(_APPLIED)):
        applied = date.fromisoformat(row["applied_on"])
        term = decide_by(str(row["insured_region"])[:2], row["channel"], applied)
        if term:
            yield Term(
                duty="filing_decision",
                subject=row["filing"],
                due_on=term[0],
                article=term[1],
                done_on=_day(row["decided_on"]),
            )


def _clearings(db: Rows) -> Iterator[Term]:
    done = {(row["region"], row["period"]): row["confirmed_on"] for row in db.query(_CLEARED)}
    periods = {
        (region, _period(row["month"], CLEARINGS[region]))
        for row in list(db.query(_MONTHS))
        if (region := row["region"]) in CLEARINGS
    }
    for region, period in sorted(periods):
        rule = CLEARINGS[region]
        yield Term(
            duty="clearing",
            subject=f"{region} {period}",
            due_on=clearing_days(rule, period)[1],
            article=rule.article,
            done_on=_day(done.get((region, period))),
        )


def _uploads(db: Rows) -> Iterator[Term]:
    """Yield when Jilin's offices upload the month before: by the 10th (吉规 24)."""
    for row in _jilin(db):
        after = read_month(row["month"]).last + timedelta(days=10)
        yield _about(row, "upload", after, "吉规 第二十四条", row["confirmed_on"])


def _payments(db: Rows) -> Iterator[Term]:
    """Yield when Jilin pays: by the end of the month after (吉规 25)."""
    for row in _jilin(db):
        after = read_month(row["month"]).last + timedelta(days=1)
        last = read_month(f"{after:%Y-%m}").last
        yield _about(row, "payment", last, "吉规 第二十五条", row["paid_on"])


def _jilin(db: Rows) -> Iterable[Row]:
    return [row for row in list(db.query(_MONTHS)) if row["region"] == "220000"]


def _about(row: Row, duty: str, due_on: date, article: str, done: str | None) -> Term:
    subject = f"{row['facility']} {row['month']}"
    return Term(duty=duty, subject=subject, due_on=due_on, article=article, done_on=_day(done))


def _period(month: str, rule: Clearing) -> str:
    year, _, number = month.partition("-")
    return f"{year}Q{(int(number) + 2) // 3}" if rule.quarterly else month


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


_APPLIED = """\
select a.*, w.insured_region from applications as a join filings as f on f.id = a.filing
join workers as w on w.id_number = f.id_number"""
_CLEARED = "select * from clearings"
_MONTHS = """\
select c.facility, c.month, f.region, max(date(c.confirmed_at, '+8 hours')) as confirmed_on,
    (select max(paid_on) from payments as p
     where p.facility = c.facility and p.month = c.month) as paid_on
from claims as c join facilities as f on f.id = c.facility group by c.facility, c.month"""
