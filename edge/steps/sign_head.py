"""Sign the ledger's head when it is due, keep it, and tell the platform, in one transaction.

The platform's copy is the anchor outside the box: it shows that a tail was cut or a day put back.
"""

from edge import codec
from edge.site import Site
from edge.store.ledger import HEAD_ROWS
from sync.envelope import Envelope, Kind
from sync.ledger_head import ORDER_KEY

OPERATOR = "system"
_SEVERAL_REGIONS = "000000"


def sign_head(site: Site, rows: int = HEAD_ROWS) -> bool:
    """Return whether a head was signed: after ``rows`` entries, or an hour after the last one.

    Raises:
        Fault: STORE_UNAVAILABLE.
    """
    if not site.ledger.head_due(site.store.read(), site.clock(), rows):
        return False
    with site.store.transaction() as db:
        now = site.clock()
        if not site.ledger.head_due(db, now, rows):
            return False  # another process was first
        signed = site.ledger.keep_head(db, now)
        if signed:
            site.outbox.put(db, _message(site, signed))
    return signed is not None


def _message(site: Site, signed: bytes) -> Envelope:
    head = site.ledger.opened(signed)
    body = {"seq": head.seq, "mac": head.mac.hex().upper(), "signed": signed.decode()}
    return Envelope(
        id=site.fresh_id(),
        kind=Kind.LEDGER_HEAD,
        order_key=ORDER_KEY,
        facility=site.settings.facility.id,
        treatment_region=site.settings.facility.region,
        insured_region=_SEVERAL_REGIONS,
        operator=OPERATOR,
        moment=head.at,
        body=codec.encode(body),
    )
