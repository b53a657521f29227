"""The commands on catalogues say which of a region's lists is meant, behind the region."""

from pathlib import Path

from typer.testing import CliRunner

from edge.__main__ import app
from edge.clock import fresh_id, system_clock
from edge.site.founding import found_site
from tests.sheets.written import ROW, listed


def test_a_list_is_named_behind_its_region_and_no_other_word_is(tmp_path: Path) -> None:
    settings = found_site(tmp_path, clock=system_clock, fresh_id=fresh_id).settings_file
    file = tmp_path / "list.csv"
    file.write_bytes(listed(ROW))

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["catalogue", *words, "--config", str(settings)])
        return done.exit_code, done.output

    version = ("--version", "1")
    code, told = run("import", str(file), "--region", "510000/medical", *version)
    assert (code, "510000 1 (the medical-insurance list)" in told) == (0, True)
    code, told = run("import", str(file), "--region", "510000/work_injury", *version)
    assert (code, "CATALOGUE_LIST" in told) == (2, True)
    assert run("import", str(file), "--region", "510000/dental", *version)[0] == 2
    day = ("--from", "2024-01-01")
    assert run("map", "HIS-1", "A1", "--region", "510000/work_injury", *day)[0] == 2
    assert run("map", "HIS-1", "A1", "--region", "510000/medical", *day)[0] == 0
    code, told = run("mappings", "--region", "510000")
    assert (code, "(medical)" in told) == (0, True)
