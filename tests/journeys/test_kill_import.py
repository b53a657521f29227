"""An import killed at any point leaves the catalogue that was there, and can be run again."""

import signal
from pathlib import Path

import pytest

from edge.core.catalogue import ByBenefit, RegionalList
from edge.settings import load_settings
from edge.site.opening import open_site
from edge.store.catalogues import held_versions
from simulators.hospital.ground import found
from tests.fakes.log import Log
from tests.journeys.doomed_import import REGION
from tests.programs import finished
from tests.sheets.written import changed, listed

CODES = [f"C{number:04}" for number in range(3_000)]
NEVER = "never"


def imported(settings_file: Path, *, version: str, cap: str, fatal: str) -> int:
    """Import a whole list, or die at ``fatal``; return the process's end."""
    catalogue = settings_file.with_name(f"{version}.csv")
    catalogue.write_bytes(listed(*(changed(code=code, cap=cap) for code in CODES)))
    words = [settings_file, catalogue, version, fatal]
    return finished("tests.journeys.doomed_import", *words).returncode


def kept(settings_file: Path) -> tuple[list[str], set[tuple[str | None, int | None]], int]:
    """Return the region's versions, what its rows say, and how many there are."""
    with open_site(load_settings(settings_file), log=Log()) as site:
        db = site.store.read()
        assert site.ledger.verify(db) is None
        versions = [one.version for one in held_versions(db) if one.region == REGION]
        rows = site.catalogues.picked(CODES, ByBenefit(*[RegionalList(REGION)] * 3))
        return versions, {(row.version, row.price_cap_fen) for row in rows}, len(rows)


@pytest.mark.parametrize("point", ["reading", "writing", "before the commit"])
def test_an_import_killed_at_any_point_leaves_the_old_catalogue_and_can_be_run_again(
    tmp_path: Path, point: str
) -> None:
    settings_file, _ = found(tmp_path / "site")
    assert imported(settings_file, version="1", cap="5", fatal=NEVER) == 0
    assert imported(settings_file, version="1", cap="9", fatal=point) == -signal.SIGKILL
    assert kept(settings_file) == (["1"], {("1", 500)}, len(CODES))
    assert imported(settings_file, version="1", cap="9", fatal=NEVER) == 0
    assert kept(settings_file) == (["1"], {("1", 900)}, len(CODES))
