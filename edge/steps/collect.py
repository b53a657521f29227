"""Bring down what the platform has for us, and apply it: each dispatch once, in one transaction.

A dispatch that cannot be applied waits with its code, and what belongs to the same matter waits
behind it; all others go on.
"""

from dataclasses import dataclass

from edge.core.errors import EdgeError, Fault
from edge.site import Site
from sync.dispatch import PAGE_MAX, Dispatch, PageQuestion
from sync.errors import Reason

PAGES_MAX = 100
APPLIED_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What one round did. ``refused``: why a page was not taken to its end."""

    new: int = 0
    applied: int = 0
    waiting: int = 0
    refused: Reason | None = None


def collect(site: Site) -> Collected:
    """Ask for what is new until there is no more, then apply all that can be.

    Without a key of the platform's nothing is asked for: nothing could be believed.

    Raises:
        PlatformUnreachable, PlatformUnsure: no answer, or none to what was asked.
    """
    if not site.inbox.is_open:
        return Collected()
    new, refused = 0, None
    for _ in range(PAGES_MAX):
        question = _question(site)
        page = site.platform.collect(question)
        with site.store.transaction() as db:
            taken = site.inbox.take(db, page, site.clock())
        new, refused = new + taken.new, taken.refused
        if refused or len(page.signed) < question.limit:
            break
    if refused:
        site.log.warning("inbox.refused", code=refused.code)
    applied, waiting = apply_due(site)
    return Collected(new=new, applied=applied, waiting=waiting, refused=refused)


def apply_due(site: Site) -> tuple[int, int]:
    """Apply what can be, in order; return how many were applied and how many wait."""
    applied = waiting = after = 0
    for _ in range(APPLIED_MAX):
        due = site.inbox.next_due(site.store.read(), after=after)
        if due is None:
            break
        after, dispatch = due
        code = dispatch.code if isinstance(dispatch, Reason) else _applied(site, dispatch)
        if code is None:
            applied += 1
            continue
        waiting += 1
        with site.store.transaction() as db:
            site.inbox.record_waiting(db, after, code)
        site.log.warning("dispatch.waits", seq=after, code=code)
    return applied, waiting


def _question(site: Site) -> PageQuestion:
    after = site.inbox.cursor(site.store.read())
    return PageQuestion(id=site.fresh_id(), at=site.clock(), after=after, limit=PAGE_MAX)


def _applied(site: Site, dispatch: Dispatch) -> str | None:
    """Apply one dispatch; return the code of what stands in its way, with nothing written."""
    from edge.dispatches import apply  # noqa: PLC0415 - with the first one that comes

    try:
        with site.store.transaction() as db:
            apply(site, db, dispatch)
            site.inbox.record_applied(db, dispatch.id, site.clock())
    except Fault:
        raise  # our own machine: it is no fault of the dispatch
    except EdgeError as wrong:
        return wrong.code
    return None
