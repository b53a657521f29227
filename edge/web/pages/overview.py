"""The overview: today's cases, the clocks, money by month, what lags. Drawn on the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from edge.core.dates import local_day
from edge.core.errors import Words
from edge.core.stay import StayState
from edge.steps.day_end import day_end
from edge.store.operators import DESK_ROLES, Role
from edge.store.overview import CLOCK_EDGES_H, clocks, lags, money_by_month
from edge.store.stays import count_stays
from edge.web.pages.frame import Screen
from edge.web.rooms import pages_room
from edge.web.security import Caller, require
from edge.web.texts import words

MONTHS = 6
HEIGHT = 160
"""Of a chart's bars, in its own units."""

SeesAll = Annotated[Caller, Depends(require(*DESK_ROLES, Role.SYSTEM_ADMINISTRATOR))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: where it stands, how high it is, what is written on it and how it looks."""

    x: int
    y: int
    width: int
    height: int
    text: str
    look: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Bars side by side over one label."""

    x: int
    label: Words
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A bar chart as numbers: the template draws it."""

    width: int
    groups: tuple[Group, ...]


def router(screen: Screen) -> APIRouter:
    """Return the overview and its fragment."""
    routes = pages_room()

    @routes.get("/overview")
    def page(request: Request, caller: SeesAll) -> HTMLResponse:
        """Show the state of things."""
        return screen.page(request, caller, "overview_page.html", **_now(screen))

    @routes.get("/pages/overview")
    def fragment(request: Request, caller: SeesAll) -> HTMLResponse:
        """Render the overview anew."""
        return screen.page(request, caller, "overview.html", **_now(screen))

    return routes


def chart(
    labels: Sequence[Words],
    series: Sequence[tuple[str, Sequence[int]]],
    texts: Sequence[Sequence[str]],
) -> Chart:
    """Return a chart of ``series`` (look and values), one group of bars a label.

    The highest value fills the height; a value below 0 has no bar.
    """
    top = max((value for _, values in series for value in values), default=0) or 1
    bar, gap = (52, 40) if len(series) == 1 else (40, 26)
    pace = bar * len(series) + gap
    groups = []
    for at, label in enumerate(labels):
        bars = []
        for place, (look, values) in enumerate(series):
            height = round(max(values[at], 0) * HEIGHT / top)
            x = gap // 2 + at * pace + place * bar
            bars.append(
                Bar(
                    x=x,
                    y=HEIGHT - height,
                    width=bar - 6,
                    height=height,
                    text=texts[place][at],
                    look=look,
                )
            )
        groups.append(Group(x=at * pace + pace // 2, label=label, bars=tuple(bars)))
    return Chart(width=pace * len(labels), groups=tuple(groups))


def _now(screen: Screen) -> dict[str, object]:
    site = screen.desk.site
    db, now = site.store.read(), site.high_water()
    today = local_day(now)
    months = money_by_month(db, _months(today))
    return {
        "day": day_end(site, today),
        "counts": count_stays(db, StayState.ADMITTED, StayState.DISCHARGED, StayState.REVERSED),
        "clocks": _counts(_clock_labels(), clocks(db, now), "unknown"),
        "lags": _counts([words(f"lag.{at}") for at in range(5)], lags(db, now), "busy"),
        "months": months,
        "money": chart(
            [Words(one.month, one.month) for one in months],
            [
                ("advanced", [one.advanced_fen for one in months]),
                ("audited", [one.audited_fen for one in months]),
                ("paid", [one.paid_fen for one in months]),
            ],
            [
                [_short(one.advanced_fen) for one in months],
                [_short(one.audited_fen) for one in months],
                [_short(one.paid_fen) for one in months],
            ],
        ),
        "height": HEIGHT,
    }


def _counts(labels: Sequence[Words], values: Sequence[int], look: str) -> Chart:
    return chart(labels, [(look, values)], [[str(value) for value in values]])


def _clock_labels() -> list[Words]:
    overdue, *rest = CLOCK_EDGES_H
    lower = [overdue, *rest[:-1]]
    return [
        words("urgency.overdue"),
        *(
            words("clock.between", low=low, high=high)
            for low, high in zip(lower, rest, strict=True)
        ),
    ]


def _months(today: date) -> list[date]:
    first, months = today.replace(day=1), []
    for _ in range(MONTHS):
        months.append(first)
        first = (first - timedelta(days=1)).replace(day=1)
    return months[::-1]


def _short(fen: int) -> str:
    """Write an amount so that it fits over a bar: nothing for none, else 10,000 yuan."""
    return f"{round(fen / 10_000) / 100:,.2f}" if fen else ""
