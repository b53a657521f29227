"""The watched folder: files of charge lines, taken once their marker ``NAME.ok`` lies beside them.

A file is named after the hospital's number of its stay: ``ZY1.csv``, ``ZY1@2026-11-20.xlsx``. Taken
twice it changes nothing, so whatever was torn is simply taken again.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from edge.core.errors import BadInput, EdgeError, Fault, NotFound, Words
from edge.loops.rounds import attempt, beside
from edge.sheets import Refusals
from edge.sheets.table import FILE_MB_MAX
from edge.sheets.xml_lines import csv_of_xml
from edge.site import Site
from edge.steps.charge import charge
from edge.store.stays import stay_numbered
from edge.workbooks.charges import read_charges

OPERATOR = "watched-folder"
SUFFIXES = (".csv", ".xlsx", ".xml")
TAKEN, REFUSED = "taken", "refused"
"""The folders below the watched one in which a file ends."""

FILES_MAX = 100
"""Files of one round."""

_HEAD = ("位置 where", "明细号 line", "代码 code", "原因 reason", "处理 next action")
_FORMULA = tuple("=+-@\t\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One row of the error file: where it is, and what mends it."""

    where: str
    line: str
    code: str
    reason: str
    next_action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a file: of which stay it was, and its mistakes; ``taken``: its lines stand."""

    taken: bool
    stay: str = ""
    mistakes: Sequence[Mistake] = ()


def look_through(site: Site, folder: Path) -> list[str]:
    """Take what is marked, and put it away; return the stays that got lines.

    What our own machine's fault keeps from being taken stays where it is, for the next round.
    """
    stays = []
    for marker in sorted(folder.glob("*.ok"))[:FILES_MAX]:
        file = marker.with_suffix("")
        if not file.is_file() or file.is_symlink():
            marker.unlink()
            continue
        try:
            outcome = _outcome(site, file)
        except Fault as fault:
            site.log.warning("file.not_taken", code=fault.code)
            break
        _put_away(file, marker, outcome)
        site.log.info("file.taken", taken=outcome.taken, mistakes=len(outcome.mistakes))
        if outcome.taken:
            stays.append(outcome.stay)
    return stays


def folder_watched(site: Site, *, changed: Callable[[str], None]) -> AbstractContextManager[None]:
    """Look through the site's folder at once and then again; ``changed`` hears each stay."""
    folder = site.settings.files.charges
    if folder is None:
        return nullcontext()

    def look_once() -> None:
        for stay in look_through(site, folder):
            changed(stay)

    def watch(ending: Event) -> None:
        while not ending.is_set():
            attempt(look_once, site.log, "folder.not_read")
            ending.wait(site.settings.files.every_s)

    return beside(watch, "watched folder")


def _outcome(site: Site, file: Path) -> Outcome:
    try:
        return _taken(site, file)
    except Fault:
        raise
    except EdgeError as wrong:
        return Outcome(taken=False, mistakes=(_mistake(wrong),))


def _taken(site: Site, file: Path) -> Outcome:
    stay = stay_numbered(site.store.read(), file.stem.partition("@")[0])
    if stay is None:
        raise _no_stay(file)
    if file.suffix.lower() not in SUFFIXES or file.stat().st_size > FILE_MB_MAX * 1024 * 1024:
        raise _no_sheet()
    data = file.read_bytes()
    is_xml = file.suffix.lower() == ".xml"
    lines = read_charges(csv_of_xml(data) if is_xml else data)
    if isinstance(lines, Refusals):
        return Outcome(taken=False, mistakes=tuple(_cells(lines, is_xml=is_xml)))
    received = charge(site, stay.id, lines, OPERATOR)
    places = {line.id: number for number, line in enumerate(lines, start=1)}
    mistakes = tuple(
        Mistake(
            where=f"第 {places[one.id]} 条 line {places[one.id]}",
            line=one.id,
            code=one.code,
            reason=one.text,
            next_action="更正后以同一明细号重新放入 / mend it and send it under the same id",
        )
        for one in received.refused
    )
    return Outcome(taken=True, stay=stay.id, mistakes=mistakes)


def _cells(refusals: Refusals, *, is_xml: bool) -> Iterator[Mistake]:
    for cell in refusals.shown:
        row = cell.address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        where = f"第 {int(row) - 1} 条 line {int(row) - 1}" if is_xml else cell.address
        yield Mistake(
            where=where,
            line="",
            code="CELLS_REFUSED",
            reason=cell.why.reason.zh,
            next_action=cell.why.next_action.zh,
        )
    if refusals.count > len(refusals.shown):
        more = refusals.count - len(refusals.shown)
        yield Mistake(
            where="", line="", code="CELLS_REFUSED", reason=f"另有 {more} 处", next_action=""
        )


def _mistake(wrong: EdgeError) -> Mistake:
    return Mistake(
        where=wrong.field,
        line="",
        code=wrong.code,
        reason=wrong.reason.zh,
        next_action=wrong.next_action.zh,
    )


def _put_away(file: Path, marker: Path, outcome: Outcome) -> None:
    """Write the errors, move the file, take the marker away.

    In this order: a kill between two of them leaves a file that is taken again and ends the same.
    """
    place = file.parent / (TAKEN if outcome.taken else REFUSED)
    place.mkdir(exist_ok=True)
    errors = place / f"{file.name}.errors.csv"
    if outcome.mistakes:
        half = errors.with_suffix(".half")
        half.write_bytes(_written(outcome.mistakes))
        half.replace(errors)
    else:
        errors.unlink(missing_ok=True)
    file.replace(place / file.name)
    marker.unlink()


def _written(mistakes: Sequence[Mistake]) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(_HEAD)
    for one in mistakes:
        cells = (one.where, one.line, one.code, one.reason, one.next_action)
        # What a spreadsheet would take for a formula stays text.
        rows.writerow(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)
    return text.getvalue().encode("utf-8-sig")


def _no_stay(file: Path) -> NotFound:
    return NotFound(
        "UNKNOWN_STAY",
        Words(f"没有住院号为“{file.stem.partition('@')[0]}”的记录", "no stay has this number"),
        Words(
            "文件名以住院号开头，先登记入院", "name the file after the stay's number; admit first"
        ),
        field="file",
    )


def _no_sheet() -> BadInput:
    return BadInput(
        "SHEET_UNREADABLE",
        Words("不是 CSV、XLSX 或 XML 文件，或文件过大", "no CSV, XLSX or XML, or too large"),
        Words("换成这三种之一，拆小后重新放入", "save it as one of them, or split it"),
        field="file",
    )
