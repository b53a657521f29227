"""After a restore: learn from the platform what this database has forgotten, then open again.

What the platform has of a case and we have not is kept for a person; that case tells nothing new
until it is resolved, so nothing is settled twice. All other cases go on. Nobody can be asked what
was typed into the national site, so each open fitting of the login channel waits for a person, and
so do all reversals of those that were typed before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from edge.core.errors import Conflict, Words
from edge.site import Site
from edge.store.fittings import any_typed_settled, open_typed_fittings
from edge.store.quarantine import (
    REVERSALS,
    Quarantine,
    keep_forgotten,
    keep_unsure,
    lift_quarantine,
    open_quarantine,
    resolve_forgotten,
)
from sync.envelope import key_ring, open_signed
from sync.errors import OutboxConflict
from sync.recollection import RecollectionQuestion

_EARLIER = timedelta(hours=1)
"""The platform's clock may be behind ours: what is known already is told apart by its id."""


@dataclass(frozen=True, slots=True)
class Recollected:
    """How many messages the platform keeps since the backup, and how many of them are unknown.

    ``unsure``: what may have been typed into the national site since: a fitting each, and one for
    all reversals of fittings that were settled.
    """

    known: int
    forgotten: int
    unsure: int = 0


def recollect(site: Site, operator: str) -> Recollected:
    """Ask the platform for all that it has accepted since the backup; keep what is unknown; open.

    Raises:
        Conflict: NOT_QUARANTINED.
        PlatformUnreachable, PlatformUnsure: nothing has changed; the quarantine stays.
        BadEnvelope: what came is not ours; the quarantine stays.
    """
    quarantine = open_quarantine(site.store.read())
    if quarantine is None:
        raise _not_quarantined()
    ring = key_ring(site.public_key)
    told = [(open_signed(signed, ring), signed) for signed in _kept(site, quarantine)]
    now = site.clock()
    with site.store.transaction() as db:
        unknown = [(envelope, signed) for envelope, signed in told if not _knows(site, envelope.id)]
        for envelope, signed in unknown:
            keep_forgotten(db, site.vault, envelope, signed, now)
        unsure = [*open_typed_fittings(db), *([REVERSALS] if any_typed_settled(db) else [])]
        for about in unsure:
            keep_unsure(db, site.vault, about, backup_made_at=quarantine.backup_made_at, now=now)
        lift_quarantine(db, operator=operator, now=now)
        site.ledger.enter(
            db,
            kind="site.opened_after_restore",
            operator=operator,
            subject="",
            now=now,
            known=len(told) - len(unknown),
            forgotten=[envelope.id for envelope, _ in unknown],
            unsure=unsure,
        )
    return Recollected(known=len(told) - len(unknown), forgotten=len(unknown), unsure=len(unsure))


def resolve(site: Site, message_id: str, note: str, operator: str) -> None:
    """Note how a forgotten act was dealt with; its case may go on.

    Raises:
        NotFound: NOT_FORGOTTEN.
    """
    now = site.clock()
    with site.store.transaction() as db:
        resolve_forgotten(db, site.vault, message_id, note=note, operator=operator, now=now)
        site.ledger.enter(
            db, kind="forgotten.resolved", operator=operator, subject=message_id, now=now
        )


def _kept(site: Site, quarantine: Quarantine) -> Iterator[bytes]:
    after, more = 0, True
    while more:
        question = RecollectionQuestion(
            id=site.fresh_id(),
            at=site.clock(),
            since=quarantine.backup_made_at - _EARLIER,
            after=after,
        )
        page = site.platform.recollect(question)
        yield from page.signed
        after += len(page.signed)
        more = page.more and bool(page.signed)


def _knows(site: Site, message_id: str) -> bool:
    try:
        site.outbox.get(site.store.read(), message_id)
    except OutboxConflict:
        return False
    return True


def _not_quarantined() -> Conflict:
    return Conflict(
        "NOT_QUARANTINED",
        Words("系统不在恢复后的核对状态", "this site was not restored, or is open again"),
        Words("无需核对", "nothing is to be done"),
    )
