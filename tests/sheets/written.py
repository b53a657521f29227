"""Sheets for tests: CSV from rows, and XLSX from cells, written with the stdlib alone."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date
from xml.sax.saxutils import escape

HEADER = ("编码", "名称", "类别", "是否支付", "限价（元）", "有效期起", "有效期止")
ROW = ("A1", "样例 A1", "药品", "是", "12.34", "2024-01-01", "")

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DAY_ZERO = date(1899, 12, 30)
_DAY_STYLE = 1

Cells = Sequence[Sequence[object]]


def csv_of(rows: Cells, *, encoding: str = "utf-8") -> bytes:
    """Write rows as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode(encoding)


def listed(*rows: Sequence[object], header: Sequence[object] = HEADER) -> bytes:
    """Write rows under the usual header as CSV."""
    return csv_of([header, *rows])


def changed(**fields: object) -> list[object]:
    """Return the usual row with other cells, named by ``code name kind scope cap first last``."""
    names = ("code", "name", "kind", "scope", "cap", "first", "last")
    return [fields.get(name, cell) for name, cell in zip(names, ROW, strict=True)]


def xlsx_of(*sheets: Cells) -> bytes:
    """Write each sheet's cells: texts, numbers, truths and days each as Excel does."""
    return workbook(*("".join(map(_row, range(1, len(rows) + 1), rows)) for rows in sheets))


def workbook(*sheets: str) -> bytes:
    """Write sheets given as the XML of their rows."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", _TYPES)
        package.writestr("_rels/.rels", _relations(("r1", "officeDocument", "xl/workbook.xml")))
        numbers = range(1, len(sheets) + 1)
        names = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in numbers)
        book = f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>'
        package.writestr("xl/workbook.xml", book)
        places = [(f"r{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
        relations = _relations(*places, ("style", "styles", "styles.xml"))
        package.writestr("xl/_rels/workbook.xml.rels", relations)
        package.writestr("xl/styles.xml", _STYLES)
        for number, rows in zip(numbers, sheets, strict=True):
            sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
            package.writestr(f"xl/worksheets/sheet{number}.xml", sheet)
    return content.getvalue()


def _row(number: int, cells: Sequence[object]) -> str:
    written = "".join(_cell(f"{chr(65 + n)}{number}", cell) for n, cell in enumerate(cells))
    return f'<row r="{number}">{written}</row>'


def _cell(address: str, value: object) -> str:
    match value:
        case bool():
            return f'<c r="{address}" t="b"><v>{int(value)}</v></c>'
        case int() | float():
            return f'<c r="{address}"><v>{value}</v></c>'
        case date():
            days = (value - _DAY_ZERO).days
            return f'<c r="{address}" s="{_DAY_STYLE}"><v>{days}</v></c>'
        case _:
            text = escape(str(value))
            return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>' if text else ""


def _relations(*given: tuple[str, str, str]) -> str:
    written = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for name, kind, target in given
    )
    return f'<Relationships xmlns="{_RELATIONS}">{written}</Relationships>'


_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/>'
    "</cellXfs></styleSheet>"
)
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package'
    '.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
