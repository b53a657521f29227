"""A month's claim as several steps see it: sent or not, audited, objected to, paid. Writes nothing.

Everything is read anew each time: the state follows from the rows, it is stored nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from edge.core.claim import (
    Candidate,
    ClaimState,
    Draft,
    Item,
    Month,
    Progress,
    by_service,
    draft,
    state_of,
)
from edge.core.reconciliation import (
    AuditedItem,
    Balance,
    Objection,
    Payment,
    Reconciliation,
    balance,
    objection_until,
    reconciled,
)
from edge.core.reminders import due_on
from edge.core.verification import Service
from edge.packs.claim_papers import NATIONAL_PLACE, ClaimLists, claim_lists
from edge.packs.deadlines import claim_deadline
from edge.shipped import config_folder
from edge.site import Site
from edge.store.audits import (
    Audit,
    Confirmation,
    Statement,
    audit_of,
    confirmation_of,
    objections_of,
    payments_of,
    statement_of,
)
from edge.store.claims import Claim, candidates, claim_of, items_of
from edge.store.database import Rows

ORDER_KEY = "claim-{month}"
"""The order key of all that is said about a month's claim, both ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimNow:
    """A month as it stands. Before the claim ``items`` are those of the draft."""

    month: Month
    state: ClaimState
    items: tuple[Item, ...]
    held: tuple[Candidate, ...]
    claim: Claim | None
    audit: Audit | None
    objections: tuple[Objection, ...]
    payments: tuple[Payment, ...]
    confirmation: Confirmation | None
    statement: Statement | None
    balance: Balance
    reconciliation: Reconciliation | None

    @property
    def audited(self) -> tuple[AuditedItem, ...]:
        """The agency's items; none before its audit."""
        return self.audit.items if self.audit else ()


def order_key(month: Month) -> str:
    """Return the order key of a month's claim."""
    return ORDER_KEY.format(month=month)


def draft_now(db: Rows, month: Month) -> Draft:
    """Return what a claim for the month would be now."""
    return draft(month, candidates(db, month))


def claim_now(site: Site, db: Rows, month: Month) -> ClaimNow:
    """Return the month as it stands."""
    claim = claim_of(db, month)
    made = draft_now(db, month)
    items = items_of(db, claim.id) if claim else made.items
    audit = audit_of(db, site.vault, claim.id) if claim else None
    objections = objections_of(db, site.vault, claim.id) if claim else ()
    payments = payments_of(db, month)
    confirmation = confirmation_of(db, site.vault, claim.id) if claim else None
    theirs = audit.items if audit else ()
    money = balance(items, theirs, objections, payments)
    progress = Progress(
        submitted=claim is not None,
        audited=audit is not None,
        confirmed=confirmation is not None,
        open_objections=sum(1 for one in objections if one.answer is None),
        due_fen=money.due_fen,
        paid_fen=money.paid_fen,
    )
    return ClaimNow(
        month=month,
        state=state_of(progress),
        items=items,
        held=made.held,
        claim=claim,
        audit=audit,
        objections=objections,
        payments=payments,
        confirmation=confirmation,
        statement=statement_of(db, month),
        balance=money,
        reconciliation=reconciled(items, theirs) if audit else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTerms:
    """What the treatment region asks of a claim: by when, with which papers, how long to object."""

    due_on: date | None
    due_article: str | None
    object_until: date | None
    papers: Mapping[Service, ClaimLists]


def claim_terms(site: Site, now: ClaimNow) -> ClaimTerms:
    """Return the terms of a month's claim, by the pack in force on the month's last day."""
    regions, place = config_folder() / "regions", _place(site, now.month)
    due = claim_deadline(regions, place)
    term = site.settings.claims.objection_days
    return ClaimTerms(
        due_on=due_on(due, now.month.first) if due else None,
        due_article=due.article if due else None,
        object_until=objection_until(now.audit.audited_at, term) if now.audit else None,
        papers={service: claim_lists(regions, place, service) for service in by_service(now.items)},
    )


def _place(site: Site, month: Month) -> str:
    """Return the folder of our region's own pack: a claim is between us and our agency."""
    region = site.settings.facility.region
    own = [pack for pack in site.rulebook.packs if pack.region == region]
    covering = [pack for pack in own if pack.starts <= month.last]
    return covering[0].place if covering else NATIONAL_PLACE
