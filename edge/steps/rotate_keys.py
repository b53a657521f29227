"""Go over to the newest key: every person sealed and indexed anew, in one transaction.

Makes no key. What never changes (settlements, messages, the ledger's bodies) keeps the key that
sealed it: its digest stands in the chain, and re-sealing it would look like tampering.
"""

from edge.site import Site
from edge.store.people import seal_anew


def rotate_keys(site: Site, name: str, version: int, *, by: str) -> int:
    """Seal people and what they presented with the newest keys; return how many rows.

    Run again after a crash, it does what is left.

    Raises:
        Fault: SEAL_BROKEN, STORE_UNAVAILABLE; nothing was changed.
    """
    with site.store.transaction() as db:
        count = seal_anew(db, site.vault)
        site.ledger.enter(
            db,
            kind="keys.rotated",
            operator=by,
            subject=name,
            now=site.clock(),
            version=version,
            rows=count,
        )
    return count
