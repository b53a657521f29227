"""A site that has lived: settled, refused, reversed, handed over, warned, its head signed twice."""

from contextlib import suppress
from dataclasses import dataclass

from edge.core.errors import NotAllowed
from edge.steps.fall_back import Request as HandOver
from edge.steps.fall_back import fall_back
from edge.steps.reverse import reverse
from edge.steps.settle import Request, settle
from edge.steps.sign_head import sign_head
from edge.steps.watch_clock import watch_clock
from tests.steps.colleagues import CLERK, request, reversed_by_both, settled, staffed
from tests.steps.conftest import Ground


@dataclass(frozen=True, slots=True)
class Lived:
    """The stays of the story: one settled, one reversed and in manual, one that waits."""

    settled: str
    manual: str
    waiting: str


def live(ground: Ground) -> Lived:
    """Let the story happen; the clock ends 30 hours later."""
    staffed(ground)
    first = ground.discharged()
    settled(ground, first.id, "k1")
    sign_head(ground.site, rows=1)
    second = ground.discharged()
    undone = settled(ground, second.id, "k2")
    with suppress(NotAllowed):
        reverse(ground.site, request(undone.id, key="r0", password="wrong"), CLERK)
    reversed_by_both(ground, undone.id, "r1")
    hand_over = HandOver(case=second.ref, reason="与职工商定", third_party=True)
    fall_back(ground.site, hand_over, CLERK)
    third = ground.discharged()
    ground.platform.down = True
    settle(ground.site, Request(case=third.ref, key="k3"), CLERK)
    ground.platform.down = False
    ground.clock.pass_time(hours=30)
    watch_clock(ground.site)
    sign_head(ground.site, rows=1)
    return Lived(first.id, second.id, third.id)
