"""The stop-watch itself: what is called, how often, and what is printed."""

import json

import pytest

from bench.__main__ import main
from bench.frame import Measurement, Work, growth, measured, print_measured
from bench.works.adjudicate import cases


def test_ours_and_the_floor_are_called_by_turns() -> None:
    called: list[str] = []
    slow = range(2_000_000)
    work = Work(
        name="turns",
        work="two ways",
        ours=lambda: called.append(f"ours {len(list(slow))}"),
        floor=lambda: called.append(f"floor {len(list(slow))}"),
    )
    assert measured(work, rounds=3).runs == 3
    assert called[-2:] == ["ours 2000000", "floor 2000000"]


def test_what_is_measured_singly_takes_turns_after_every_call() -> None:
    called: list[str] = []
    work = Work(
        name="singly",
        work="two ways",
        ours=lambda: called.append("ours"),
        floor=lambda: called.append("floor"),
        singly=True,
    )
    runs = measured(work, rounds=3).runs
    assert runs > 3
    assert called[-2 * runs :] == ["ours", "floor"] * runs


def test_a_measurement_is_printed_as_one_line_with_the_promised_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = cases([(10, 5), (20, 5)], codes=50)
    print_measured(
        (Work(name="a", work=str(len(c.bill.lines)), ours=c.ours, floor=c.floor) for c in small),
        rounds=1,
    )
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    keys = ["name", "work", "ours_ms", "floor_ms", "ratio", "runs"]
    assert [list(line) for line in lines] == [keys, keys]
    assert [line["work"] for line in lines] == ["10", "20"]


def test_a_name_that_is_no_measurement_is_told_with_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["no-such"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "adjudicate" in told.err


def test_growth_is_told_between_two_sizes_of_one_name(capsys: pytest.CaptureFixture[str]) -> None:
    def work(name: str, size: int) -> Work:
        return Work(name=name, work="", ours=hand, floor=hand, size=size)

    def hand() -> None:
        sum(range(1_000))  # it takes long enough to be told in millionths of a second

    sizes = [("a", 10), ("a", 100), ("b", 1_000), ("b", 0), ("a", 1_000)]
    print_measured((work(*one) for one in sizes), rounds=1)
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 5
    lines = told.err.splitlines()
    assert all(line.startswith("a: grows as size ** ") for line in lines)
    assert [line.partition(" from ")[2] for line in lines] == [
        "10 to 100",
        "100 to 1,000",
        "10 to 1,000",
    ]


def test_what_takes_minutes_is_called_so_few_times_and_no_more() -> None:
    called: list[str] = []
    work = Work(
        name="few",
        work="",
        ours=lambda: called.append("ours"),
        floor=lambda: called.append("floor"),
        few=2,
    )
    assert measured(work).runs == 2
    assert called == ["ours", "floor"] * 2


def test_a_time_as_many_times_as_long_as_the_size_grows_by_the_exponent_one() -> None:
    def taken(size: int, ours_ms: float) -> tuple[Work, Measurement]:
        work = Work(name="a", work="", ours=lambda: None, floor=lambda: None, size=size)
        return work, Measurement(
            name="a", work="", ours_ms=ours_ms, floor_ms=1, ratio=ours_ms, runs=1
        )

    assert growth(taken(10, 2.0), taken(1_000, 200.0)) == "grows as size ** 1.00 from 10 to 1,000"
    assert "** 0.50 " in growth(taken(10, 2.0), taken(1_000, 20.0))
