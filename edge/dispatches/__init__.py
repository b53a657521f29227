"""What came down, applied: each kind writes its own rows, inside the caller's one transaction.

Collects nothing (``edge.steps.collect`` does). Whatever cannot be applied raises, and waits.
"""

from collections.abc import Callable, Mapping

from edge.dispatches import auditing, reimbursing, standing
from edge.site import Site
from edge.store.database import Rows
from sync.dispatch import Dispatch, DispatchKind

SYSTEM = "platform"
"""Who acts when a dispatch is applied, as the ledger names it."""


def apply(site: Site, db: Rows, dispatch: Dispatch) -> None:
    """Apply one dispatch of a known kind, with its ledger entry.

    Raises:
        EdgeError: it cannot be applied now, with the code that says why.
    """
    facts = _WRITTEN[DispatchKind(dispatch.kind)](site, db, dispatch)
    site.ledger.enter(
        db,
        kind=f"dispatch.{dispatch.kind}",
        operator=SYSTEM,
        subject=dispatch.order_key,
        now=site.clock(),
        dispatch=dispatch.id,
        seq=dispatch.seq,
        **facts,
    )


_WRITTEN: Mapping[DispatchKind, Callable[[Site, Rows, Dispatch], dict[str, object]]] = {
    DispatchKind.AUDIT_RESULT: auditing.audit_result,
    DispatchKind.OBJECTION_ANSWER: auditing.objection_answer,
    DispatchKind.STATEMENT: auditing.statement,
    DispatchKind.PAYMENT: auditing.payment,
    DispatchKind.WORKER_STANDING: standing.worker,
    DispatchKind.FACILITY_STANDING: standing.facility,
    DispatchKind.CATALOGUE_RELEASE: standing.release,
    DispatchKind.PACK_RELEASE: standing.release,
    DispatchKind.SETTLEMENT_INQUIRY: reimbursing.inquiry,
    DispatchKind.REIMBURSEMENT: reimbursing.reimbursement,
}
"""What writes each kind down, and returns what the ledger keeps of it."""
