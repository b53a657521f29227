"""Sheets that people fill in (CSV, XLSX): read row by row, every bad cell named. Keeps nothing."""

from edge.sheets import cells
from edge.sheets.columns import Column
from edge.sheets.refusals import (
    Progress,
    Refusals,
    RefusedCell,
    Why,
    address,
    unreadable,
)
from edge.sheets.rows import Sheet, Values
from edge.sheets.workbook import Cell

__all__ = [
    "Cell",
    "Column",
    "Progress",
    "Refusals",
    "RefusedCell",
    "Sheet",
    "Values",
    "Why",
    "address",
    "cells",
    "unreadable",
]
