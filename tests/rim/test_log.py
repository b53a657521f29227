"""The log's files: one a day, parts that do not grow, old ones removed, numbers blackened."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from edge.log import LogFolder, blacken, json_log
from edge.settings import Logs
from tests.fakes.clock import Clock

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def folder_at(path: Path, clock: Callable[[], datetime], bytes_max: int = 10_000) -> LogFolder:
    return LogFolder(path, clock, keep=timedelta(days=184), bytes_max=bytes_max)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_a_day_that_only_its_owner_reads(tmp_path: Path) -> None:
    clock = Clock(NOW)
    folder = folder_at(tmp_path / "log", clock)
    folder.write("{}\n")
    clock.pass_time(days=1)
    folder.write("{}\n")
    assert names(tmp_path / "log") == ["edge-2026-11-25.jsonl", "edge-2026-11-26.jsonl"]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "log").iterdir()} == {0o600}


def test_a_part_that_is_full_is_followed_by_another(tmp_path: Path) -> None:
    folder = folder_at(tmp_path, Clock(NOW), bytes_max=10)
    for _ in range(5):
        folder.write("12345\n")
    assert names(tmp_path) == [f"edge-2026-11-25{part}.jsonl" for part in (".1", ".2", "")]


def test_what_is_older_than_it_must_be_kept_goes_and_nothing_else_does(tmp_path: Path) -> None:
    kept, gone = NOW - timedelta(days=184), NOW - timedelta(days=185)
    for day in (kept, gone):
        (tmp_path / f"edge-{day:%Y-%m-%d}.jsonl").touch()
    (tmp_path / f"edge-{gone:%Y-%m-%d}.3.jsonl").touch()
    (tmp_path / "edge-notes.txt").touch()
    folder_at(tmp_path, Clock(NOW)).write("{}\n")
    assert names(tmp_path) == [
        f"edge-{kept:%Y-%m-%d}.jsonl",
        f"edge-{NOW:%Y-%m-%d}.jsonl",
        "edge-notes.txt",
    ]


def test_a_disk_that_takes_nothing_stops_nobody(tmp_path: Path) -> None:
    in_the_way = tmp_path / "log"
    in_the_way.write_text("a file where the folder should be", encoding="ascii")
    folder_at(in_the_way, Clock(NOW)).write("{}\n")
    assert in_the_way.read_text(encoding="ascii") == "a file where the folder should be"


@pytest.mark.parametrize(
    "told",
    ["110101199001011237", "读到 11010119900101123X。", "('110101199001011237', 1)"],
)
def test_what_looks_like_a_citizen_number_is_blackened(told: str) -> None:
    assert "[number]" in blacken(told)
    assert "19900101" not in blacken(told)


@pytest.mark.parametrize("told", ["00000000000000000000000000000010", "2026-11-25T09:00:00", "12"])
def test_ids_and_moments_stay_readable(told: str) -> None:
    assert blacken(told) == told


def test_a_line_is_json_and_its_fields_are_blackened_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = json_log(folder_at(tmp_path, Clock(NOW)))
    log.warning("list.not_read", why="110101199001011237", more=["110101199001011237"], count=3)
    [line] = (tmp_path / "edge-2026-11-25.jsonl").read_text(encoding="utf-8").splitlines()
    told = json.loads(line)
    assert (told["event"], told["level"], told["count"]) == ("list.not_read", "warning", 3)
    assert (told["why"], told["more"]) == ("[number]", "['[number]']")
    assert capsys.readouterr().err.strip() == line


def test_a_log_is_kept_for_four_hundred_days_and_never_under_half_a_year() -> None:
    assert Logs().keep_days == 400
    assert Logs(keep_days=184).keep_days == 184
    with pytest.raises(ValidationError):
        Logs(keep_days=183)
