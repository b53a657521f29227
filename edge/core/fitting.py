"""A fitting from verification to settlement: what was approved, what was fitted, what forbids it.

Splits no money (``edge.core.adjudication`` does) and sends nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from edge.core.adjudication import Bill
from edge.core.cases import CaseKind, CaseRef, require_allowed
from edge.core.catalogue import CostKind, row_on
from edge.core.charges import Charge
from edge.core.dates import anniversary, local_day
from edge.core.errors import BadInput, Words
from edge.core.rules import Rulebook
from edge.core.stay import Injury, Stay
from edge.core.verification import (
    Code,
    Decision,
    DeviceAct,
    Notice,
    NoticeItem,
    Reason,
    Service,
    reason_of,
)

LINES_MAX = 200
"""Lines of one fitting."""


class FittingState(StrEnum):
    """Where a fitting is. ``settled`` and ``manual`` exclude each other for good."""

    VERIFIED = "verified"
    FITTED = "fitted"
    SETTLED = "settled"
    MANUAL = "manual"
    REVERSED = "reversed"


class Channel(StrEnum):
    """How a fitting reaches the platform: sent by us, or typed into a site (津 第五条)."""

    API = "api"
    LOGIN = "login"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """One line of what was fitted: the charge, and the device behind it.

    ``last_fitted_on`` is the day of the fitting that a replacement or repair follows. A refund
    names in ``charge.reverses`` the line that it takes back.
    """

    charge: Charge
    act: DeviceAct = DeviceAct.FIRST
    serial: str = ""
    model: str = ""
    last_fitted_on: date | None = None

    @property
    def is_new(self) -> bool:
        """Whether a device is given, which a repair and a refund do not."""
        return self.act is not DeviceAct.REPAIR and self.charge.reverses is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """One fitting. Moments are aware; ``fitted_at`` and ``lines`` exist once it is recorded.

    ``notice`` is the one shown (配置费用核付通知单), ``approved`` the devices that the filing
    names, where it names some. The channel is that of the day on which it was opened.
    """

    id: str
    person_id: str
    verification_id: str
    hospital_number: str
    injury: Injury
    insured_region: str
    admission_decision: Decision
    channel: Channel
    filing_id: str
    notice: Notice | None
    approved: tuple[str, ...]
    state: FittingState
    opened_at: datetime
    fitted_at: datetime | None = None
    lines: tuple[Fitted, ...] = ()

    @property
    def service(self) -> Service:
        """What is given."""
        return Service.DEVICE

    @property
    def ref(self) -> CaseRef:
        """Its name among all cases."""
        return CaseRef(CaseKind.FITTING, self.id)

    @property
    def began_at(self) -> datetime:
        """The fitting's own day, on which it is judged; until then that of its opening."""
        return self.fitted_at or self.opened_at

    @property
    def ended_at(self) -> datetime | None:
        """When it was fitted."""
        return self.fitted_at

    @property
    def settle_by(self) -> datetime | None:
        """No time to settle runs: 津 第二十五条 speaks of stays."""
        return None

    @property
    def is_settled(self) -> bool:
        """Whether an effective settlement stands."""
        return self.state is FittingState.SETTLED

    def require_ended(self) -> None:
        """Refuse to settle, or to hand over, what was not fitted or has been settled.

        Raises:
            Conflict: FITTING_STATE.
        """
        self._require(FittingState.FITTED, FittingState.REVERSED)

    def settled(self) -> "Fitting":
        """Return the fitting as it is once settled.

        Raises:
            Conflict: FITTING_STATE, when it is not fitted or reversed.
        """
        self.require_ended()
        return replace(self, state=FittingState.SETTLED)

    def reversed(self) -> "Fitting":
        """Return the fitting with its settlement undone.

        Raises:
            Conflict: FITTING_STATE, when it is not settled.
        """
        self._require(FittingState.SETTLED)
        return replace(self, state=FittingState.REVERSED)

    def in_manual(self) -> "Fitting":
        """Return the fitting as it goes to manual, for good.

        Raises:
            Conflict: FITTING_STATE, when it is not fitted or reversed.
        """
        self.require_ended()
        return replace(self, state=FittingState.MANUAL)

    def recorded(self, lines: tuple[Fitted, ...], at: datetime, now: datetime) -> "Fitting":
        """Return the fitting with what was fitted; said again, the last word counts.

        Raises:
            Conflict: FITTING_STATE, once it is settled or gone to manual.
            BadInput: FITTING_MOMENT, before its verification or in the future.
        """
        self._require(FittingState.VERIFIED, FittingState.FITTED, FittingState.REVERSED)
        if not self.opened_at <= at <= now:
            raise BadInput(
                "FITTING_MOMENT",
                Words("配置时间早于核验时间或晚于当前时间", "before its verification, or to come"),
                Words("核对配置时间后重新提交", "check the moment of the fitting"),
                field="fitted_at",
            )
        undone = self.state is FittingState.REVERSED
        state = FittingState.REVERSED if undone else FittingState.FITTED
        return replace(self, state=state, fitted_at=at, lines=lines)

    def _require(self, *allowed: FittingState) -> None:
        require_allowed(self.ref, self.state, allowed, _NAMES)


Case: TypeAlias = Stay | Fitting
"""One worker's case: what is settled, reversed or handed to manual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FittingRules:
    """The law of one fitting beside its bill's: its channel, and the article of each refusal."""

    channel: Channel
    articles: Mapping[Code, str]


def fitting_rules(
    rulebook: Rulebook, *, treatment_region: str, insured_region: str, on: date
) -> FittingRules:
    """Return the rules of a fitting on that day.

    The channel is the treatment region's; without a word of it, ``api``.
    """
    crosses = treatment_region != insured_region
    insured, treatment = (
        rulebook.governing(region, on=on, cross_province=crosses)
        for region in (insured_region, treatment_region)
    )
    channel = treatment.rule("device.channel", on=on)
    asks = insured.rule("device.notice_presented", on=on)
    notice = asks.article if asks else treatment.article("device.notice_checked", on=on)
    return FittingRules(
        channel=Channel(str(channel.value)) if channel else Channel.API,
        articles={
            Code.NOTICE_EXPIRED: notice,
            Code.NOTICE_USED: notice,
            Code.SERVICE_LIFE_NOT_REACHED: insured.article("device.service_life", on=on),
        },
    )


def approved_items(fitting: Fitting) -> Notice | None:
    """Return what the fund may pay for: the notice's devices, of which the filing bars others.

    Without a notice the filing's devices bind (鲁 第十八条), with the catalogue's limits; where
    neither names any, there is None and the catalogue alone decides.
    """
    filed = fitting.approved
    if fitting.notice is None:
        return Notice(items=tuple(NoticeItem(code=code) for code in filed)) if filed else None
    items = fitting.notice.items or ()
    return replace(
        fitting.notice, items=tuple(item for item in items if not filed or item.code in filed)
    )


def obstacles(
    fitting: Fitting, rules: FittingRules, bill: Bill, *, notice_used: bool
) -> tuple[Reason, ...]:
    """Return what forbids that the fund pays what was fitted, on the fitting's own day.

    ``bill`` has the fitting's lines under the governing catalogue's codes, and its rows.
    ``notice_used``: another fitting was settled or handed over with this notice, here or elsewhere.
    """
    return tuple(_obstacles(fitting, rules, bill, notice_used=notice_used))


def require_complete(lines: tuple[Fitted, ...]) -> None:
    """Refuse lines that leave out what a fitting must tell, naming the first such field.

    Raises:
        BadInput: NO_LINES, TOO_MANY_LINES, FIELD_EMPTY.
    """
    if not lines:
        raise _bad_lines("NO_LINES", "没有配置明细", "there are no lines")
    if len(lines) > LINES_MAX:
        zh, en = f"一次配置最多 {LINES_MAX} 条明细", f"at most {LINES_MAX} lines"
        raise _bad_lines("TOO_MANY_LINES", zh, en)
    for place, line in enumerate(lines):
        for name in _left_out(line):
            raise BadInput(
                "FIELD_EMPTY",
                Words(f"{name} 不能为空", f"{name} is empty"),
                Words("补填后重新提交", "fill it in and send again"),
                field=f"lines[{place}].{name}",
            )


def _left_out(line: Fitted) -> Iterator[str]:
    """Yield what a new device, and what follows on an earlier one, must say of itself."""
    if line.is_new:
        yield from (name for name in ("serial", "model") if not getattr(line, name).strip())
    if line.act is DeviceAct.REPLACEMENT and line.is_new and line.last_fitted_on is None:
        yield "last_fitted_on"


def _obstacles(
    fitting: Fitting, rules: FittingRules, bill: Bill, *, notice_used: bool
) -> Iterator[Reason]:
    notice, day = fitting.notice, local_day(fitting.began_at)
    if notice_used:
        yield _reason(rules, Code.NOTICE_USED, Decision.REFUSE)
    if notice and notice.valid_to and notice.valid_to < day:
        yield _reason(rules, Code.NOTICE_EXPIRED, Decision.HOLD, last=notice.valid_to)
    codes = {charge.id: charge.code for charge in bill.lines}
    for line in fitting.lines:
        code = codes[line.charge.id]
        years = _service_years(bill, code, day) if line.is_new else None
        due = line.last_fitted_on and years and anniversary(line.last_fitted_on, years)
        if due and day < due:
            life = Code.SERVICE_LIFE_NOT_REACHED
            yield _reason(rules, life, Decision.REFUSE, device=code, due=due)
            return


def _service_years(bill: Bill, code: str, day: date) -> int | None:
    """Return a device's minimum service life: the notice's, else the governing catalogue's."""
    approved = bill.device_limits
    item = approved.get(code) if approved else None
    if item is not None and item.service_years is not None:
        return item.service_years
    if approved is not None and item is None:
        return None  # the worker pays for it alone
    rows = [row for row in bill.catalogue if row.code == code and row.kind is CostKind.DEVICE]
    row = row_on(tuple(rows), day)
    return row.service_years if row else None


def _reason(rules: FittingRules, code: Code, effect: Decision, **blanks: object) -> Reason:
    return reason_of(code, effect, rules.articles[code], blanks)


def _bad_lines(code: str, zh: str, en: str) -> BadInput:
    mend = Words("核对配置明细后重新提交", "check the lines and send them again")
    return BadInput(code, Words(zh, en), mend, field="lines")


_NAMES: dict[StrEnum, Words] = {
    FittingState.VERIFIED: Words("已核验", "verified"),
    FittingState.FITTED: Words("已配置待结算", "fitted, to be settled"),
    FittingState.SETTLED: Words("已结算", "settled"),
    FittingState.MANUAL: Words("手工报销", "manual reimbursement"),
    FittingState.REVERSED: Words("已冲正", "reversed"),
}
