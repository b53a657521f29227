"""One site, assembled: all that a step works with. Built by ``edge.site.opening``, by hand."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from edge import codec
from edge.clock import Clock, FreshId
from edge.core.deadline import went_back
from edge.core.errors import Fault, Words
from edge.core.fitting import Case
from edge.core.rules import Rulebook
from edge.log import Log
from edge.settings import Settings
from edge.site.previews import Previews
from edge.site.rulings import Rulings
from edge.store.catalogues import Catalogues
from edge.store.database import Rows, Store
from edge.store.high_water import high_water
from edge.store.ledger import Ledger
from edge.store.proofs import Proofs
from edge.store.quarantine import require_nothing_forgotten
from edge.store.vault import Vault
from sync.attempt import FarGateway
from sync.breaker import Circuit
from sync.card_key import CardKeyAnswer, CardKeyQuestion
from sync.dispatch import Page, PageQuestion
from sync.draft import Draft
from sync.e_card import CardHolder, CodeQuestion
from sync.envelope import Envelope, Kind, PublicKey
from sync.inbox import Inbox
from sync.lists import CachedList
from sync.outbox import Outbox
from sync.question import Answer, Question
from sync.recollection import Recollection, RecollectionQuestion
from sync.webhooks import order_key


class FarEnd(FarGateway, Protocol):
    """The platform, as the desk and the relay need it."""

    def circuit(self) -> Circuit | None:
        """Say how the circuit stands, if there is one."""

    def ask(self, question: Question, /) -> Answer:
        """Answer about one person, or raise ``SyncError``."""

    def card_key(self, question: CardKeyQuestion, /) -> CardKeyAnswer:
        """Say what a 3.0 card's key makes of its challenges, or raise ``SyncError``."""

    def collect(self, question: PageQuestion, /) -> Page:
        """Hand over what came down since, or raise ``SyncError``."""

    def recollect(self, question: RecollectionQuestion, /) -> Recollection:
        """Return what the platform keeps of ours, or raise ``SyncError``."""

    def ledger_head(self) -> bytes | None:
        """Give back the newest head of our ledger that was sent, or raise ``SyncError``."""

    def resolve(self, question: CodeQuestion, /) -> CardHolder:
        """Say whose e-card showed a code, or raise ``SyncError``."""


SEVERAL_REGIONS = "000000"
"""The insured region of a message that spans several."""


@dataclass(frozen=True, slots=True)
class About:
    """What a message is about: its place in an order, and whose fund it concerns."""

    order_key: str
    insured_region: str = SEVERAL_REGIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The site's decisions, memory, law, wire, and the two sources of novelty."""

    settings: Settings
    store: Store
    vault: Vault
    ledger: Ledger
    rulebook: Rulebook
    catalogues: Catalogues
    outbox: Outbox
    inbox: Inbox
    platform: FarEnd
    cached_list: CachedList
    public_key: PublicKey
    """What the platform must register to believe our signatures."""
    clock: Clock
    fresh_id: FreshId
    log: Log
    previews: Previews = field(default_factory=Previews)
    rulings: Rulings = field(default_factory=Rulings)

    def high_water(self) -> datetime:
        """Return the latest moment that this site has seen, now included.

        Deadlines and expiries go by it, so that no clock set back gives time back.
        """
        now = self.clock()
        return max(now, high_water(self.store.read()) or now)

    def clock_went_back(self) -> bool:
        """Tell whether the clock shows a moment before one that it has already shown."""
        return went_back(self.clock(), high_water(self.store.read()))

    def proofs(self) -> Proofs:
        """Return what lets people prove who they are."""
        return Proofs(self.store, self.vault, self.ledger, self.clock)

    def send(self, db: Rows, kind: Kind, case: Case, operator: str, body: object) -> str:
        """Put a message about ``case`` in the outbox, inside the caller's transaction.

        Returns the message's id: made once, kept through every try.
        """
        about = About(case.id, case.insured_region)
        return self.send_about(db, kind, about, operator, body)

    def send_draft(
        self, db: Rows, kind: Kind, case: Case, operator: str, draft: tuple[object, str]
    ) -> str:
        """Put a message in the outbox whose lines lie with its cause, likewise.

        ``draft`` is the rest of its body, and what ``edge.store.drafts`` finds the lines by.
        """
        about = About(case.id, case.insured_region)
        body, source = draft
        envelope = self._envelope(db, kind, about, operator, body)
        self.outbox.put_draft(db, Draft(envelope, source))
        return envelope.id

    def tell_systems(
        self, db: Rows, event: str, case: Case, operator: str, facts: dict[str, object]
    ) -> None:
        """Put what happened to a case's money in the outbox for each of the hospital's systems.

        Inside the caller's transaction; ``facts`` never hold an identity.
        """
        body = {
            "event": event,
            "case": case.ref.kind,
            "id": case.id,
            "hospital_number": case.hospital_number,
            "at": self.clock(),
            **facts,
        }
        for one in self.settings.webhooks:
            key = order_key(one.name, case.id)
            about = About(key, case.insured_region)
            self.send_about(db, Kind.HOOK, about, operator, body)

    def send_about(self, db: Rows, kind: Kind, about: About, operator: str, body: object) -> str:
        """Put a message about something else than a stay in the outbox, likewise.

        Raises:
            Conflict: QUARANTINED, CASE_FORGOTTEN: a restored site does not know what it has told.
        """
        envelope = self._envelope(db, kind, about, operator, body)
        self.outbox.put(db, envelope)
        return envelope.id

    def _envelope(
        self, db: Rows, kind: Kind, about: About, operator: str, body: object
    ) -> Envelope:
        require_nothing_forgotten(db, about.order_key)
        return Envelope(
            id=self.fresh_id(),
            kind=kind,
            order_key=about.order_key,
            facility=self.settings.facility.id,
            treatment_region=self.settings.facility.region,
            insured_region=about.insured_region,
            operator=operator,
            moment=self.clock(),
            body=codec.encode(body),
        )


def clock_behind(seen: datetime) -> Fault:
    """Return the fault of a clock that shows a moment before ``seen``."""
    latest = seen.isoformat(timespec="seconds")
    return Fault(
        "CLOCK_WENT_BACK",
        Words(
            f"本机时钟早于曾经出现过的时间 {latest}：时限按后者计算，名单停用",
            f"the clock is behind {latest}, which this site has seen: deadlines go by that moment,"
            " and no cached list is used",
        ),
        Words(
            "校准时钟（NTP）；若是当时的时钟走快了，校准后执行 edge clock reset",
            "set the clock (NTP); if it was too fast then, set it and run edge clock reset",
        ),
    )
