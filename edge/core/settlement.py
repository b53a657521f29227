"""Whether a case may be settled here and now, by which packs, under which key. Writes nothing.

A case that may not be settled is ``Blocked``: a value with its reasons, not an exception.
"""

from dataclasses import dataclass
from datetime import datetime

from edge.core.adjudication import Bill, Ruling
from edge.core.changes import Change, in_words
from edge.core.errors import BadInput, Conflict, Words
from edge.core.fitting import Case
from edge.core.money import yuan
from edge.core.rules import Rulebook
from edge.core.verification import Decision, PackUsed, Reason, Verdict
from edge.core.verification.ground import ground_of

KEY_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is about to be committed: the fund's share and the worker's, in fen.

    ``overdue`` tells that the 48 hours had passed; then a reason was given.
    """

    total_fen: int
    fund_fen: int
    personal_fen: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class Block:
    """One thing in the way: a stable code, the sentence, and what the clerk does next."""

    code: str
    reason: Words
    next_action: Words


NO_CHARGES = Block(
    "NO_CHARGES",
    Words("尚未收到费用明细", "no charges have arrived"),
    Words("在医院系统上传费用明细后再结算", "send the charges from the hospital system first"),
)
"""A bill without a line: nothing to settle, and nothing to reimburse."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """Not settled; nothing was written. ``blocks`` is never empty.

    ``changes``: what is not as the preview showed it, where the caller named one.
    """

    blocks: tuple[Block, ...]
    changes: tuple[Change, ...] = ()


def settlement_terms(
    case: Case,
    verdict: Verdict,
    ruling: Ruling,
    *,
    now: datetime,
    overdue_reason: str,
    hospital_total_fen: int | None = None,
) -> Terms | Blocked:
    """Decide whether the ruled bill may be settled by card.

    ``hospital_total_fen`` is what the hospital's own system says the bill comes to, if it says.

    Raises:
        Conflict: STAY_STATE, FITTING_STATE, when the case has not ended (or was settled).
    """
    case.require_ended()
    overdue = case.settle_by is not None and now > case.settle_by
    blocks = (
        *_cover(verdict),
        *_bill(ruling, hospital_total_fen),
        *([_OVERDUE] if overdue and not overdue_reason.strip() else []),
    )
    if blocks:
        return Blocked(blocks)
    return Terms(
        total_fen=ruling.total_fen,
        fund_fen=ruling.fund_fen,
        personal_fen=ruling.personal_fen,
        overdue=overdue,
    )


def hindered(terms: Terms | Blocked, obstacles: tuple[Reason, ...]) -> Terms | Blocked:
    """Add what forbids a fitting besides its verdict and its bill."""
    more = blocked_by(obstacles)
    if more is None or isinstance(terms, Terms):
        return more or terms
    return Blocked(terms.blocks + more.blocks)


def blocked_by(reasons: tuple[Reason, ...]) -> Blocked | None:
    """Return the reasons as what is in the way; None: there are none."""
    return Blocked(tuple(map(_block, reasons))) if reasons else None


def held_to_preview(
    terms: Terms | Blocked, changes: tuple[Change, ...], *, was: Decision, verdict: Verdict
) -> Terms | Blocked:
    """Stop what is not as it was previewed, and say what has changed.

    ``was`` is the decision that the case came in with; a verdict that is another now is told, too.
    """
    now = verdict.decision
    turned = now not in {was, Decision.DIRECT}
    told = (*changes, Change(what="verdict.decision", before=was, after=now)) if turned else changes
    blocks = terms.blocks if isinstance(terms, Blocked) else ()
    if changes:
        return Blocked((_preview_changed(changes), *blocks), told)
    return Blocked(blocks, told) if blocks else terms


@dataclass(frozen=True, slots=True, kw_only=True)
class OnList:
    """Settlements that rest on the cached list: how many, and the fund's share in fen."""

    count: int
    fund_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineLimits:
    """What the site lets rest on the cached list (客户规则): one settlement, and 24 hours of them.

    Amounts are the fund's share in fen.
    """

    fund_fen_max: int
    count_max: int
    total_fen_max: int


def over_offline_limits(terms: Terms, before: OnList, limits: OfflineLimits) -> Blocked | None:
    """Stop a settlement on the list that goes over a limit; ``before`` is of the last 24 hours."""
    over = (
        terms.fund_fen > limits.fund_fen_max
        or before.count >= limits.count_max
        or before.fund_fen + terms.fund_fen > limits.total_fen_max
    )
    return Blocked((_OFFLINE_LIMIT,)) if over else None


def paid_twice(*, reimbursed: bool) -> Blocked:
    """Stop settling what the insured region pays by hand, or may (鲁 第二十条)."""
    return Blocked((_REIMBURSED if reimbursed else _REIMBURSEMENT_ASKED,))


def bill_packs(rulebook: Rulebook, bill: Bill) -> tuple[PackUsed, PackUsed]:
    """Return the packs that rule a bill: the insured side's and the treatment side's."""
    return ground_of(rulebook, bill.insured_region, bill.treatment_region, bill.admitted_on).used


def require_same_day(case: Case, judged: datetime | None) -> None:
    """Refuse a case whose days were said anew while its cover was being asked about.

    Raises:
        Conflict: CASE_CHANGED.
    """
    if case.began_at != judged:
        raise Conflict(
            "CASE_CHANGED",
            Words("核验期间该业务的时间被修改", "the case was changed while it was being verified"),
            Words("重新预览后再办理", "look at the preview again, then go on"),
            field="state",
        )


def require_key(key: str) -> None:
    """Refuse an act on money without the key by which it is known when it is asked again.

    Raises:
        BadInput: IDEMPOTENCY_KEY, missing or too long.
    """
    if not 1 <= len(key) <= KEY_LENGTH_MAX:
        raise BadInput(
            "IDEMPOTENCY_KEY",
            Words("缺少或超长的 Idempotency-Key", "the Idempotency-Key is missing or too long"),
            Words(
                "每张表单生成一个新的键，重试时沿用",
                "make one key for each form, and send the same key when you try again",
            ),
            field="Idempotency-Key",
        )


def reused_key() -> Conflict:
    """Return the error of a key that was another case's: IDEMPOTENCY_KEY_REUSED."""
    return Conflict(
        "IDEMPOTENCY_KEY_REUSED",
        Words("该 Idempotency-Key 已用于另一笔业务", "this key was used for another case"),
        Words("刷新页面后重新提交", "open the form again and send it"),
        field="Idempotency-Key",
    )


def _cover(verdict: Verdict) -> tuple[Block, ...]:
    if verdict.decision is Decision.DIRECT:
        return ()
    return tuple(_block(reason) for reason in verdict.reasons if reason.effect is verdict.decision)


def _block(reason: Reason) -> Block:
    return Block(
        reason.code,
        Words(f"{reason.text}（{reason.article}）", f"{reason.text_en} ({reason.article})"),
        Words(reason.next, reason.next),
    )


def _bill(ruling: Ruling, hospital_total_fen: int | None) -> tuple[Block, ...]:
    if ruling.refused:
        return (
            Block(
                "LINES_REFUSED",
                Words(
                    f"有 {len(ruling.refused)} 条费用明细未通过校验",
                    f"{len(ruling.refused)} lines of the bill are refused",
                ),
                Words(
                    "按提示更正或补充映射后重新上传这些明细",
                    "mend or map these lines and send them again",
                ),
            ),
        )
    if not ruling.lines:
        return (NO_CHARGES,)
    if hospital_total_fen not in {None, ruling.total_fen}:
        return (_total_differs(ruling.total_fen, hospital_total_fen or 0),)
    return ()


def _total_differs(ours_fen: int, theirs_fen: int) -> Block:
    difference = yuan(abs(theirs_fen - ours_fen))
    more_zh, more_en = ("多", "more") if theirs_fen > ours_fen else ("少", "less")
    return Block(
        "HOSPITAL_TOTAL_DIFFERS",
        Words(
            f"医院系统的总额 {yuan(theirs_fen)} 元比已收明细合计 {yuan(ours_fen)} 元"
            f"{more_zh} {difference} 元",
            f"the hospital's total of {yuan(theirs_fen)} yuan is {difference} {more_en} than the"
            f" {yuan(ours_fen)} yuan of the lines received",
        ),
        Words(
            "补传缺少的明细或退费行；总额有误时由医院系统重新发送总额",
            "send the missing lines or refunds, or the right total",
        ),
    )


def _preview_changed(changes: tuple[Change, ...]) -> Block:
    what = in_words(changes)
    return Block(
        "PREVIEW_CHANGED",
        Words(
            f"预览之后费用或核算结果有变化，未结算。{what.zh}",
            f"the bill is not as it was previewed; not settled. {what.en}",
        ),
        Words(
            "核对变化，刷新页面或重新预览后再结算",
            "look at what changed, open the page or preview again, then settle",
        ),
    )


_OVERDUE = Block(
    "OVERDUE_REASON_MISSING",
    Words("已超过出院后 48 小时的结算时限", "the 48 hours after discharge have passed"),
    Words("填写逾期原因后仍可结算", "give the reason for the delay; settling is still allowed"),
)

_REIMBURSED = Block(
    "REIMBURSED_BY_HAND",
    Words(
        "参保地已对该次就医手工报销，不得再直接结算",
        "the insured region has paid this stay by hand; it is not settled again",
    ),
    Words(
        "转手工报销；有疑问联系参保地经办机构",
        "hand it to manual; ask the insured region's agency if in doubt",
    ),
)

_REIMBURSEMENT_ASKED = Block(
    "REIMBURSEMENT_ASKED",
    Words(
        "参保地正在办理该次就医的手工报销，本机构已答复未直接结算",
        "the insured region is about to pay this stay by hand; we said that it was not settled",
    ),
    Words(
        "联系参保地经办机构撤回手工报销后再结算，或转手工报销",
        "have the agency withdraw it, then settle; or hand the stay to manual",
    ),
)

_OFFLINE_LIMIT = Block(
    "OFFLINE_LIMIT",
    Words(
        "平台不通时按名单结算已达本机构设定的限额",
        "the site's limits for settling on the cached list are reached",
    ),
    Words(
        "待平台恢复后结算；48 小时内不能恢复时与职工商定手工报销",
        "settle when the platform is back; if that is past the 48 hours, agree on manual",
    ),
)
