"""The stop-watch: our way and the floor by turns in one run, and the medians of both.

Knows nothing of what is measured; that is in ``bench.works``.
"""

import gc
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from math import log
from statistics import median
from time import perf_counter_ns
from typing import Any

ROUNDS = 9

_ROUND_NS_MIN = 50_000_000  # what takes less is called often enough to last this long
_CALLS_MAX = 10_000
_SINGLE_CALLS = 40
"""In place of each round of a work that is measured singly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One work done in our way and by the floor; both may be called any number of times.

    ``name`` is the measurement's, ``work`` says how much of what. ``before`` lays out again what
    ``ours`` uses up, ``before_floor`` what the floor does: untimed, before each call. ``singly``:
    each call is a round of its own, for what waits on other processes, whose pauses a mean would
    keep. ``size`` is how much of it there is, where several works of one name differ in nothing
    else: then it is told how ours grows. ``few``: so many rounds and nothing to warm up, for what
    takes minutes. ``clock``: what is read before and after each call, in ns; of the processor where
    the wall's would tell of the neighbours.
    """

    name: str
    work: str
    ours: Callable[[], object]
    floor: Callable[[], object]
    before: Callable[[], object] | None = None
    before_floor: Callable[[], object] | None = None
    singly: bool = False
    size: int = 0
    few: int = 0
    clock: Callable[[], int] = perf_counter_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """One thing in our form and in a plain one: bytes are counted, not milliseconds."""

    name: str
    work: str
    ours_bytes: int
    floor_bytes: int


@dataclass(frozen=True, slots=True)
class Told:
    """A line of what was measured elsewhere: the fields of a ``Measurement``, and more."""

    line: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The medians of ``runs`` rounds in milliseconds a call, and ours divided by the floor's."""

    name: str
    work: str
    ours_ms: float
    floor_ms: float
    ratio: float
    runs: int


def print_measured(
    works: Iterable[Work | Size | Told], rounds: int = ROUNDS
) -> list[dict[str, Any]]:
    """Measure each work as it comes and print it as one line of JSON; growth goes to stderr.

    Return all of it: the lines, and how each grows as ``{"name", "growth", "from", "to"}``.
    """
    told: list[dict[str, Any]] = []
    sizes: dict[str, list[tuple[Work, Measurement]]] = {}
    for work in works:
        if isinstance(work, Size | Told):
            told.append(_print(_weighed(work) if isinstance(work, Size) else work.line))
            continue
        taken = measured(work, rounds)
        told.append(_print(asdict(taken)))
        if work.size:
            known = sizes.setdefault(work.name, [])
            # From the size before, and over all of them: fixed costs hide the growth of the first.
            for smaller in {id(one): one for one in (*known[-1:], *known[:1])}.values():
                sys.stderr.write(f"{work.name}: {growth(smaller, (work, taken))}\n")
                ends = {"from": smaller[0].size, "to": work.size}
                exponent = round(grown(smaller, (work, taken)), 2)
                told.append({"name": work.name, "growth": exponent, **ends})
            known.append((work, taken))
    return told


def growth(small: tuple[Work, Measurement], large: tuple[Work, Measurement]) -> str:
    """Say by which exponent of the size our time grows; 1 is as much more as there is more."""
    sizes = small[0].size, large[0].size
    return f"grows as size ** {grown(small, large):.2f} from {sizes[0]:,} to {sizes[1]:,}"


def grown(small: tuple[Work, Measurement], large: tuple[Work, Measurement]) -> float:
    """Return that exponent."""
    return log(large[1].ours_ms / small[1].ours_ms) / log(large[0].size / small[0].size)


def _print(told: dict[str, Any]) -> dict[str, Any]:
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()
    return told


def measured(work: Work, rounds: int = ROUNDS) -> Measurement:
    """Time both ways by turns, so that a busy machine is busy for both."""
    gc.collect()
    ours_to_thaw = not gc.get_freeze_count()  # a test's process has frozen what it holds already
    if ours_to_thaw:
        gc.freeze()  # what the work holds ready is not walked by the collector in every round
    rounds = work.few or rounds * (_SINGLE_CALLS if work.singly else 1)
    once = bool(work.few or work.singly)
    ways = [
        (way, before, 1 if once else _calls(way, before, work.clock), list[float]())
        for way, before in ((work.ours, work.before), (work.floor, work.before_floor))
    ]
    for _ in range(rounds):
        for way, before, calls, times in ways:
            times.append(_time_ms(way, before, calls, work.clock))
    if ours_to_thaw:
        gc.unfreeze()
    ours_ms, floor_ms = (median(times) for *_, times in ways)
    return Measurement(
        name=work.name,
        work=work.work,
        ours_ms=round(ours_ms, 4),
        floor_ms=round(floor_ms, 4),
        ratio=_told(ours_ms / floor_ms),
        runs=rounds,
    )


def _told(ratio: float) -> float:
    """Return three figures of it: beside a peer, ours may be a thousandth."""
    return float(f"{ratio:.3g}")


def _weighed(size: Size) -> dict[str, object]:
    ratio = round(size.ours_bytes / size.floor_bytes, 3)
    return {**asdict(size), "ratio": ratio, "runs": 1}


def _calls(
    way: Callable[[], object], before: Callable[[], object] | None, clock: Callable[[], int]
) -> int:
    """Call once to warm up, once to see how often it must be called in a round."""
    _time_ms(way, before, 1, clock)
    once_ns = _time_ms(way, before, 1, clock) * 1_000_000
    # What uses up its work is called once a round.
    return 1 if before else max(1, min(_CALLS_MAX, int(_ROUND_NS_MIN / max(once_ns, 1))))


def _time_ms(
    way: Callable[[], object],
    before: Callable[[], object] | None,
    calls: int,
    clock: Callable[[], int],
) -> float:
    if before:
        before()
    start = clock()
    for _ in range(calls):
        way()
    return (clock() - start) / calls / 1_000_000
