"""An import tells first what it changes, and then keeps all of a file or nothing."""

from datetime import date
from pathlib import Path

import pytest

from edge.catalogues import Diff
from edge.core.catalogue import Insurance
from edge.core.errors import BadInput, Conflict, Fault
from edge.steps.import_catalogue import Import, Outcome, Report, Stage, import_catalogue, said
from edge.store.catalogues import held_versions
from edge.store.ledger import latest
from tests.sheets.written import HEADER, ROW, changed, csv_of, listed, xlsx_of
from tests.steps.conftest import Ground

IT = "信息科"
REGION = "310000"
B, C = changed(code="B"), changed(code="C")


class Clerk:
    """Somebody with files, at a site."""

    def __init__(self, ground: Ground, folder: Path) -> None:
        self.ground, self.site = ground, ground.site
        self._file = folder / "list.csv"

    def import_(self, data: bytes, version: str = "1", **given: object) -> Report:
        """Write the file and import it."""
        self._file.write_bytes(data)
        asked = {"path": self._file, "region": REGION, "version": version} | given
        return import_catalogue(self.site, Import(**asked), IT)  # type: ignore[arg-type]

    def kept(self) -> list[tuple[str, str, int]]:
        """Return the region's versions: name, first day, rows."""
        versions = held_versions(self.site.store.read())
        return [
            (one.version, one.starts_on.isoformat(), one.row_count)
            for one in versions
            if one.region == REGION
        ]


@pytest.fixture
def clerk(ground: Ground, tmp_path: Path) -> Clerk:
    return Clerk(ground, tmp_path)


def codes(diff: Diff) -> tuple[str, str, str]:
    """Return the codes new, changed and ended."""
    new, changes, ended = diff.new, [change.after for change in diff.changed], diff.ended
    first, second, third = ("".join(row.code for row in rows) for rows in (new, changes, ended))
    return first, second, third


def test_a_first_import_is_all_new_and_is_kept_and_entered(clerk: Clerk) -> None:
    report = clerk.import_(listed(ROW, B))
    assert (report.outcome, codes(report.diff)) == (Outcome.IMPORTED, ("A1B", "", ""))
    assert clerk.kept() == [("1", "2024-01-01", 2)]
    [entry] = latest(clerk.site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.operator) == ("catalogue.imported", IT)
    assert entry.act.subject == f"{REGION}/1"
    assert entry.act.body == (
        f'{{"changed_count":0,"ended_count":0,"new_count":2,"row_count":2,"sha256":"{report.sha256}"}}'
    )


def test_a_dry_run_tells_the_same_and_keeps_nothing(clerk: Clerk) -> None:
    entries = clerk.ground.count("ledger")
    report = clerk.import_(listed(ROW, B), dry_run=True)
    assert (report.outcome, codes(report.diff)) == (Outcome.DRY_RUN, ("A1B", "", ""))
    assert clerk.kept() == []
    assert clerk.ground.count("ledger") == entries


def test_the_next_version_is_compared_with_the_one_before(clerk: Clerk) -> None:
    clerk.import_(listed(ROW, B))
    new = listed(changed(cap="9", first="2025-01-01"), changed(code="C", first="2025-01-01"))
    report = clerk.import_(new, "2")
    assert report.against == ("1",)
    assert codes(report.diff) == ("C", "A1", "B")
    assert report.diff.changed[0].fields == ("price_cap_fen", "valid_from")
    assert clerk.kept() == [("1", "2024-01-01", 2), ("2", "2025-01-01", 2)]


def test_a_version_mended_is_compared_with_itself(clerk: Clerk) -> None:
    clerk.import_(listed(ROW, B))
    clerk.import_(listed(changed(first="2025-01-01")), "2")
    report = clerk.import_(listed(ROW, changed(code="B", scope="否"), C))
    assert (report.against, codes(report.diff)) == (("1",), ("C", "B", ""))
    assert clerk.kept() == [("1", "2024-01-01", 3), ("2", "2025-01-01", 1)]
    assert clerk.ground.count("catalogue_imports") == 4  # with the ground's own


def test_the_same_file_again_changes_nothing(clerk: Clerk) -> None:
    clerk.import_(listed(ROW))
    before = {table: clerk.ground.count(table) for table in ("ledger", "catalogue_imports")}
    assert clerk.import_(listed(ROW)).outcome is Outcome.KNOWN
    assert {table: clerk.ground.count(table) for table in before} == before
    assert clerk.import_(listed(ROW), since=date(2024, 2, 1)).outcome is Outcome.IMPORTED
    assert clerk.kept() == [("1", "2024-02-01", 1)]


def test_a_version_is_of_one_list_from_then_on(clerk: Clerk) -> None:
    clerk.import_(listed(ROW))
    named = clerk.import_(listed(ROW), insurance=Insurance.MEDICAL)
    assert (named.outcome, named.diff) == (Outcome.IMPORTED, Diff())
    [entry] = latest(clerk.site.store.read(), limit=1)
    assert '"insurance":"medical"' in entry.act.body
    assert "(the medical-insurance list)" in said(named)[0]
    assert clerk.import_(listed(ROW)).outcome is Outcome.KNOWN, "left out: as it is held"
    with pytest.raises(BadInput) as refused:
        clerk.import_(listed(B), insurance=Insurance.WORK_INJURY)
    assert (refused.value.code, refused.value.field) == ("CATALOGUE_LIST", "insurance")
    assert clerk.kept() == [("1", "2024-01-01", 1)]


def test_the_same_list_in_another_form_changes_no_row(clerk: Clerk) -> None:
    clerk.import_(listed(ROW))
    for data in (csv_of([HEADER, ROW], encoding="gb18030"), xlsx_of([HEADER, ROW])):
        report = clerk.import_(data)
        assert (report.outcome, report.diff) == (Outcome.IMPORTED, Diff())


def test_one_bad_cell_keeps_the_whole_file_out(clerk: Clerk) -> None:
    clerk.import_(listed(ROW))
    report = clerk.import_(listed(B, C, changed(code="D", cap="1.234")), "2")
    assert (report.outcome, report.refused_count) == (Outcome.REFUSED, 1)
    assert [cell.address for cell in report.refused] == ["E4"]
    assert clerk.kept() == [("1", "2024-01-01", 1)]


def test_an_import_that_fails_halfway_leaves_nothing(clerk: Clerk) -> None:
    clerk.import_(listed(ROW))
    db = clerk.site.store.read()
    db.execute(
        "create trigger disk_full before insert on catalogue_imports"
        " begin select raise(abort, 'disk full'); end"
    )
    with pytest.raises(Fault, match="disk full"):
        clerk.import_(listed(B), "2")
    db.execute("drop trigger disk_full")
    assert clerk.kept() == [("1", "2024-01-01", 1)]
    assert db.one("select code from catalogue_rows where code = 'B'") is None
    assert clerk.import_(listed(B), "2").outcome is Outcome.IMPORTED


def test_of_two_imports_at_once_the_second_must_look_again(clerk: Clerk, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_bytes(listed(B))
    mine = tmp_path / "mine.csv"
    mine.write_bytes(listed(ROW))

    def meanwhile(stage: Stage, _done: int, _about: int) -> None:
        if stage is Stage.READING:
            import_catalogue(clerk.site, Import(path=other, region=REGION, version="2"), IT)

    with pytest.raises(Conflict) as moved:
        import_catalogue(clerk.site, Import(path=mine, region=REGION, version="1"), IT, meanwhile)
    assert moved.value.code == "CATALOGUES_MOVED"
    assert [version for version, _, _ in clerk.kept()] == ["2"]


def test_the_bed_standard_is_told_before_and_after(clerk: Clerk) -> None:
    def standard(cap: str) -> list[object]:
        return changed(code="STD", kind="床位费标准", cap=cap)

    clerk.import_(listed(ROW, standard("50")))
    report = clerk.import_(listed(ROW, standard("60")))
    assert (report.bed_day_fen_before, report.bed_day_fen) == (5000, 6000)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"region": "12000"}, "NOT_A_DIVISION"),
        ({"region": "１２００００"}, "NOT_A_DIVISION"),
        ({"version": ""}, "CATALOGUE_VERSION"),
        ({"version": "a b"}, "CATALOGUE_VERSION"),
        ({"version": "v" * 41}, "CATALOGUE_VERSION"),
        ({"since": date(2023, 12, 31)}, "CATALOGUE_SINCE"),
    ],
)
def test_a_list_that_is_nobodys_or_starts_too_early_is_refused(
    clerk: Clerk, given: dict[str, object], code: str
) -> None:
    with pytest.raises(BadInput) as refused:
        clerk.import_(listed(ROW), **given)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert clerk.kept() == []


def test_a_report_tells_every_kind_of_change_and_how_it_ended(clerk: Clerk) -> None:
    clerk.import_(listed(ROW, B))
    report = clerk.import_(
        listed(
            changed(cap="", first="2025-01-01"),
            changed(code="C", first="2025-01-01"),
            changed(code="STD", kind="床位费标准", cap="60", first="2025-01-01"),
        ),
        "2",
        dry_run=True,
    )
    assert said(report) == [
        "310000 2, 2 rows, from 2025-01-01; compared with 1",
        "new 1",
        "  + C@2025-01-01 样例 A1",
        "changed 1 (price_cap_fen 1, valid_from 1)",
        "  ~ A1@2024-01-01 样例 A1: price_cap_fen 1234 → none, valid_from 2024-01-01 → 2025-01-01",
        "ended 1",
        "  - B@2024-01-01 样例 A1",
        "bed-day standard none → 60.00 yuan",
        "dry run: nothing was written",
    ]


def test_a_report_of_many_changes_or_bad_cells_is_cut_and_says_so(clerk: Clerk) -> None:
    many = clerk.import_(listed(*[changed(code=f"C{number}") for number in range(25)]))
    assert said(many)[-4:] == ["  … and 5 more", "changed 0", "ended 0", "✓ imported"]
    assert said(many)[0].endswith("compared with nothing: the first of its kinds")
    lines = said(clerk.import_(listed(*[changed(cap="1.234")] * 130), "2"))
    assert lines[0] == "✗ E2: 金额 1.234 超过2位小数 / the amount 1.234 has more than 2 decimals"
    assert lines[-2:] == ["… and 30 more", "✗ 130 cells refused; nothing was written"]


def test_the_report_of_a_known_file_says_so(clerk: Clerk) -> None:
    clerk.import_(listed(ROW))
    assert said(clerk.import_(listed(ROW)))[-1].startswith("✓ this very file")


def test_a_missing_file_is_a_fault_of_the_path(clerk: Clerk, tmp_path: Path) -> None:
    asked = Import(path=tmp_path / "missing.csv", region=REGION, version="1")
    with pytest.raises(FileNotFoundError):
        import_catalogue(clerk.site, asked, IT)


def test_twenty_thousand_rows_are_imported_and_the_next_version_compared(clerk: Clerk) -> None:
    rows = [changed(code=f"C{number:05}") for number in range(20_000)]
    assert clerk.import_(listed(*rows)).row_count == 20_000
    later = [changed(code=f"C{number:05}", cap="9") for number in range(10, 20_010)]
    diff = clerk.import_(listed(*later), "2", dry_run=True).diff
    assert (len(diff.new), len(diff.changed), len(diff.ended)) == (10, 19_990, 10)
