"""The login channel (津 第五、二十七条): what is typed into the national site, and what comes back.

A sheet is to the site what a message is to the platform: made with its cause, open until its
confirmation number is brought back, never deleted. Types nothing itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from edge.core.adjudication import Bill, RuledLine, Ruling
from edge.core.cases import CaseRef
from edge.core.dates import SHANGHAI, local_day
from edge.core.errors import BadInput, Conflict, Words
from edge.core.fitting import Fitted, Fitting
from edge.core.identity import Identity, masked_number
from edge.core.money import yuan
from edge.core.verification import DeviceAct, NoticeItem

NUMBER_LENGTH_MAX = 64
NOTE_LENGTH_MAX = 400

_NUMBER = "公民身份号码"


class SheetKind(StrEnum):
    """What is entered by hand."""

    SETTLEMENT = "settlement"
    REVERSAL = "reversal"


class SheetState(StrEnum):
    """Where a sheet is. ``withdrawn``: it was never typed, as somebody answers for."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetField:
    """One thing to copy: its section and label as the forms name them, and its value."""

    section: str
    label: str
    label_en: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySheet:
    """What one fitting's settlement, or its reversal, has the clerk type, in this order.

    ``confirmation`` is the number that the site gave; ``closed_by`` brought it back at
    ``closed_at``, or withdrew the sheet with a ``note``.
    """

    id: str
    case: CaseRef
    kind: SheetKind
    fields: tuple[SheetField, ...]
    made_at: datetime
    state: SheetState = SheetState.WAITING
    confirmation: str | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    note: str = ""

    def is_late(self, now: datetime, *, within_h: int) -> bool:
        """Tell whether its number should have been brought back by now."""
        return self.state is SheetState.WAITING and now - self.made_at > timedelta(hours=within_h)

    def shown(self) -> "EntrySheet":
        """Return the sheet as it is shown: once nothing is typed from it, its number is masked."""
        if self.state is SheetState.WAITING:
            return self
        return replace(self, fields=tuple(map(_masked, self.fields)))

    def confirmed(self, number: str, *, by: str, at: datetime) -> "EntrySheet":
        """Return the sheet with the number that was brought back; the same again changes nothing.

        Raises:
            BadInput: CONFIRMATION_NUMBER, when it is none.
            Conflict: ENTRY_SHEET_STATE, when it has another number or was withdrawn.
        """
        given = number.strip()
        if not 1 <= len(given) <= NUMBER_LENGTH_MAX or not given.isprintable():
            raise _bad_number()
        if (self.state, self.confirmation) == (SheetState.CONFIRMED, given):
            return self
        self._require_waiting()
        state = SheetState.CONFIRMED
        return replace(self, state=state, confirmation=given, closed_by=by, closed_at=at)

    def withdrawn(self, note: str, *, by: str, at: datetime) -> "EntrySheet":
        """Return the sheet as one that was never typed.

        Raises:
            Conflict: ENTRY_SHEET_STATE, when it was closed before.
        """
        self._require_waiting()
        return replace(self, state=SheetState.WITHDRAWN, note=note, closed_by=by, closed_at=at)

    def _require_waiting(self) -> None:
        if self.state is not SheetState.WAITING:
            raise Conflict(
                "ENTRY_SHEET_STATE",
                Words(
                    "该录入单已回填确认号" if self.confirmation else "该录入单已撤回",
                    f"the entry sheet is {self.state}",
                ),
                Words("刷新后查看；有误的先冲正", "look at it again; reverse what is wrong"),
                field="sheet",
            )


def settlement_fields(
    fitting: Fitting, person: Identity, bill: Bill, ruling: Ruling, *, facility: str, at: datetime
) -> tuple[SheetField, ...]:
    """Return what a settled fitting has the clerk type; ``facility`` is our name.

    Labels are those of the forms (鲁 附件2, 吉规 附件2) and of 津 第二十七条.
    """
    return (
        *_person(fitting, person),
        *_papers(fitting),
        *_fitting(fitting, facility),
        *_lines(fitting, bill, ruling),
        *_sums(ruling, at),
    )


def reversal_fields(original: EntrySheet, *, reason: str, at: datetime) -> tuple[SheetField, ...]:
    """Return what the reversal of a typed settlement has the clerk type."""
    return (
        _field("冲正信息", "原确认号", "confirmation number", original.confirmation or ""),
        _field("冲正信息", "冲正原因", "reason", reason),
        _field("冲正信息", "冲正时间", "reversed at", _moment(at)),
    )


def require_closed(sheet: EntrySheet) -> None:
    """Refuse to reverse a settlement while nobody knows whether it was typed.

    Raises:
        Conflict: ENTRY_SHEET_WAITING.
    """
    if sheet.state is SheetState.WAITING:
        raise Conflict(
            "ENTRY_SHEET_WAITING",
            Words("该结算尚未回填国家平台确认号", "no confirmation number was brought back yet"),
            Words(
                "已录入的先回填确认号；确未录入的先撤回录入单，再冲正",
                "bring the number back, or withdraw the sheet if it was never typed; then reverse",
            ),
            field="settlement",
        )


def number_taken(sheet_id: str) -> Conflict:
    """Return the error of a number that was brought back to another sheet."""
    return Conflict(
        "CONFIRMATION_TAKEN",
        Words(f"该确认号已回填到录入单 {sheet_id}", f"sheet {sheet_id} has this number"),
        Words("核对国家平台上的确认号", "check the number in the national site"),
        field="number",
    )


def _person(fitting: Fitting, person: Identity) -> Iterator[SheetField]:
    section = "工伤职工基本信息"
    yield _field(section, "姓名", "name", person.name)
    yield _field(section, _NUMBER, "identity number", person.number)
    yield _field(section, "参保地", "insured region", fitting.insured_region)
    yield _field(section, "受伤部位", "injured parts", fitting.injury.parts)
    number = fitting.injury.determination
    yield _field(section, "认定工伤决定书文（编）号", "injury determination", number)


def _masked(field: SheetField) -> SheetField:
    return replace(field, value=masked_number(field.value)) if field.label == _NUMBER else field


def _papers(fitting: Fitting) -> Iterator[SheetField]:
    notice = fitting.notice
    yield _field("备案信息", "备案编号", "filing", fitting.filing_id)
    label = "配置费用核付通知单文（编）号"
    yield _field("备案信息", label, "fitting notice", notice.id if notice else "")


def _fitting(fitting: Fitting, facility: str) -> Iterator[SheetField]:
    yield _field("配置信息", "协议机构（名称）", "facility", facility)
    yield _field("配置信息", "机构业务编号", "our number", fitting.hospital_number)
    day = local_day(fitting.began_at).isoformat()
    yield _field("配置信息", "配置时间", "fitted on", day)


def _lines(fitting: Fitting, bill: Bill, ruling: Ruling) -> Iterator[SheetField]:
    ruled = {line.id: line for line in ruling.lines}
    codes = {charge.id: charge.code for charge in bill.lines}  # the catalogue's, not our own
    items = bill.device_limits or {}
    for place, line in enumerate(fitting.lines, start=1):
        section, code = f"辅助器具基本信息 {place}", codes[line.charge.id]
        yield from _device(section, line, code)
        yield from _limit(section, items.get(code))
        yield from _split(section, line, ruled[line.charge.id])


def _device(section: str, line: Fitted, code: str) -> Iterator[SheetField]:
    charge = line.charge
    act = _ACTS[line.act] if charge.reverses is None else Words("退费", "refund")
    last = line.last_fitted_on.isoformat() if line.last_fitted_on else ""
    yield _field(section, "配置类别", "act", act.zh)
    yield _field(section, "上次配置（更换）时间", "last fitted on", last)
    yield _field(section, "辅助器具名称", "device", charge.name)
    yield _field(section, "项目编码", "code", code)
    yield _field(section, "型号", "model", line.model)
    yield _field(section, "序列号", "serial", line.serial)


def _limit(section: str, item: NoticeItem | None) -> Iterator[SheetField]:
    """Yield what the notice says of the device, as far as it says it."""
    if item is None:
        return
    if item.service_years is not None:
        yield _field(section, "最低使用年限", "service years", str(item.service_years))
    if item.limit_fen is not None:
        yield _field(section, "最高支付限额（元）", "limit", yuan(item.limit_fen))
    if item.limit_multiplier is not None:
        yield _field(section, "限额倍数", "limit multiplier", str(item.limit_multiplier))


def _split(section: str, line: Fitted, ruled: RuledLine) -> Iterator[SheetField]:
    yield _field(section, "数量", "quantity", line.charge.quantity)
    yield _field(section, "单价（元）", "price", line.charge.price)
    yield _field(section, "金额（元）", "amount", yuan(ruled.amount_fen))
    yield _field(section, "基金支付（元）", "fund", yuan(ruled.fund_fen))
    yield _field(section, "个人负担（元）", "personal", yuan(ruled.personal_fen))


def _sums(ruling: Ruling, at: datetime) -> Iterator[SheetField]:
    section = "结算信息"
    yield _field(section, "费用总额（元）", "total", yuan(ruling.total_fen))
    yield _field(section, "基金支付（元）", "fund", yuan(ruling.fund_fen))
    yield _field(section, "个人负担（元）", "personal", yuan(ruling.personal_fen))
    yield _field(section, "结算时间", "settled at", _moment(at))


def _field(section: str, label: str, label_en: str, value: str) -> SheetField:
    return SheetField(section=section, label=label, label_en=label_en, value=value)


def _moment(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _bad_number() -> BadInput:
    return BadInput(
        "CONFIRMATION_NUMBER",
        Words("确认号为空、过长或含不可见字符", "the number is blank, too long or unprintable"),
        Words("照国家平台显示的确认号填写", "write it as the national site shows it"),
        field="number",
    )


_ACTS = {
    DeviceAct.FIRST: Words("首次配置", "first"),
    DeviceAct.REPLACEMENT: Words("更换", "replacement"),
    DeviceAct.REPAIR: Words("维修", "repair"),
}
