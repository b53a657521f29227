"""The documents of a settlement: the statement, and what the worker takes to the cashier."""

from edge import codec
from edge.core.adjudication import Bill, Ruling
from edge.core.cases import CaseRef
from edge.core.errors import Conflict, Words
from edge.core.paper import DocumentKind
from edge.core.paper.settled import Settled, payment_slip, statement
from edge.core.verification import Basis
from edge.digest import sha256
from edge.packs.forms import statement_form
from edge.paperwork.order import REGIONS, Order, owner_of, place_of, printed
from edge.site import Site
from edge.store.cases import load_case
from edge.store.database import Rows
from edge.store.people import identity_of
from edge.store.reversals import reversal_of
from edge.store.settlements import load_settlement, settlement_of
from edge.store.verifications import load_verification


def statement_order(site: Site, db: Rows, settlement_id: str) -> Order:
    """Return the order of the statement that the worker signs; of a fitting, its sheet.

    Raises:
        NotFound: UNKNOWN_SETTLEMENT.
        Conflict: SETTLEMENT_REVERSED.
        BadRule: the region's documents.toml is wrong.
    """
    settled = settled_as_told(site, db, settlement_id)
    form = statement_form(REGIONS, place_of(site, settled.case), settled.case.service)
    paper = statement(settled, form)
    return printed(DocumentKind.STATEMENT, owner_of(settled.case.ref), settlement_id, paper)


def slip_order(site: Site, db: Rows, settlement_id: str) -> Order:
    """Return the order of the payment slip. Raises as ``statement_order``."""
    settled = settled_as_told(site, db, settlement_id)
    owner = owner_of(settled.case.ref)
    return printed(DocumentKind.PAYMENT_SLIP, owner, settlement_id, payment_slip(settled))


def settlement_to_print(site: Site, db: Rows, ref: CaseRef) -> str:
    """Return the id of the case's effective settlement.

    Raises:
        NotFound: UNKNOWN_STAY, UNKNOWN_FITTING.
        Conflict: NOT_SETTLED.
    """
    load_case(db, site.vault, ref)
    settlement = settlement_of(db, site.vault, ref)
    if settlement is None:
        raise Conflict(
            "NOT_SETTLED",
            Words("该业务没有有效的结算", "the case has no effective settlement"),
            Words(
                "结算后再打印；已冲正的在单据列表中补打", "settle first; reprint what was undone"
            ),
            field=ref.kind,
        )
    return settlement.id


def settled_as_told(site: Site, db: Rows, settlement_id: str) -> Settled:
    """Return all that papers say of a settlement. Raises as ``statement_order``."""
    settlement = load_settlement(db, site.vault, settlement_id)
    if reversal_of(db, site.vault, settlement_id):
        raise _reversed()
    case = load_case(db, site.vault, settlement.case)
    verification = load_verification(db, site.vault, settlement.verification_id)
    return Settled(
        settlement=settlement.id,
        case=case,
        person=identity_of(db, site.vault, case.person_id),
        facility=site.settings.facility.name,
        filing=verification.facts.filing,
        bill=codec.decode(settlement.bill, Bill),
        ruling=codec.decode(settlement.ruling, Ruling),
        ruling_sha256=sha256(settlement.ruling),
        basis=Basis(settlement.basis),
        as_of=verification.as_of,
        overdue_reason=settlement.overdue_reason or "",
        settled_at=settlement.settled_at,
    )


def _reversed() -> Conflict:
    return Conflict(
        "SETTLEMENT_REVERSED",
        Words(
            "该结算已冲正，不再新制单据", "the settlement was reversed; nothing new is made of it"
        ),
        Words(
            "需要原单据的，在单据列表中补打；重新结算后打印新单",
            "reprint what was made from the list of documents; settle again for a new one",
        ),
        field="settlement",
    )
