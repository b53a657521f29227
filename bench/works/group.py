"""A group's office takes in: publish, check, keep, acknowledge; against the raw pipe's same bytes.

Campuses publish envelopes of about 850 bytes through one hub; workers in processes of their own
take them. The raw pipe has the same publisher and one taker that fetches, COPYs into a plain table
and acknowledges, and looks at nothing. Both go by turns, a slice each. Growth is told over the
campuses; then two and three workers; then, with ``ENVELOPES=1000000`` in the environment, so many
of 200 campuses. ``group-cpu`` is each part's time on the processor for an envelope, which the
machine's other users do not change much; ``group-busy`` how full the processors were.
"""

import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import log
from statistics import median

from bench.frame import Told
from bench.group_pipe import OURS, PARTS, RAW, Spent, pipe

ENVELOPES = int(os.environ.get("ENVELOPES", "20000"))
GROWTH = min(ENVELOPES, int(os.environ.get("GROWTH", "20000")))
"""How many go through for each number of campuses, and of workers."""

CAMPUSES = (1, 10, 100, 200)
WORKERS = (1, 2, 3)
SLICES, SLICES_OF_MANY, MANY = 5, 10, 200_000
WARM_UP = 1000
_WHOLE_FROM = 1000

Line = dict[str, object]
Slices = list[tuple[Spent, Spent]]
"""Ours and the raw pipe's, by turns."""


def works() -> Iterator[Told]:
    """Yield the intake by campuses, by workers, and of as many envelopes as were asked for."""
    walls: list[tuple[int, float]] = []
    for campuses in CAMPUSES:
        taken = slices(campuses, GROWTH, 1)
        walls.append((campuses, sum(ours.wall_s for ours, _ in taken)))
        yield Told(whole(taken, _work(campuses, GROWTH, 1), GROWTH))
    yield from map(Told, _grown(walls))
    yield from map(Told, busy(taken, _work(CAMPUSES[-1], GROWTH, 1), 1))
    for workers in WORKERS[1:]:
        work = _work(CAMPUSES[-1], GROWTH, workers)
        taken = slices(CAMPUSES[-1], GROWTH, workers)
        yield Told(whole(taken, work, GROWTH))
        yield from map(Told, busy(taken, work, workers))
    work = _work(CAMPUSES[-1], ENVELOPES, 1)
    if ENVELOPES > GROWTH:
        taken = slices(CAMPUSES[-1], ENVELOPES, 1)
        yield Told(whole(taken, work, ENVELOPES))
        yield from map(Told, busy(taken, work, 1))
    yield from map(Told, processor(taken, work, ENVELOPES))


def slices(campuses: int, envelopes: int, workers: int) -> Slices:
    """Lay it out, pass all through both ways by turns, and see that nothing is missing."""
    with pipe(campuses, WARM_UP + envelopes, workers) as laid:
        for way in (OURS, RAW):
            laid.slice(way, WARM_UP)
        turns = SLICES_OF_MANY if envelopes >= MANY else SLICES
        many = envelopes // turns
        taken = [(laid.slice(OURS, many), laid.slice(RAW, many)) for _ in range(turns)]
        laid.check()
    return taken


def whole(taken: Slices, work: str, envelopes: int) -> Line:
    """Tell the wall's time of all slices; beside it the slices' ratios: first, last, median."""
    ours, floor = (sum(one.wall_s for one in way) for way in zip(*taken, strict=True))
    ratios = [_figures(one.wall_s / other.wall_s) for one, other in taken]
    return {
        **_line("group", work, ours * 1000, floor * 1000, "ms"),
        "runs": len(taken),
        "ratio_first_slice": ratios[0],
        "ratio_last_slice": ratios[-1],
        "ratio_median_slice": _figures(median(ratios)),
        "envelopes_a_second": round(envelopes / ours),
    }


def processor(taken: Slices, work: str, envelopes: int) -> Iterator[Line]:
    """Tell what each part spent of the processor for an envelope."""
    for part in (*PARTS, "all"):
        ours, floor = (
            sum(_spent_s(one, part) for one in way) / envelopes * 1000
            for way in zip(*taken, strict=True)
        )
        yield _line("group-cpu", f"{part}, an envelope; {work}", ours, floor, "ms")


def busy(taken: Slices, work: str, workers: int) -> Iterator[Line]:
    """Tell how full the processors were: a taker's own, and all of them, others' work included."""
    cores = os.cpu_count() or 1
    for what, of in (("taker", 1), ("all", cores), ("everybody", cores)):
        ours, floor = (
            100 * sum(_spent_s(one, what) for one in way) / sum(one.wall_s for one in way)
            for way in zip(*taken, strict=True)
        )
        takers = workers if what == "taker" else 1
        said = f"{_BUSY[what]} {of}; {work}"
        yield _line("group-busy", said, ours / of / takers, floor / of, "pct")


_BUSY = {
    "taker": "each taker, of processors:",
    "all": "all parts, of processors:",
    "everybody": "the machine with its other users, of processors:",
}


def _spent_s(one: Spent, what: str) -> float:
    match what:
        case "all":
            return one.own_s
        case "everybody":
            return one.machine_s
        case part:
            return one.parts_s[part]


def _work(campuses: int, envelopes: int, workers: int) -> str:
    return f"{envelopes:,} envelopes, campuses: {campuses}, workers: {workers}"


def _line(name: str, work: str, ours: float, floor: float, unit: str) -> Line:
    figures = {f"ours_{unit}": _figures(ours), f"floor_{unit}": _figures(floor)}
    return {"name": name, "work": work, **figures, "ratio": _figures(ours / floor)}


def _figures(value: float) -> float:
    """Return three figures of it, and of a large one all before the point."""
    return float(f"{value:.3g}") if value < _WHOLE_FROM else round(value)


def _grown(walls: Sequence[tuple[int, float]]) -> Iterator[Line]:
    for (few, less), (many, more) in [*pairwise(walls), (walls[0], walls[-1])]:
        exponent = round(log(more / less) / log(many / few), 2)
        yield {"name": "group", "growth": exponent, "from": few, "to": many}
