"""The page of figures and its plot say what was kept, each work once, and every target has one."""

from importlib import import_module
from pkgutil import iter_modules
from xml.etree import ElementTree as ET

from bench import report, works

LINE = {"name": "verify", "work": "a<b", "ours_ms": 0.02, "floor_ms": 0.01, "ratio": 2.0, "runs": 9}
STAMP = {"date": "2026-11-26", "load": 3.0, "machine": "2 × x86_64, Python 3.11"}


def test_the_committed_page_and_plot_are_drawn_from_the_committed_figures() -> None:
    lines = report.kept()
    assert lines
    page = report.PAGE.read_text("utf-8")
    assert report.with_table(page, lines) == page
    assert report.plot(lines) == report.PLOT.read_text("utf-8")
    assert page.count(report.BEGIN) == page.count(report.END) == 1


def test_a_missed_target_is_drawn_otherwise_and_words_are_not_markup() -> None:
    kept, missed = (report.plot([{**LINE, **STAMP, "ratio": ratio}]) for ratio in (1.4, 2.0))
    assert kept.count("#b3452c") == 0
    assert missed.count("#b3452c") == 1
    said = [text.text for text in ET.fromstring(missed).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - ours
    assert "verify: a<b" in said


def test_the_table_tells_bytes_shares_growth_machine_and_day() -> None:
    size = {"name": "memory", "work": "idle", "ours_bytes": 9e7, "floor_bytes": 3e6, "ratio": 30.0}
    share = {"name": "full", "work": "all", "ours_pct": 91.26, "floor_pct": 50.0, "ratio": 1.83}
    long = {**LINE, "work": "long", "ours_ms": 91000, "floor_ms": 999}
    grown = {"name": "verify", "growth": 0.5, "from": 10, "to": 1000}
    told = report.table([{**one, **STAMP} for one in (LINE, size, share, long, grown)])
    assert "| `full` | all | 91.3 % | 50 % | 1.83 |" in told
    assert "| `verify` | long | 91 s | 999 ms | 2 |" in told
    assert "| `verify` | a<b | 0.02 ms | 0.01 ms | 2 | 1.5 | 2026-11-26 | 3 |" in told
    assert "| `memory` | idle | 90 MB | 3 MB | 30 | 80 MB | 2026-11-26 | 3 |" in told
    assert "| `verify` | 0.50 | 10 | 1,000 |" in told
    assert "2 × x86_64" in told


def test_a_bill_of_a_hundred_lines_has_a_target_of_its_own() -> None:
    works_of = ("10 lines, 300,000 codes", "100 lines, 300,000 codes", "1,000 lines, 300,000 codes")
    targets = [report.target_of({**LINE, "name": "settle", "work": work}) for work in works_of]
    assert targets == [2.0, 1.5, 2.0]


def test_every_target_has_a_bench() -> None:
    known = {one.name.replace("_", "-") for one in iter_modules(works.__path__)}
    assert report.TARGETS.keys() | report.ABSOLUTE.keys() <= known | {"sync-bytes"}
    assert all(import_module(f"bench.works.{name.replace('-', '_')}") for name in ("desk", "start"))
