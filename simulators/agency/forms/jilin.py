"""吉规 附件3: what the province pays each facility, by insured city (第二十五条).

The form has no column for outpatient care, though that is in scope (办2): its sum stands beside the
form, so that nothing that was paid is out of sight.
"""

from collections.abc import Mapping, Sequence

from edge.core.verification import Service
from edge.sheets.written import Cell, Fen, Merge, Sheet
from simulators.agency.clearing import DEVICE, INPATIENT, Cleared, is_cross
from simulators.agency.forms.places import JILIN
from simulators.agency.forms.table import Fits, everything, insured_in, total_of

REGION = "220000"
TITLE = "工伤保险省内异地就医统一支付明细表"
_COLUMNS = ("住院工伤医疗费用", "住院工伤康复费用", "辅助器具配置费用")
_KINDS: tuple[Fits, ...] = (
    lambda row: row.service in INPATIENT,
    lambda row: row.service is Service.INPATIENT_REHAB,
    lambda row: row.service in DEVICE,
)
_GROUP = 4


def on_the_form(row: Cleared) -> bool:
    """Tell whether the form has a column for it."""
    return any(kind(row) for kind in _KINDS)


def sheets(rows: Sequence[Cleared], month: str) -> list[Sheet]:
    """Return 附件3, with what it has no column for beside it."""
    ours = [row for row in rows if row.treatment_region == REGION and not is_cross(row)]
    groups: Mapping[str, Fits] = {
        "全省": everything,
        **{name: insured_in(city) for city, name in JILIN.items()},
    }
    facilities = {row.facility: row.facility_name for row in ours}
    width = 1 + _GROUP * len(groups)
    heads: list[list[Cell]] = [
        [TITLE],
        [f"{month}  单位：元（保留两位小数）"],
        ["协议机构", *_spread(groups), "", "表外（本表无此栏）"],
        ["", *_names(groups), "", "门诊费用"],
    ]
    body = [
        [name, *_line(ours, groups, _at(facility)), None, _beside(ours, _at(facility))]
        for facility, name in sorted(facilities.items())
    ]
    body.append(["合计", *_line(ours, groups, everything), None, _beside(ours, everything)])
    merges = [Merge(0, 0, 0, width - 1), Merge(2, 0, 3, 0)]
    merges += [
        Merge(2, 1 + _GROUP * number, 2, _GROUP * (number + 1)) for number in range(len(groups))
    ]
    return [Sheet(name="附件3", rows=[*heads, *body], head=4, widths=(24,), merges=merges)]


def _at(facility: str) -> Fits:
    return lambda row: row.facility == facility


def _spread(groups: Mapping[str, Fits]) -> list[Cell]:
    return [cell for name in groups for cell in (name, "", "", "")]


def _names(groups: Mapping[str, Fits]) -> list[Cell]:
    return [
        cell
        for number, _ in enumerate(groups)
        for cell in ("合计" if number == 0 else "小计", *_COLUMNS)
    ]


def _line(rows: Sequence[Cleared], groups: Mapping[str, Fits], at: Fits) -> list[Cell]:
    cells: list[Cell] = []
    for group in groups.values():
        theirs = [row for row in rows if at(row) and group(row)]
        kinds = [total_of(theirs, everything, kind) for kind in _KINDS]
        cells += [Fen(sum(kinds)), *map(Fen, kinds)]
    return cells


def _beside(rows: Sequence[Cleared], at: Fits) -> Cell:
    return Fen(total_of(rows, at, lambda row: not on_the_form(row)))
