"""What was looked at is what is settled; when it is not, the answer says what changed."""

from edge import codec
from edge.core.changes import Change
from edge.core.settlement import Blocked
from edge.digest import sha256
from edge.site.previews import Previews
from edge.steps.charge import charge
from edge.steps.preview import preview
from edge.steps.settle import Request, settle
from edge.store.settlements import Settlement
from tests.steps.conftest import FACTS, Ground, line

CLERK = "出院员"


def looked_at(ground: Ground, *lines: str) -> Request:
    """Discharge somebody with these lines, preview, and return the press that follows."""
    stay = ground.discharged(*(line(one) for one in lines))
    shown = sha256(codec.encode(preview(ground.site, stay.ref).ruling))
    return Request(case=stay.ref, key="k1", preview=shown)


def test_what_was_previewed_is_settled_with_the_same_bytes(ground: Ground) -> None:
    press = looked_at(ground, "1", "2")
    done = settle(ground.site, press, CLERK)
    assert isinstance(done, Settlement)
    assert sha256(done.ruling) == press.preview


def test_a_line_that_came_since_is_told_and_nothing_is_settled(ground: Ground) -> None:
    press = looked_at(ground, "1")
    charge(ground.site, press.case.id, (line("2", price="5.00"),), CLERK)
    before = [ground.count(table) for table in ("settlements", "outbox")]
    blocked = settle(ground.site, press, CLERK)
    assert isinstance(blocked, Blocked)
    assert [block.code for block in blocked.blocks] == ["PREVIEW_CHANGED"]
    assert blocked.changes == (
        Change(what="total_fen", before=1200, after=1700),
        Change(what="fund_fen", before=1000, after=1500),
        Change(what="lines.2", before=None, after=500),
    )
    assert [ground.count(table) for table in ("settlements", "outbox")] == before
    # The same press without the old preview is a press on the bill as it is.
    assert isinstance(settle(ground.site, Request(case=press.case, key="k1"), CLERK), Settlement)


def test_what_else_is_in_the_way_is_told_with_it(ground: Ground) -> None:
    press = looked_at(ground, "1")
    charge(ground.site, press.case.id, (line("2", code="NOWHERE"),), CLERK)
    interrupted = {"contribution": {"status": "interrupted", "as_of": "2026-11-20"}}
    ground.platform.facts = FACTS | interrupted
    blocked = settle(ground.site, press, CLERK)
    assert isinstance(blocked, Blocked)
    assert [block.code for block in blocked.blocks] == [
        "PREVIEW_CHANGED",
        "CONTRIBUTION_INTERRUPTED",
        "LINES_REFUSED",
    ]
    assert blocked.changes == (
        Change(what="refused.2", before=None, after="UNKNOWN_CODE"),
        Change(what="verdict.decision", before="direct", after="hold"),
    )


def test_a_verdict_that_turned_is_told_where_the_bill_is_as_it_was(ground: Ground) -> None:
    press = looked_at(ground, "1")
    ground.platform.down = True
    blocked = settle(ground.site, press, CLERK)
    assert isinstance(blocked, Blocked)
    assert [block.code for block in blocked.blocks] == ["PLATFORM_UNREACHABLE"]
    assert blocked.changes == (Change(what="verdict.decision", before="direct", after="hold"),)


def test_after_a_restart_the_change_is_still_seen_by_its_hash(ground: Ground) -> None:
    press = looked_at(ground, "1")
    unseen = Request(case=press.case, key="k1", preview="0" * 64)
    blocked = settle(ground.site, unseen, CLERK)
    assert isinstance(blocked, Blocked)
    assert [(one.what, one.before) for one in blocked.changes] == [
        ("total_fen", None),
        ("fund_fen", None),
        ("personal_fen", None),
    ]


def test_of_too_many_lines_the_oldest_rulings_are_forgotten(ground: Ground) -> None:
    stay = ground.discharged(line("1"), line("2"))
    first = preview(ground.site, stay.ref).ruling
    charge(ground.site, stay.id, (line("3"),), CLERK)
    second = preview(ground.site, stay.ref).ruling
    previews = Previews(lines_max=4)
    digest = previews.remember(first)
    assert previews.remember(first) == digest
    assert previews.since(digest, second)[0].before == first.total_fen
    previews.remember(second)
    assert previews.since(digest, second)[0].before is None
