"""An XML file of lines as a sheet's CSV: each ``line`` element a row, its fields the columns.

Keeps nothing and resolves nothing: a document type, and with it every entity, is refused.
"""

import csv
import io
from typing import NoReturn
from xml.parsers import expat

from edge.sheets.refusals import too_large, unreadable
from edge.sheets.table import FILE_MB_MAX, ROWS_MAX

_LINE = "line"
_DEPTH_MAX = 3


def csv_of_xml(data: bytes) -> bytes:
    """Return the lines as CSV, one row each; a field is an attribute or an element of its line.

    Raises:
        BadInput: SHEET_UNREADABLE, when it is no XML, nests deeper, or names a document type;
            SHEET_TOO_LARGE.
    """
    if len(data) > FILE_MB_MAX * 1024 * 1024:
        raise too_large(f"文件超过 {FILE_MB_MAX} MB", f"the file is larger than {FILE_MB_MAX} MB")
    lines = _Lines()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.StartElementHandler = lines.begin
    parser.EndElementHandler = lines.end
    parser.CharacterDataHandler = lines.text
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat's own: this is the end
    except expat.ExpatError as wrong:
        raise unreadable(f"不是有效的 XML：{wrong}", f"not valid XML: {wrong}") from wrong
    columns = list(dict.fromkeys(name for row in lines.rows for name in row))
    written = io.StringIO(newline="")
    rows = csv.DictWriter(written, columns, restval="")
    rows.writeheader()
    rows.writerows(lines.rows)
    return written.getvalue().encode()


class _Lines:
    """Gathers the lines while the file is read."""

    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []
        self._open: list[str] = []

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        if len(self._open) > _DEPTH_MAX:
            raise unreadable("XML 嵌套过深", "the XML nests too deep")
        if len(self._open) == _DEPTH_MAX - 1 and name == _LINE:
            self.rows.append(dict(attributes))
            if len(self.rows) > ROWS_MAX:
                raise too_large(f"超过 {ROWS_MAX} 行", f"more than {ROWS_MAX:,} rows")

    def end(self, _name: str) -> None:
        self._open.pop()

    def text(self, text: str) -> None:
        if len(self._open) == _DEPTH_MAX and self._open[-2] == _LINE:
            row, name = self.rows[-1], self._open[-1]
            row[name] = row.get(name, "") + text


def _no_doctype(*_said: object) -> NoReturn:
    raise unreadable("XML 中不得有 DOCTYPE", "the XML names a document type")
