"""A manual package goes out whole, once, and with the papers that its checklist names."""

from datetime import UTC, datetime

import pytest

from edge.core.errors import BadInput, Conflict
from edge.core.fallback import (
    Gathered,
    Handover,
    HandoverState,
    Paper,
    handover_state,
    missing_papers,
    require_asked,
    require_handable,
)

ASKED = tuple(
    Paper(zh=zh, en=en, article="津 第二十九条")
    for zh, en in (("病历", "record"), ("发票", "invoice"))
)
BOTH = {"病历": Gathered.THERE, "发票": Gathered.NOT_NEEDED}


def said(papers: dict[str, Gathered], taken_by: str = "") -> Handover:
    at = datetime(2026, 11, 25, 9, tzinfo=UTC)
    return Handover(papers=papers, operator="出院员", at=at, taken_by=taken_by)


@pytest.mark.parametrize(
    ("handover", "missing", "state"),
    [
        (None, ("病历", "发票"), HandoverState.DRAFT),
        (said({"病历": Gathered.THERE}), ("发票",), HandoverState.DRAFT),
        (said(BOTH), (), HandoverState.COMPLETE),
        (said(BOTH, "测试甲"), (), HandoverState.HANDED_OVER),
    ],
)
def test_a_package_is_complete_when_something_was_said_of_each_paper(
    handover: Handover | None, missing: tuple[str, ...], state: HandoverState
) -> None:
    assert missing_papers(ASKED, handover) == missing
    assert handover_state(ASKED, handover) is state


def test_a_paper_that_nobody_asked_for_is_named() -> None:
    require_asked(ASKED, BOTH)
    with pytest.raises(BadInput) as refused:
        require_asked(ASKED, {**BOTH, "照片": Gathered.THERE})
    assert (refused.value.code, refused.value.field) == ("UNKNOWN_PAPER", "papers.照片")


def test_what_is_incomplete_is_kept_but_not_handed_over() -> None:
    require_handable(ASKED, None, said({"病历": Gathered.THERE}))
    require_handable(ASKED, None, said(BOTH, "测试甲"))
    with pytest.raises(Conflict) as refused:
        require_handable(ASKED, None, said({"病历": Gathered.THERE}, "测试甲"))
    assert refused.value.code == "PAPERS_MISSING"
    assert "发票" in refused.value.reason.zh


def test_what_was_taken_along_is_not_changed() -> None:
    with pytest.raises(Conflict) as refused:
        require_handable(ASKED, said(BOTH, "测试甲"), said(BOTH))
    assert refused.value.code == "PACKAGE_TAKEN"
