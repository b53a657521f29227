"""The stop-watch itself: what is called, how often, and what is printed."""

import json

import pytest

from bench.__main__ import main
from bench.frame import Work, measured, print_measured
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
