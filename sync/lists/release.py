"""What a release of the list says of itself, and whether it may take the place of the one in use.

The bytes have been verified before (``sync.lists.source``); here only their sense is judged.
"""

from datetime import datetime, timedelta

from sync import codec
from sync.errors import ListRefused, Reason
from sync.lists.reasons import (
    LIST_EXPIRED,
    LIST_FROM_FUTURE,
    LIST_OF_ANOTHER,
    LIST_ROLLED_BACK,
    LIST_UNREADABLE,
)

CLOCKS_APART = timedelta(minutes=5)
"""How far the platform's clock may be ahead of ours."""


class Delta(codec.Tolerant, frozen=True):
    """What changed since release ``since``: ``target`` is the file."""

    since: codec.Count
    target: codec.Filled


class Published(codec.Tolerant, frozen=True):
    """A file that comes with a release: a catalogue, a region's pack, the library of facilities.

    ``target`` is the file, ``sha256`` its hash in hexadecimal. A catalogue says whose it is by
    ``region`` and ``version``, and by ``insurance`` where it is only one of its region's lists; a
    pack by its folder's name, ``place``.
    """

    kind: codec.Short
    target: codec.Filled
    sha256: codec.Sha256
    region: codec.Division | None = None
    version: codec.Short | None = None
    insurance: codec.Short | None = None
    place: codec.Short | None = None


class Release(codec.Tolerant, frozen=True):
    """One release: complete as of ``as_of``, believed until ``expires_at``.

    ``rows`` is how many workers it holds; ``snapshot`` and the deltas name their files; ``direct``
    and ``suspended`` are the facility's own standing in the library; ``files`` is what else there
    is to have.
    """

    version: codec.Ordinal
    facility: codec.Filled
    as_of: codec.Aware
    expires_at: codec.Aware
    rows: codec.Count
    snapshot: codec.Filled
    deltas: tuple[Delta, ...] = ()
    direct: bool = True
    suspended: bool = False
    files: tuple[Published, ...] = ()

    def delta_since(self, version: int) -> Delta | None:
        """Return the delta that leads from ``version`` to this release."""
        return next((delta for delta in self.deltas if delta.since == version), None)


def read_release(manifest: bytes) -> Release:
    """Read a verified manifest.

    Raises:
        ListRefused: LIST_UNREADABLE.
    """
    try:
        return codec.decode(manifest, Release)
    except codec.NotThisShape as wrong:
        raise ListRefused(LIST_UNREADABLE) from wrong


def require_acceptable(release: Release, *, facility: str, floor: int, now: datetime) -> None:
    """Refuse a release that is not ours, is older than one already seen, or is out of its time.

    Raises:
        ListRefused: LIST_OF_ANOTHER, LIST_ROLLED_BACK, LIST_FROM_FUTURE, LIST_EXPIRED.
    """
    reason = _objection(release, facility, floor, now)
    if reason:
        raise ListRefused(reason)


def _objection(release: Release, facility: str, floor: int, now: datetime) -> Reason | None:
    if release.facility != facility:
        return LIST_OF_ANOTHER
    if release.version < floor:
        return LIST_ROLLED_BACK
    if release.as_of > now + CLOCKS_APART:
        return LIST_FROM_FUTURE
    return LIST_EXPIRED if release.expires_at <= now else None
