"""The documents of a month: the claim's form, and how it compares with the agency's audit."""

from edge.claiming import claim_now, claim_terms
from edge.core.claim import Month
from edge.core.errors import Conflict, Words
from edge.core.paper import DocumentKind
from edge.core.paper.claimed import Claimed, Reconciled, claim_form, reconciliation_report
from edge.paperwork.order import Order, printed, to_the_minute
from edge.site import Site
from edge.store.database import Rows
from edge.store.documents import Owner, OwnerKind


def claim_form_order(site: Site, db: Rows, month: Month) -> Order:
    """Return the order of 医疗费用清算申请单 with its annexes, as the claim was sent.

    Raises:
        Conflict: CLAIM_NOT_SENT.
    """
    now = claim_now(site, db, month)
    if now.claim is None:
        raise _not_sent(month)
    terms = claim_terms(site, now)
    ours = site.settings.facility
    paper = claim_form(
        Claimed(
            claim=now.claim.id,
            month=month,
            facility=ours.name,
            facility_id=ours.id,
            treatment_region=ours.region,
            items=now.items,
            due_on=terms.due_on,
            due_article=terms.due_article or "",
            by_claim={service: one.by_claim for service, one in terms.papers.items()},
            by_settlement={service: one.by_settlement for service, one in terms.papers.items()},
            submitted_at=now.claim.submitted_at,
        )
    )
    return printed(DocumentKind.CLAIM_FORM, _owner(month), now.claim.id, paper)


def reconciliation_order(site: Site, db: Rows, month: Month) -> Order:
    """Return the order of the report as of now; another moment is another report.

    Raises:
        Conflict: CLAIM_NOT_SENT.
    """
    now = claim_now(site, db, month)
    if now.claim is None:
        raise _not_sent(month)
    paper = reconciliation_report(
        Reconciled(
            month=month,
            state=now.state,
            facility=site.settings.facility.name,
            items=now.items,
            audited=now.audited,
            objections=now.objections,
            payments=now.payments,
            balance=now.balance,
            reconciliation=now.reconciliation,
            confirmed_by=now.confirmation.operator if now.confirmation else "",
            note=now.confirmation.note if now.confirmation else "",
            as_of=to_the_minute(site.clock()),
        )
    )
    kind = DocumentKind.RECONCILIATION_REPORT
    return printed(kind, _owner(month), str(month), paper, says=paper)


def _owner(month: Month) -> Owner:
    return Owner(OwnerKind.CLAIM, str(month))


def _not_sent(month: Month) -> Conflict:
    return Conflict(
        "CLAIM_NOT_SENT",
        Words(f"{month} 尚未申请月结", f"{month} was not claimed yet"),
        Words("申请月结后再打印", "claim the month first, then print"),
        field="month",
    )
