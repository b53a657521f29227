"""What a document is made of, gathered from the store: an order that the press can carry out.

Writes nothing and lays nothing out; whether a document is made anew or was made before, and that
it is entered, is ``edge.steps.keep_document``'s.
"""

from edge.paperwork.claims import claim_form_order, reconciliation_order
from edge.paperwork.manual import bundle_order, manual_order
from edge.paperwork.office import complaint_order, day_end_order, entry_sheet_order
from edge.paperwork.order import Order
from edge.paperwork.referral import referral_order
from edge.paperwork.settled import slip_order, statement_order

__all__ = [
    "Order",
    "bundle_order",
    "claim_form_order",
    "complaint_order",
    "day_end_order",
    "entry_sheet_order",
    "manual_order",
    "reconciliation_order",
    "referral_order",
    "slip_order",
    "statement_order",
]
