"""PaymentReconciliation: what the agency paid for a month, by settlement."""

from datetime import datetime

from edge.claiming import ClaimNow
from edge.core.claim import Month
from edge.core.errors import NotFound, Words
from edge.web.fhir.words import (
    MONTH,
    PAYMENT_TYPE,
    SETTLEMENT,
    Json,
    concept,
    money,
    named,
)


def reconciled(month: Month, now: ClaimNow, *, at: datetime) -> Json:
    """Return the payments of a month; details are what the audit approved, and what it took off.

    Raises:
        NotFound: NOTHING_PAID.
    """
    if not now.payments:
        raise NotFound(
            "NOTHING_PAID",
            Words(f"{month} 尚无拨付", f"nothing was paid for {month} yet"),
            Words("审核确认后等待经办机构拨付", "wait for the agency's payment"),
            field="month",
        )
    last = max(now.payments, key=lambda one: one.paid_on)
    balance = now.balance
    return {
        "resourceType": "PaymentReconciliation",
        "id": str(month),
        "identifier": [{"system": MONTH, "value": str(month)}],
        "status": "active",
        "created": at.isoformat(),
        "outcome": "complete" if balance.open_fen == 0 else "partial",
        "disposition": balance.match.value,
        "paymentDate": last.paid_on.isoformat(),
        "paymentAmount": money(balance.paid_fen),
        "paymentIdentifier": {"value": last.reference or last.id},
        "detail": [
            *(
                {
                    "type": concept(PAYMENT_TYPE, "payment"),
                    "request": named(SETTLEMENT, one.settlement),
                    "amount": money(one.approved_fen),
                }
                for one in now.audited
            ),
            *(
                {
                    "type": concept(PAYMENT_TYPE, "adjustment"),
                    "request": named(SETTLEMENT, one.settlement),
                    "amount": money(one.approved_fen - one.fund_fen),
                }
                for one in now.audited
                if one.approved_fen != one.fund_fen
            ),
        ],
    }
