"""When a case goes to manual reimbursement, on what ground, and what its package holds.

Writes nothing and lays out no page. A case that went to manual never settles here: the insured
region would pay twice (鲁 第二十条, 吉规 第二十六条).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from edge.core.adjudication import Bill, Ruling
from edge.core.cases import CaseKind
from edge.core.errors import BadInput, Conflict, Words
from edge.core.fitting import Fitting
from edge.core.identity import Identity
from edge.core.rules import Rule
from edge.core.settlement import NO_CHARGES
from edge.core.stay import Stay
from edge.core.verification import Code, Decision, Reason, Verdict

FAULTS = frozenset(
    {
        Code.PLATFORM_UNREACHABLE,
        Code.LIST_STALE,
        Code.VERIFIED_FROM_LIST,
        Code.CREDENTIAL_REQUIRED,
        Code.CARD_EXPIRED,
    }
)
"""Faults of network and credential: by hand under ``fault.manual`` (津 第二十九条)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Why the case does not settle directly: a stable code, its article and the sentence."""

    code: str
    article: str
    text: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper of the checklist. ``article`` asks for it; ``original``: no copy will do.

    ``asked_back``: it was handed in when the case was settled, and the worker needs it now.
    """

    zh: str
    en: str
    article: str
    original: bool = False
    is_bill: bool = False
    asked_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualPackage:
    """All that the documents of a manual reimbursement are made of, as of ``handed_at``.

    Of ``stay`` and ``fitting`` there is the one that was handed over.
    ``reason`` is the clerk's. ``reversed_settlement`` is the last settlement, which was undone
    before. The ruling is ours and binds nobody: the insured region decides.
    """

    stay: Stay | None = None
    fitting: Fitting | None = None
    person: Identity
    ground: Ground
    reason: str
    verdict: Verdict
    bill: Bill
    ruling: Ruling
    papers: tuple[Paper, ...]
    reversed_settlement: str | None
    handed_at: datetime


class Gathered(StrEnum):
    """What is said of a paper: it is there, or this case has none (no surgery, no record of it)."""

    THERE = "there"
    NOT_NEEDED = "not_needed"


class HandoverState(StrEnum):
    """How far a package is: papers missing, all accounted for, or taken along by the worker."""

    DRAFT = "draft"
    COMPLETE = "complete"
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What was said of a package's papers last, by their names, and who took it along, if taken."""

    papers: Mapping[str, Gathered]
    operator: str
    at: datetime
    taken_by: str = ""


def missing_papers(asked: Iterable[Paper], handover: Handover | None) -> tuple[str, ...]:
    """Return the names of the papers of which nothing was said."""
    said = handover.papers if handover else {}
    return tuple(paper.zh for paper in asked if paper.zh not in said)


def handover_state(asked: Iterable[Paper], handover: Handover | None) -> HandoverState:
    """Return how far the package is."""
    if handover and handover.taken_by:
        return HandoverState.HANDED_OVER
    return HandoverState.DRAFT if missing_papers(asked, handover) else HandoverState.COMPLETE


def require_asked(asked: Iterable[Paper], said: Mapping[str, Gathered]) -> None:
    """Refuse a paper that the checklist does not name.

    Raises:
        BadInput: UNKNOWN_PAPER, naming it.
    """
    names = {paper.zh for paper in asked}
    for name in said:
        if name not in names:
            raise BadInput(
                "UNKNOWN_PAPER",
                Words(f"清单中没有“{name}”", f"the checklist does not name {name!r}"),
                Words("照清单上的名称勾选", "take the names from the checklist"),
                field=f"papers.{name}",
            )


def require_handable(asked: Iterable[Paper], before: Handover | None, after: Handover) -> None:
    """Refuse to change what was taken along, and to hand over what is not complete.

    Raises:
        Conflict: PACKAGE_TAKEN; PAPERS_MISSING, naming them.
    """
    if before and before.taken_by:
        raise Conflict(
            "PACKAGE_TAKEN",
            Words("材料已移交职工", "the package was taken along already"),
            Words(
                "查看移交记录；补交的材料另行登记", "see the hand-over; note what is added beside"
            ),
            field="taken_by",
        )
    missing = missing_papers(asked, after)
    if after.taken_by and missing:
        raise Conflict(
            "PAPERS_MISSING",
            Words(f"材料未备齐：{'、'.join(missing)}", f"not gathered: {', '.join(missing)}"),
            Words("备齐或标明不适用后再移交", "gather them, or say that the case has none"),
            field="papers",
        )


def manual_ground(
    verdict: Verdict,
    ruling: Ruling,
    fault: Rule,
    *,
    kind: CaseKind = CaseKind.STAY,
    obstacles: tuple[Reason, ...] = (),
) -> Ground:
    """Return what keeps the case from settling directly; ``fault`` is the rule ``fault.manual``.

    ``obstacles`` are what forbids a fitting besides the verdict.

    Raises:
        Conflict: NOT_MANUAL, when nothing does, or when local settlement is the way; NO_CHARGES.
    """
    if not ruling.lines and not ruling.refused:
        raise Conflict(NO_CHARGES.code, NO_CHARGES.reason, NO_CHARGES.next_action)
    if verdict.decision is Decision.LOCAL:
        raise _not_manual(_LOCAL, kind)
    if verdict.decision is not Decision.DIRECT:
        deciding = verdict.reasons[0]
        by_fault = deciding.code in FAULTS and fault.value
        return _ground(deciding, fault.article if by_fault else deciding.article)
    if obstacles:
        return _ground(obstacles[0], obstacles[0].article)
    if not ruling.refused:
        raise _not_manual(_SETTLES, kind)
    return Ground(
        code="LINES_REFUSED",
        article=fault.article,
        text=f"有 {len(ruling.refused)} 条费用明细未能通过校验，无法联网结算",
        text_en=f"{len(ruling.refused)} lines of the bill cannot be settled on line",
    )


def papers_to_gather(papers: Iterable[Paper], *, was_settled: bool) -> tuple[Paper, ...]:
    """Return the checklist; after a settlement the original bill is asked back (川 第二十三条)."""
    return tuple(replace(paper, asked_back=paper.is_bill and was_settled) for paper in papers)


def _ground(reason: Reason, article: str) -> Ground:
    return Ground(code=reason.code, article=article, text=reason.text, text_en=reason.text_en)


def _not_manual(why: tuple[Words, Words], kind: CaseKind) -> Conflict:
    reason, next_action = why
    return Conflict("NOT_MANUAL", reason, next_action, field=kind)


_SETTLES = (
    Words("该业务可以直接结算", "this case settles directly"),
    Words(
        "请办理结算；涉及第三方责任的，勾选后再转手工报销",
        "settle it; where a third party is liable say so, and hand it to manual again",
    ),
)
_LOCAL = (
    Words("职工在本地参保，不属于异地就医", "the worker is insured in this very region"),
    Words("按本地工伤结算流程办理", "settle it as an ordinary local case"),
)
