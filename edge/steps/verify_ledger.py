"""Verify the ledger: its chain, its signed heads, the platform's head, the money it tells of.

Changes nothing. A platform that does not answer is no fault of the ledger; it is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.core.audit import Anchor, BrokenLink
from edge.site import Site
from edge.store.books import misstated
from edge.store.database import Rows
from edge.store.ledger import heads_kept, last_entry
from sync.errors import BadEnvelope, SyncError

PLATFORM = "platform"
"""The anchor outside the box, as a broken entry names it."""


class Witness(StrEnum):
    """What the platform says of our head; ``not_ours`` is a head that our key did not sign."""

    AGREES = "agrees"
    DIFFERS = "differs"
    HAS_NONE = "has_none"
    NOT_OURS = "not_ours"
    SILENT = "silent"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerReport:
    """What was verified; ``broken`` is the first bad entry. ``mac`` is the newest entry's."""

    ok: bool
    broken: BrokenLink | None
    entries: int
    heads: int
    platform: Witness
    mac: str = ""
    at: str = ""


def verify_ledger(
    site: Site, anchors: Sequence[Anchor] = (), *, ask_platform: bool = True
) -> LedgerReport:
    """Walk the whole ledger; ``anchors`` are heads that somebody kept, on a day-end sheet say.

    Raises:
        Fault: STORE_UNAVAILABLE.
    """
    witness, told = _asked(site) if ask_platform else (Witness.NOT_ASKED, [])
    db = site.store.read()
    broken = site.ledger.verify(db, [*anchors, *told]) or misstated(db)
    if broken and broken.against == PLATFORM:
        witness = Witness.DIFFERS
    return _report(db, broken, witness)


def _report(db: Rows, broken: BrokenLink | None, witness: Witness) -> LedgerReport:
    last = last_entry(db)
    return LedgerReport(
        ok=broken is None,
        broken=broken,
        entries=last.seq if last else 0,
        heads=heads_kept(db),
        platform=witness,
        mac=last.mac.hex().upper() if last else "",
        at=last.act.at if last else "",
    )


def _asked(site: Site) -> tuple[Witness, list[Anchor]]:
    """Ask the platform for our newest head; only what we signed ourselves is believed."""
    try:
        signed = site.platform.ledger_head()
        if signed is None:
            return Witness.HAS_NONE, []
        head = site.ledger.opened(signed)
    except BadEnvelope as wrong:
        site.log.warning("ledger.platform_head_unsigned", code=wrong.code)
        return Witness.NOT_OURS, []
    except SyncError as silent:
        site.log.warning("ledger.platform_silent", code=silent.code)
        return Witness.SILENT, []
    return Witness.AGREES, [Anchor(seq=head.seq, mac=head.mac, source=PLATFORM)]
