"""The monthly claim: which settlements of a month the facility asks back, and how far it has come.

Writes nothing and asks nobody. A settlement is claimed once; a claim that was sent never changes:
what is reversed after it is taken back by a correction in a later month.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from edge.core.dates import Period, local_day
from edge.core.errors import BadInput, Conflict, Words
from edge.core.verification import Service

NOTE_LENGTH_MAX = 400

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)


class ClaimState(StrEnum):
    """How far a month has come: open → claimed → audited → agreed | disputed → paid."""

    OPEN = "open"
    CLAIMED = "claimed"
    AUDITED = "audited"
    AGREED = "agreed"
    DISPUTED = "disputed"
    PAID = "paid"


class Hold(StrEnum):
    """Why a settlement is not in this claim yet; it comes into a later one once mended."""

    NOT_DELIVERED = "not_delivered"
    """The platform has not acknowledged its message: the agency could not find it."""
    NOT_TYPED = "not_typed"
    """It goes by the login channel, and no confirmation number was brought back (津 第二十七条)."""
    NOT_REVERIFIED = "not_reverified"
    """It rests on the cached list, and the platform has not been asked since."""
    DISAGREES = "disagrees"
    """The platform, asked again, says other than the list did: a person decides."""
    LEFT_OUT = "left_out"
    """A person decided not to claim it: it is to be reversed."""
    ORIGINAL_NOT_AUDITED = "original_not_audited"
    """A correction must know what the original was approved with."""


class ItemKind(StrEnum):
    """What an item of a claim is."""

    SETTLEMENT = "settlement"
    CORRECTION = "correction"
    """Takes back a settlement that was claimed in an earlier month and reversed since."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month in Asia/Shanghai, written 2026-11."""

    first: date

    @property
    def last(self) -> date:
        """The month's last day."""
        return Period(months=1).last_day(self.first)

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One settlement as it is claimed. Money in fen; a correction's is negative or zero.

    ``stay`` is the stay or fitting. ``message_id`` told the platform of the settlement; what was
    typed into the national site has the ``confirmation`` number that the site gave instead.
    """

    settlement: str
    kind: ItemKind
    stay: str
    hospital_number: str
    service: Service
    insured_region: str
    settled_on: date
    total_fen: int
    fund_fen: int
    message_id: str | None
    confirmation: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A settlement that was in no claim yet, and what holds it back, if anything."""

    item: Item
    hold: Hold | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """How many items, and what they come to."""

    count: int
    total_fen: int
    fund_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a month's claim would be now: its items, and what stays behind and why."""

    month: Month
    items: tuple[Item, ...]
    held: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPaper:
    """One paper of a claim, by settlement or by claim, and the article that asks for it.

    ``copies``: how many; ``sealed``: with the hospital's seal; ``signed``: by the worker or a close
    relative; ``original``: no copy will do; ``uploaded``: by the wire, not on paper.
    """

    zh: str
    en: str
    article: str
    copies: int = 1
    sealed: bool = False
    signed: bool = False
    original: bool = False
    uploaded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What happened to a month's claim so far; the state follows from it.

    ``due_fen`` is what the agency owes after audit and answers; ``paid_fen`` what came.
    """

    submitted: bool = False
    audited: bool = False
    confirmed: bool = False
    open_objections: int = 0
    due_fen: int = 0
    paid_fen: int = 0


def read_month(text: str) -> Month:
    """Read ``2026-11``.

    Raises:
        BadInput: CLAIM_MONTH.
    """
    read = _MONTH.fullmatch(text)
    if read is None:
        raise BadInput(
            "CLAIM_MONTH",
            Words(f"不是有效的月份：{text[:20]}", f"not a month: {text[:20]!r}"),
            Words("按 2026-11 的格式填写", "write it like 2026-11"),
            field="month",
        )
    return Month(date(int(read[1]), int(read[2]), 1))


def month_of(moment: datetime) -> Month:
    """Return the month in which an aware ``moment`` lies."""
    return Month(local_day(moment).replace(day=1))


def month_after(month: Month) -> Month:
    """Return the next month."""
    return Month(month.last + timedelta(days=1))


def draft(month: Month, candidates: Iterable[Candidate]) -> Draft:
    """Put together what is claimed for ``month``: its own settlements and what earlier ones left.

    The order is that of the settlements' days, so that two drafts of the same are the same.
    """
    ours = sorted(
        (one for one in candidates if one.item.settled_on <= month.last),
        key=lambda one: (one.item.settled_on, one.item.settlement, one.item.kind),
    )
    return Draft(
        month=month,
        items=tuple(one.item for one in ours if one.hold is None),
        held=tuple(one for one in ours if one.hold is not None),
    )


def summed(items: Iterable[Item]) -> Sum:
    """Add up."""
    given = tuple(items)
    return Sum(
        count=len(given),
        total_fen=sum(item.total_fen for item in given),
        fund_fen=sum(item.fund_fen for item in given),
    )


def by_service(items: Iterable[Item]) -> Mapping[Service, Sum]:
    """Add up by service, in the order of the services."""
    given = tuple(items)
    present = {item.service for item in given}
    return {
        service: summed(item for item in given if item.service is service)
        for service in Service
        if service in present
    }


def by_region(items: Iterable[Item]) -> Mapping[str, Sum]:
    """Add up by insured region, in the order of the codes."""
    given = tuple(items)
    return {
        region: summed(item for item in given if item.insured_region == region)
        for region in sorted({item.insured_region for item in given})
    }


def require_over(month: Month, now: datetime) -> None:
    """Refuse to claim a month that still goes on: what it comes to is not known.

    Raises:
        Conflict: CLAIM_MONTH_OPEN.
    """
    if local_day(now) <= month.last:
        raise Conflict(
            "CLAIM_MONTH_OPEN",
            Words(f"{month} 尚未结束，不能申请月结", f"{month} is not over yet"),
            Words(f"{month.last} 以后再申请", f"claim it after {month.last}"),
            field="month",
        )


def require_seen(made: Draft, *, count: int, fund_fen: int) -> None:
    """Refuse to send what the person who presses has not seen.

    Raises:
        Conflict: CLAIM_EMPTY; CLAIM_CHANGED, when the count or the sum is another by now.
    """
    ours = summed(made.items)
    if not made.items:
        raise Conflict(
            "CLAIM_EMPTY",
            Words(
                f"{made.month} 没有可以申请的结算", f"there is nothing to claim for {made.month}"
            ),
            Words("查看暂缓的结算及其原因", "look at what is held back, and why"),
            field="month",
        )
    if (count, fund_fen) != (ours.count, ours.fund_fen):
        raise Conflict(
            "CLAIM_CHANGED",
            Words("月结内容已变化，与所见不一致", "the claim is not what you saw any more"),
            Words("重新查看后再申请", "look at it again, then send it"),
            field="fund_fen",
        )


def state_of(progress: Progress) -> ClaimState:
    """Return the state that follows from what happened."""
    if not progress.submitted:
        return ClaimState.OPEN
    if not progress.audited:
        return ClaimState.CLAIMED
    if progress.open_objections:
        return ClaimState.DISPUTED
    if not progress.confirmed:
        return ClaimState.AUDITED
    return ClaimState.PAID if is_paid(progress.due_fen, progress.paid_fen) else ClaimState.AGREED


def is_paid(due_fen: int, paid_fen: int) -> bool:
    """Tell whether nothing is open between the two; a claim may also owe (corrections)."""
    return paid_fen >= due_fen if due_fen >= 0 else paid_fen <= due_fen


def require_claim_state(month: Month, state: ClaimState, *allowed: ClaimState) -> None:
    """Refuse an act that the month's state does not allow.

    Raises:
        Conflict: CLAIM_STATE, naming the state.
    """
    if state not in allowed:
        names = " / ".join(CLAIM_NAMES[one].zh for one in allowed)
        raise Conflict(
            "CLAIM_STATE",
            Words(
                f"{month} 月结当前为“{CLAIM_NAMES[state].zh}”，此操作仅限“{names}”",
                f"the claim of {month} is {state}; this needs {' or '.join(allowed)}",
            ),
            Words("刷新后从当前状态继续", "look at it again and go on from its state"),
            field="state",
        )


CLAIM_NAMES: Mapping[ClaimState, Words] = {
    ClaimState.OPEN: Words("未申请", "open"),
    ClaimState.CLAIMED: Words("已申请", "claimed"),
    ClaimState.AUDITED: Words("已审核", "audited"),
    ClaimState.AGREED: Words("已确认", "agreed"),
    ClaimState.DISPUTED: Words("有异议", "disputed"),
    ClaimState.PAID: Words("已拨付", "paid"),
}
"""The states in words."""
