"""The watched folder: marked files are taken once, mistakes told row by row, nothing is lost."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from edge.core.stay import Stay
from edge.loops.watched import folder_watched, look_through
from edge.store.bills import lines_of
from tests.sheets.test_charge_sheet import HEADER, ROW
from tests.sheets.written import csv_of, xlsx_of
from tests.steps.colleagues import settled
from tests.steps.conftest import Ground


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "charges"
    folder.mkdir()
    return folder


def lay(folder: Path, name: str, data: bytes, *, marked: bool = True) -> Path:
    file = folder / name
    file.write_bytes(data)
    if marked:
        (folder / f"{name}.ok").touch()
    return file


def known(ground: Ground, stay: Stay) -> int:
    return len(lines_of(ground.site.store.read(), ground.site.vault, stay.id))


def left(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


def test_a_file_without_its_marker_is_left_alone(ground: Ground, folder: Path) -> None:
    stay = ground.admitted()
    lay(folder, "ZY1.csv", csv_of([HEADER, ROW]), marked=False)
    assert look_through(ground.site, folder) == []
    assert (known(ground, stay), left(folder)) == (0, ["ZY1.csv"])


@pytest.mark.parametrize("name", ["ZY1.csv", "ZY1@2026-11-20.xlsx"])
def test_a_marked_file_is_taken_and_put_away(ground: Ground, folder: Path, name: str) -> None:
    stay = ground.admitted()
    write = xlsx_of if name.endswith("xlsx") else csv_of
    lay(folder, name, write([HEADER, ROW]))
    assert look_through(ground.site, folder) == [stay.id]
    assert (known(ground, stay), left(folder)) == (1, [f"taken/{name}"])
    lay(folder, name, write([HEADER, ROW]))
    look_through(ground.site, folder)
    assert (known(ground, stay), left(folder)) == (1, [f"taken/{name}"])


def test_a_line_that_cannot_stand_is_told_beside_those_that_do(
    ground: Ground, folder: Path
) -> None:
    stay = ground.admitted()
    strange = ("=L2", "2026-11-20", "NOBODY", "x", "1", "1", "1", "是", "")
    lay(folder, "ZY1.csv", csv_of([HEADER, ROW, strange]))
    assert look_through(ground.site, folder) == [stay.id]
    assert left(folder) == ["taken/ZY1.csv", "taken/ZY1.csv.errors.csv"]
    errors = (folder / "taken/ZY1.csv.errors.csv").read_text("utf-8-sig").splitlines()
    assert errors[1].startswith("第 2 条 line 2,'=L2,UNKNOWN_CODE,")
    assert len(errors) == 2


def test_a_bad_cell_stops_the_file_and_is_told_by_its_address(ground: Ground, folder: Path) -> None:
    stay = ground.admitted()
    lay(folder, "ZY1.csv", csv_of([HEADER, ("L1", "nie", *ROW[2:])]))
    xml = '<charges><line id="L1" date="nie" code="DRUG" quantity="1" price="1" amount="1"'
    lay(folder, "ZY1@b.xml", f'{xml} injury_related="是"/></charges>'.encode())
    assert look_through(ground.site, folder) == []
    assert known(ground, stay) == 0
    told = (folder / "refused/ZY1.csv.errors.csv").read_text("utf-8-sig")
    assert "\r\nB2,,CELLS_REFUSED," in told or "\nB2,,CELLS_REFUSED," in told
    assert "第 1 条" in (folder / "refused/ZY1@b.xml.errors.csv").read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("NOBODY.csv", b"id\n", "UNKNOWN_STAY"),
        ("ZY1.pdf", b"%PDF", "SHEET_UNREADABLE"),
        ("ZY1.csv", b"\xff\xfe\x00", "SHEET_UNREADABLE"),
        ("ZY1.xml", b"<charges>", "SHEET_UNREADABLE"),
    ],
)
def test_what_is_no_bill_of_a_stay_is_refused(
    ground: Ground, folder: Path, name: str, data: bytes, code: str
) -> None:
    ground.admitted()
    lay(folder, name, data)
    assert look_through(ground.site, folder) == []
    assert left(folder) == [f"refused/{name}", f"refused/{name}.errors.csv"]
    assert code in (folder / f"refused/{name}.errors.csv").read_text("utf-8-sig")


def test_a_settled_stays_file_is_refused_with_the_reason(ground: Ground, folder: Path) -> None:
    stay = ground.discharged()
    settled(ground, stay.id)
    lay(folder, "ZY1.csv", csv_of([HEADER, ROW]))
    look_through(ground.site, folder)
    assert "STAY_STATE" in (folder / "refused/ZY1.csv.errors.csv").read_text("utf-8-sig")


def test_a_marker_alone_and_a_link_are_cleared_away(ground: Ground, folder: Path) -> None:
    ground.admitted()
    outside = lay(folder.parent, "outside.csv", csv_of([HEADER, ROW]), marked=False)
    (folder / "ZY1.csv").symlink_to(outside)
    (folder / "ZY1.csv.ok").touch()
    (folder / "gone.csv.ok").touch()
    assert look_through(ground.site, folder) == []
    assert left(folder) == ["ZY1.csv"]


def test_a_fault_of_our_own_leaves_the_file_for_the_next_round(
    ground: Ground, folder: Path
) -> None:
    ground.admitted()
    lay(folder, "ZY1.csv", csv_of([HEADER, ROW]))
    ground.site.store.read().execute("pragma query_only = 1")
    assert look_through(ground.site, folder) == []
    assert left(folder) == ["ZY1.csv", "ZY1.csv.ok"]
    ground.site.store.read().execute("pragma query_only = 0")
    assert len(look_through(ground.site, folder)) == 1


def test_the_folder_is_watched_until_the_service_ends(ground: Ground, folder: Path) -> None:
    stay = ground.admitted()
    lay(folder, "ZY1.csv", csv_of([HEADER, ROW]))
    heard: list[str] = []
    told = threading.Event()

    def changed(one: str) -> None:
        heard.append(one)
        told.set()

    files = ground.site.settings.files.model_copy(update={"charges": folder})
    settings = ground.site.settings.model_copy(update={"files": files})
    with folder_watched(replace(ground.site, settings=settings), changed=changed):
        assert told.wait(10)
    assert heard == [stay.id]
    with folder_watched(ground.site, changed=changed):
        assert heard == [stay.id]
