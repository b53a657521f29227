"""What is said of a worker's papers: to the case that asks, and in the list to one facility.

What a case has used itself is never held against it. Chooses no paper and judges none.
"""

from collections.abc import Sequence
from typing import Any

from simulators.platform.register import Filing, Notice, Used

_BY_WHOM = {"settled_by", "used_by"}
"""Which cases used a paper: known to the platform, told to nobody."""


def filing_told_to(filing: Filing, asking: Used) -> dict[str, Any]:
    """Return the filing as one case may know it: ``episodes_settled`` are all others' stays."""
    return _counted(filing, [one for one in filing.settled_by if one != asking], asking.facility)


def notice_told_to(notice: Notice, asking: Used, used_by: Used | None) -> dict[str, Any]:
    """Return the notice as one case may know it: used when another case used it."""
    users = [one for one in (used_by, notice.used_by) if one]
    return _told(notice, used=notice.used or any(one != asking for one in users))


def filing_listed(filing: Filing, facility: str) -> dict[str, Any]:
    """Return the filing for one facility's list: every stay is counted."""
    return _counted(filing, filing.settled_by, facility)


def notice_listed(notice: Notice, facility: str) -> dict[str, Any]:
    """Return the notice for one facility's list: used, and by which of its own fittings."""
    user = notice.used_by
    told = _told(notice, used=notice.used or user is not None)
    return {**told, "used_here": user.stay} if user and user.facility == facility else told


def _counted(filing: Filing, users: Sequence[Used], facility: str) -> dict[str, Any]:
    """Count the stays, and name the facility's own: it knows best what became of them since."""
    here = [one.stay for one in users if one.facility == facility]
    told = _told(filing, episodes_settled=filing.episodes_settled + len(users))
    return {**told, "episodes_here": here} if here else told


def _told(paper: Filing | Notice, **counted: object) -> dict[str, Any]:
    return {**paper.model_dump(mode="json", exclude=_BY_WHOM), **counted}
