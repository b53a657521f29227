"""Sheets that come over HTTP: their kinds, and the answer that tells which cells cannot stand."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Response

from edge.sheets import RefusedCell
from edge.web.problems import Problem

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
"""A sheet's bytes in the OpenAPI document."""


def cells_refused(shown: Sequence[RefusedCell], count: int) -> Response:
    """Tell every cell that cannot stand; nothing of the sheet was kept."""
    first = shown[0]
    problem = Problem(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code="CELLS_REFUSED",
        detail=f"有 {count} 个单元格不可用，整份文件未收：{first.why.reason.zh}",
        detail_en=f"{count} cells cannot stand, nothing was taken: {first.why.reason.en}",
        next_action=first.why.next_action.zh,
        next_action_en=first.why.next_action.en,
        field=first.address,
    )
    cells = [
        {
            "address": cell.address,
            "text": cell.why.reason.zh,
            "text_en": cell.why.reason.en,
            "next_action": cell.why.next_action.zh,
            "next_action_en": cell.why.next_action.en,
        }
        for cell in shown
    ]
    return problem.response(cells=cells, count=count)
