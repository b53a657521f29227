"""A manual package's papers are gathered, missing ones named, and taken along once."""

import pytest

from edge.core.errors import BadInput, Conflict, Fault, NotFound
from edge.core.fallback import Gathered, HandoverState
from edge.core.stay import Stay
from edge.steps.fall_back import Request, fall_back
from edge.steps.gather_papers import gather, hand_over, papers_now
from edge.store.ledger import latest
from tests.steps.conftest import Ground

CLERK = "出院员"


def in_manual(ground: Ground) -> Stay:
    stay = ground.discharged()
    fall_back(ground.site, Request(case=stay.ref, reason="商定", third_party=True), CLERK)
    return stay


def test_a_package_is_a_draft_until_each_paper_is_there_or_not_needed(ground: Ground) -> None:
    stay = in_manual(ground)
    draft = papers_now(ground.site, stay.ref)
    names = [paper.zh for paper in draft.asked]
    assert (draft.state, draft.missing) == (HandoverState.DRAFT, tuple(names))
    some = gather(ground.site, stay.ref, {names[0]: Gathered.THERE}, CLERK)
    assert some.missing == tuple(names[1:])
    with pytest.raises(Conflict) as refused:
        hand_over(ground.site, stay.ref, "本人", CLERK)
    assert refused.value.code == "PAPERS_MISSING"
    assert names[1] in refused.value.reason.zh
    said = dict.fromkeys(names, Gathered.THERE) | {names[-1]: Gathered.NOT_NEEDED}
    assert gather(ground.site, stay.ref, said, CLERK).state is HandoverState.COMPLETE


def test_a_package_is_taken_along_once_and_by_whom_is_kept(ground: Ground) -> None:
    stay = in_manual(ground)
    names = [paper.zh for paper in papers_now(ground.site, stay.ref).asked]
    gather(ground.site, stay.ref, dict.fromkeys(names, Gathered.THERE), CLERK)
    done = hand_over(ground.site, stay.ref, " 李四（配偶） ", CLERK)
    assert done.state is HandoverState.HANDED_OVER
    now = papers_now(ground.site, stay.ref)
    assert now.handover is not None
    assert now.handover.taken_by == "李四（配偶）"
    assert latest(ground.site.store.read(), limit=1)[0].act.kind == "manual.handed_over"
    with pytest.raises(Conflict) as refused:
        hand_over(ground.site, stay.ref, "本人", CLERK)
    assert refused.value.code == "PACKAGE_TAKEN"
    with pytest.raises(Conflict) as refused:
        gather(ground.site, stay.ref, {}, CLERK)
    assert refused.value.code == "PACKAGE_TAKEN"
    with pytest.raises(Fault, match="taken along"), ground.site.store.transaction() as db:
        db.execute(
            "insert into manual_handovers (stay_id, number, gathered, operator, at)"
            " values (?, 9, '{}', 'x', 'now')",
            [stay.id],
        )


def test_what_the_checklist_does_not_name_is_refused(ground: Ground) -> None:
    stay = in_manual(ground)
    with pytest.raises(BadInput) as refused:
        gather(ground.site, stay.ref, {"别的": Gathered.THERE}, CLERK)
    assert (refused.value.code, refused.value.field) == ("UNKNOWN_PAPER", "papers.别的")
    with pytest.raises(BadInput) as refused:
        hand_over(ground.site, stay.ref, " ", CLERK)
    assert refused.value.field == "taken_by"


def test_a_case_that_is_not_in_manual_has_no_papers(ground: Ground) -> None:
    stay = ground.discharged()
    with pytest.raises(NotFound) as refused:
        papers_now(ground.site, stay.ref)
    assert refused.value.code == "NO_MANUAL_PACKAGE"
