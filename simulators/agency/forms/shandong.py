"""鲁 附件3–9: the quarter's clearing, within Shandong and across its border (第二十三条)."""

from collections.abc import Mapping, Sequence

from edge.sheets.written import Sheet
from simulators.agency.clearing import DEVICE, MEDICAL, REHAB, Cleared, is_cross
from simulators.agency.forms.places import PROVINCES, PROVINCIAL, SHANDONG
from simulators.agency.forms.table import (
    UNIT,
    Fits,
    Form,
    everything,
    insured_in,
    insured_in_province,
    listed,
    matrix,
    treated_in,
    treated_in_province,
)

REGION = "370000"
_INSURED = {**SHANDONG, **PROVINCIAL}
_OTHERS = {region: name for region, name in PROVINCES.items() if region != REGION}
_CATEGORIES: Mapping[str, Fits] = {
    "合计": everything,
    "住院（门诊）医疗": lambda row: row.service in MEDICAL,
    "住院（门诊）康复": lambda row: row.service in REHAB,
    "辅助器具配置": lambda row: row.service in DEVICE,
}


def sheets(rows: Sequence[Cleared], quarter: str) -> list[Sheet]:
    """Return 附件3 to 附件6 for each city that has any, then 附件7, 附件8 and 附件9."""
    when = f"清算所属季度：{quarter[:4]} 年第 {quarter[-1]} 季度"
    within = [r for r in rows if r.treatment_region == REGION and not is_cross(r)]
    came = [r for r in rows if r.treatment_region == REGION and is_cross(r)]
    went = [r for r in rows if r.insured_region == REGION and is_cross(r)]
    made: list[Sheet] = []
    for city in _INSURED:
        made += _of_city(city, when, within, came, went)
    return [*made, _within(within, when), _came(came, when), _went(went, when)]


def _of_city(
    city: str,
    when: str,
    within: Sequence[Cleared],
    came: Sequence[Cleared],
    went: Sequence[Cleared],
) -> list[Sheet]:
    insured = {name: insured_in(code) for code, name in _INSURED.items()}
    treated = {name: treated_in(code) for code, name in SHANDONG.items()}
    abroad = {name: insured_in_province(code) for code, name in _OTHERS.items()}
    there = {name: treated_in_province(code) for code, name in _OTHERS.items()}
    here, of_here = treated_in(city), insured_in(city)
    four = (
        ("附件3", "省内异地就医应收费用清算表", "参保地", insured, within, here),
        ("附件4", "省内异地就医应付费用清算表", "就医地", treated, within, of_here),
        ("附件5", "跨省异地就医应收费用清算表", "参保地", abroad, came, here),
        ("附件6", "跨省异地就医应付费用清算表", "就医地", there, went, of_here),
    )
    made = []
    for annex, title, corner, lines, rows, fits in four:
        theirs = [row for row in rows if fits(row)]
        if theirs:
            name = _INSURED[city]
            whose = name if city == "" else f"{name}市"
            form = Form(
                name=f"{annex} {name}",
                titles=(f"{whose}工伤保险{title}", "制表单位：", when, UNIT),
                corner=(corner,),
                lines={**lines, "合 计": everything},
                columns=_CATEGORIES,
            )
            made.append(listed(form, theirs))
    return made


def _within(rows: Sequence[Cleared], when: str) -> Sheet:
    form = Form(
        name="附件7",
        titles=("山东省工伤保险省内异地就医费用清算表", "制表单位：", when, UNIT),
        corner=("地 区", ""),
        lines={**{name: treated_in(code) for code, name in SHANDONG.items()}, "合计": everything},
        columns={**{name: insured_in(code) for code, name in _INSURED.items()}, "合计": everything},
        same="---",
    )
    return matrix(form, rows, line_group="就医地", column_group="参保地")


def _came(rows: Sequence[Cleared], when: str) -> Sheet:
    form = Form(
        name="附件8",
        titles=("山东省工伤保险跨省异地就医费用清算表（就医地）", "制表单位：", when, UNIT),
        corner=("地 区", ""),
        lines={
            **{name: insured_in_province(code) for code, name in _OTHERS.items()},
            "合 计": everything,
        },
        columns={**{name: treated_in(code) for code, name in SHANDONG.items()}, "合计": everything},
    )
    return matrix(form, rows, line_group="参保地", column_group="就医地")


def _went(rows: Sequence[Cleared], when: str) -> Sheet:
    form = Form(
        name="附件9",
        titles=("山东省工伤保险跨省异地就医费用清算表（参保地）", "制表单位：", when, UNIT),
        corner=("地 区", ""),
        lines={
            **{name: treated_in_province(code) for code, name in _OTHERS.items()},
            "合 计": everything,
        },
        columns={**{name: insured_in(code) for code, name in _INSURED.items()}, "合计": everything},
    )
    return matrix(form, rows, line_group="就医地", column_group="参保地")
