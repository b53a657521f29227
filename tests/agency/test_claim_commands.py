"""``edge claims …`` on a site with a month behind it: what each prints, writes and how it ends."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from edge.__main__ import app
from edge.core.verification import Service
from edge.steps.refresh_list import refresh_list
from edge.steps.settle import Request, settle
from edge.store.settlements import Settlement
from simulators.platform.faults import NO_FAULTS, Fault, Script
from simulators.platform.register import Worker
from tests.agency.country import CLERK, Country, Edge, country_at, worker

LUZHOU = worker(1, "510000", "510500", "SC0001")
LESHAN = worker(2, "510000", "511100", "SC0001")
SILENT = Script(fault=(Fault(on="verifications", do="down", times=0),))
FUND_FEN = 11_000


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    with country_at(
        tmp_path_factory.mktemp("country"), LUZHOU, LESHAN, facilities=["SC0001"]
    ) as country:
        refresh_list(country.edges["SC0001"].site)
        for who in (LUZHOU, LESHAN):
            settled_on_the_list(country, country.edges["SC0001"], who)
        yield country


def settled_on_the_list(country: Country, edge: Edge, who: Worker) -> None:
    """Leave a stay of October, settled while the platform was silent, and delivered since."""
    stay = edge.discharged(who, Service.INPATIENT_MEDICAL, 10_000)
    country.faults.play(SILENT)
    done = settle(edge.site, Request(case=stay, key=f"k-{stay.id}"), CLERK)
    country.faults.play(NO_FAULTS)
    assert isinstance(done, Settlement), done
    assert (done.basis, done.fund_fen) == ("list", FUND_FEN)
    edge.deliver()


@pytest.fixture(scope="module")
def config(country: Country) -> Path:
    """Return settings that open the same site from a command."""
    settings = country.edges["SC0001"].site.settings
    folder = settings.data.parent
    file = folder / "site.toml"
    file.write_text(
        f"""\
data = "{settings.data}"
[facility]
id = "SC0001"
name = "SC0001"
region = "510000"
city = "510100"
kinds = ["medical", "rehab", "device"]
[platform]
url = "{country.url}"
keys = ["{settings.platform.keys[0]}"]
answer_deadline_s = 30.0
[lists]
root = "{settings.lists.root}"
""",
        encoding="utf-8",
    )
    return file


def claims(config: Path, *words: str, ends: int = 0) -> str:
    done = CliRunner().invoke(app, ["claims", *words, "--config", str(config)])
    assert done.exit_code == ends, done.output
    return done.stdout


def told(config: Path, *words: str, ends: int = 0) -> Any:  # noqa: ANN401 - whatever the JSON holds
    return json.loads(claims(config, *words, ends=ends))


def test_a_month_is_shown_with_its_day_its_sum_and_what_is_held_back(config: Path) -> None:
    shown = told(config, "show", "2026-10")
    assert (shown["month"], shown["state"], shown["due_on"]) == ("2026-10", "open", "2026-11-10")
    assert [one["hold"] for one in shown["held"]] == ["not_reverified"] * 2
    assert shown["sum"]["fund_fen"] == 0


def test_what_was_advanced_is_told_by_age(config: Path) -> None:
    found = told(config, "receivables")
    assert found["outstanding_fen"] == 2 * FUND_FEN
    assert sum(band["outstanding_fen"] for band in found["bands"]) == 2 * FUND_FEN


def test_the_month_is_written_as_a_workbook(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "2026-10.xlsx"
    assert str(file) in claims(config, "export", "2026-10", str(file))
    assert CalamineWorkbook.from_path(str(file)).sheet_names


def test_what_rests_on_the_list_is_asked_about_again_and_what_is_agreed_stands_in_the_month(
    country: Country, config: Path
) -> None:
    country.office.registry.suspend_worker(LESHAN.id_number, suspended=True)
    asked = told(config, "reverify", "2026-10", ends=1)
    assert asked == {"agree": 1, "disagree": 1, "unanswered": 0}
    assert told(config, "reverify", "2026-10") == {"agree": 0, "disagree": 0, "unanswered": 0}
    shown = told(config, "show", "2026-10")
    assert [one["hold"] for one in shown["held"]] == ["disagrees"]
    assert shown["sum"]["fund_fen"] == FUND_FEN


def test_what_came_down_is_collected_once(config: Path) -> None:
    assert told(config, "collect")["applied"] == 1
    assert told(config, "collect") == {"applied": 0, "new": 0, "refused": None, "waiting": 0}


@pytest.mark.parametrize("month", ["2026-13", "october"])
def test_what_is_no_month_is_named(config: Path, month: str) -> None:
    done = CliRunner().invoke(app, ["claims", "show", month, "--config", str(config)])
    assert done.exit_code == 2
    assert "month" in done.stderr
