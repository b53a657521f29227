"""Our claim beside the agency's audit: what agrees, what was deducted, what is still to come.

Writes nothing. A deduction is between agency and facility: nothing here names the worker's share,
and no deduction ever becomes the worker's (the law is silent on who bears it; 客户规则).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from edge.core.claim import Item, Sum, is_paid, summed
from edge.core.dates import local_day
from edge.core.errors import Conflict, Words

AGE_LIMITS = (30, 60, 90)
"""Days up to which the first, second and third band of the ageing reach, included."""


class DeductionClass(StrEnum):
    """The classes in which an audit deducts (津 第二十四条; 京 三(三))."""

    NON_INJURY = "non_injury"
    OVER_STANDARD = "over_standard"
    OUT_OF_CATALOGUE = "out_of_catalogue"
    CLINICAL_ROUTINE = "clinical_routine"
    OTHER_BREACH = "other_breach"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """What the agency refuses of one line; ``line`` is empty when it is of the whole settlement.

    ``points`` are the assessment points that go with it (吉规 第二十三条: 考核扣分).
    """

    id: str
    settlement: str
    line: str
    amount_fen: int
    kind: DeductionClass
    reason: str
    article: str
    points: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedItem:
    """One item as the agency has it: what it found claimed, and what it approves."""

    settlement: str
    fund_fen: int
    approved_fen: int
    deductions: tuple[Deduction, ...] = ()


class Match(StrEnum):
    """How one item of ours and the agency's compare."""

    AGREED = "agreed"
    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One settlement on both sides, in fen; None where a side does not have it."""

    settlement: str
    match: Match
    ours_fen: int | None
    theirs_fen: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """Total first, then detail: each settlement of either side, once."""

    ours: Sum
    theirs_count: int
    theirs_fen: int
    rows: tuple[Compared, ...]

    @property
    def totals_agree(self) -> bool:
        """Whether count and sum are the same; two errors may still hide each other."""
        return (self.ours.count, self.ours.fund_fen) == (self.theirs_count, self.theirs_fen)

    @property
    def differences(self) -> tuple[Compared, ...]:
        """The rows that do not agree."""
        return tuple(row for row in self.rows if row.match is not Match.AGREED)

    @property
    def agreed(self) -> bool:
        """Whether totals and every row agree."""
        return self.totals_agree and not self.differences


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The agency's answer to an objection: how much of the deduction it lifts, and why."""

    lifted_fen: int
    text: str
    article: str
    answered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """The facility's objection to one deduction, and the answer once it came."""

    id: str
    deduction: str
    text: str
    operator: str
    made_at: datetime
    answer: Answer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that came for a month; negative when the agency set a debt of ours off."""

    id: str
    amount_fen: int
    paid_on: date
    reference: str


class PaymentMatch(StrEnum):
    """What came beside what is due."""

    NOTHING = "nothing"
    PART = "part"
    MATCHED = "matched"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """A month's money in fen: claimed − deducted = due; due − paid is still to come."""

    claimed_fen: int
    deducted_fen: int
    due_fen: int
    paid_fen: int
    match: PaymentMatch

    @property
    def open_fen(self) -> int:
        """What is still to come; negative: what came too much."""
        return self.due_fen - self.paid_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """A settlement's money: what the facility advanced for the fund, refused for good, got back."""

    settlement: str
    settled_on: date
    insured_region: str
    fund_fen: int
    deducted_fen: int = 0
    recovered_fen: int = 0

    @property
    def outstanding_fen(self) -> int:
        """What was advanced and neither refused nor paid back."""
        return self.fund_fen - self.deducted_fen - self.recovered_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One band of the ageing: days since the settlement, both ends included; None: no end."""

    from_days: int
    to_days: int | None
    count: int
    outstanding_fen: int


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Where an audit contradicts itself: the settlement, and in what."""

    settlement: str
    what: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a person found and confirmed: the approved sum, and a note where sides differ."""

    approved_fen: int
    note: str = field(default="")


def contradiction(audited: Iterable[AuditedItem]) -> Contradiction | None:
    """Return the first place where an audit cannot be: no sum that does not add up is believed."""
    seen: set[str] = set()
    for item in audited:
        what = _wrong_with(item)
        if item.settlement in seen:
            what = "settlement"
        if what:
            return Contradiction(item.settlement, what)
        seen.add(item.settlement)
    return None


def reconciled(items: Sequence[Item], audited: Sequence[AuditedItem]) -> Reconciliation:
    """Compare a claim with what the agency found claimed, item by item.

    A correction and a settlement of one stay are two settlements; an id stands once on each side.
    """
    ours = {item.settlement: item.fund_fen for item in items}
    theirs = {item.settlement: item.fund_fen for item in audited}
    ids = [*ours, *(one for one in theirs if one not in ours)]
    return Reconciliation(
        ours=summed(items),
        theirs_count=len(audited),
        theirs_fen=sum(theirs.values()),
        rows=tuple(_compared(one, ours.get(one), theirs.get(one)) for one in ids),
    )


def standing_fen(deduction: Deduction, objection: Objection | None) -> int:
    """Return what is left of a deduction after the agency's answer, if there is one."""
    lifted = objection.answer.lifted_fen if objection and objection.answer else 0
    return deduction.amount_fen - lifted


def deducted_by_settlement(
    audited: Iterable[AuditedItem], objections: Iterable[Objection]
) -> Mapping[str, int]:
    """Return what each settlement has lost, in fen; after answers."""
    by_deduction = {one.deduction: one for one in objections}
    return {
        item.settlement: sum(standing_fen(d, by_deduction.get(d.id)) for d in item.deductions)
        for item in audited
    }


def balance(
    items: Sequence[Item],
    audited: Sequence[AuditedItem],
    objections: Iterable[Objection],
    payments: Iterable[Payment],
) -> Balance:
    """Return a month's money. Only what both sides have is due: the rest is to be cleared first."""
    known = {item.settlement for item in items}
    both = [item for item in audited if item.settlement in known]
    deducted = sum(deducted_by_settlement(both, objections).values())
    due = sum(item.fund_fen for item in both) - deducted
    paid = sum(payment.amount_fen for payment in payments)
    return Balance(
        claimed_fen=summed(items).fund_fen,
        deducted_fen=deducted,
        due_fen=due,
        paid_fen=paid,
        match=_match(due, paid),
    )


def recovered(due: Mapping[str, int], paid_fen: int) -> Mapping[str, int]:
    """Spread what was paid over a month's settlements in their order, each up to its due.

    Corrections (negative dues) count first: they are set off against what is paid.
    """
    left = paid_fen - sum(fen for fen in due.values() if fen < 0)
    got: dict[str, int] = {}
    for settlement, fen in due.items():
        got[settlement] = fen if fen < 0 else max(0, min(fen, left))
        left -= max(got[settlement], 0)
    return got


def ageing(advanced: Iterable[Advanced], on: date) -> tuple[Band, ...]:
    """Sort what is outstanding into bands by days since the settlement; each is in one band."""
    open_ones = [one for one in advanced if one.outstanding_fen]
    starts = (0, *(limit + 1 for limit in AGE_LIMITS))
    ends: tuple[int | None, ...] = (*AGE_LIMITS, None)
    return tuple(_band(open_ones, on, start, end) for start, end in zip(starts, ends, strict=True))


def objection_until(audited_at: datetime, term_days: int | None) -> date | None:
    """Return the last day to object; None: no instrument gives a term, and the site set none."""
    return None if term_days is None else local_day(audited_at) + timedelta(days=term_days)


def require_objectable(before: Objection | None, *, until: date | None, now: datetime) -> None:
    """Refuse a second objection to a deduction, and one that comes too late.

    Raises:
        Conflict: OBJECTION_MADE, OBJECTION_TOO_LATE.
    """
    if before:
        raise Conflict(
            "OBJECTION_MADE",
            Words("对该扣除已提出过异议", "there is an objection to this deduction already"),
            Words("查看原异议及答复", "look at it and at its answer"),
            field="deduction",
        )
    if until and local_day(now) > until:
        raise Conflict(
            "OBJECTION_TOO_LATE",
            Words(f"异议期限已于 {until} 届满", f"the term for objections ended on {until}"),
            Words(
                "期限由本站设定（claims.objection_days）；与经办机构协商处理",
                "the site sets the term (claims.objection_days); talk to the agency",
            ),
            field="deduction",
        )


def require_confirmable(said: Found, approved_fen: int, found: Reconciliation) -> None:
    """Refuse to confirm what was not seen, or differences that nobody accounts for.

    Raises:
        Conflict: CLAIM_CHANGED; DIFFERENCES_UNEXPLAINED.
    """
    if said.approved_fen != approved_fen:
        raise Conflict(
            "CLAIM_CHANGED",
            Words("核定金额已变化，与所见不一致", "the approved sum is not what you saw any more"),
            Words("重新查看后再确认", "look at it again, then confirm"),
            field="approved_fen",
        )
    if not found.agreed and not said.note.strip():
        raise Conflict(
            "DIFFERENCES_UNEXPLAINED",
            Words(
                f"双方有 {len(found.differences)} 笔不一致，须说明处理情况",
                f"{len(found.differences)} items differ: say how they are dealt with",
            ),
            Words("逐笔核对后填写说明再确认", "check each, write a note, then confirm"),
            field="note",
        )


def _wrong_with(item: AuditedItem) -> str:
    deducted = sum(one.amount_fen for one in item.deductions)
    if any(one.amount_fen <= 0 for one in item.deductions):
        return "amount_fen"
    if any(one.settlement != item.settlement for one in item.deductions):
        return "deductions"
    return "approved_fen" if item.fund_fen - deducted != item.approved_fen else ""


def _compared(settlement: str, ours: int | None, theirs: int | None) -> Compared:
    if ours is None:
        match = Match.MISSING_HERE
    elif theirs is None:
        match = Match.MISSING_THERE
    else:
        match = Match.AGREED if ours == theirs else Match.DIFFERS
    return Compared(settlement=settlement, match=match, ours_fen=ours, theirs_fen=theirs)


def _match(due_fen: int, paid_fen: int) -> PaymentMatch:
    if due_fen == paid_fen:
        return PaymentMatch.MATCHED
    if not paid_fen:
        return PaymentMatch.NOTHING
    return PaymentMatch.OVER if is_paid(due_fen, paid_fen) else PaymentMatch.PART


def _band(advanced: Iterable[Advanced], on: date, start: int, end: int | None) -> Band:
    def age(one: Advanced) -> int:
        return max((on - one.settled_on).days, 0)

    inside = [one for one in advanced if start <= age(one) and (end is None or age(one) <= end)]
    return Band(
        from_days=start,
        to_days=end,
        count=len(inside),
        outstanding_fen=sum(one.outstanding_fen for one in inside),
    )
