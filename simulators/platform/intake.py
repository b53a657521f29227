"""The receiver: opens what was signed, checks it, keeps it once, and answers the same again.

Knows no HTTP. Same id and same bytes give the same receipt; same id and other bytes are refused.
"""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from edge import codec
from edge.clock import Clock
from simulators.platform.answers import Absent, Answer, Later, Receipt, Refusal
from simulators.platform.checks import Case, Head, case_after, check
from simulators.platform.codes import Codes
from simulators.platform.inquiry import answer, holder, proofs
from simulators.platform.journal import Keeper, Kept
from simulators.platform.notices import Notices
from simulators.platform.register import Facility, Known
from sync.card_key import open_card_key
from sync.e_card import open_code
from sync.envelope import Envelope, PublicKey, digest, key_ring, open_signed, signer
from sync.errors import BadEnvelope
from sync.ledger_head import ORDER_KEY
from sync.question import open_question
from sync.recollection import PAGE_MAX as RECOLLECTION_MAX
from sync.recollection import open_recollection
from sync.standing import open_standing

_GONE = Refusal(code="WORKER_NOT_KNOWN", field="code")


class Intake:
    """All that the platform does with a message or a question. Thread-safe."""

    def __init__(
        self,
        register: Known,
        public_keys: Mapping[str, PublicKey],
        journal: Keeper,
        clock: Clock,
        codes: Codes | None = None,
    ) -> None:
        self._register = register
        self._key_of = dict(public_keys)
        self._ring = key_ring(*public_keys.values())
        self._journal = journal
        self._clock = clock
        self._codes = codes or Codes(clock)
        self._guard = Lock()
        self.inbox: Callable[[bytes], bytes | Refusal] | None = None
        self._receipts: dict[str, Receipt] = {}
        self._refusals: dict[str, Refusal] = {}
        self._sender_of: dict[str, str] = {}
        self._cases: dict[tuple[str, str], Case] = {}
        self._notices = Notices(register.worker)
        for kept in journal.kept():
            self._remember(kept)

    def receive(self, signed: bytes) -> Receipt | Refusal | Later:
        """Keep one signed message, or say why not."""
        [said] = self.receive_all([signed])
        return said

    def receive_all(self, batch: Sequence[bytes]) -> list[Receipt | Refusal | Later]:
        """Keep each signed message or say why not; what is kept is safe once this returns."""
        said = [self._received(signed) for signed in batch]
        self._journal.sync()
        return said

    def _received(self, signed: bytes) -> Receipt | Refusal | Later:
        try:
            envelope = open_signed(signed, self._ring)
            problem = self._speaker_problem(envelope.facility, signed)
        except BadEnvelope as wrong:
            return Refusal(code=wrong.code, field=wrong.field)
        if problem:  # not remembered: one facility could mark another's message as refused
            return problem
        with self._guard:
            said = self._known(envelope, signed) or self._judge(envelope, signed)
            if isinstance(said, Refusal) and envelope.id not in self._receipts:
                self._refusals[envelope.id] = said
                self._sender_of[envelope.id] = envelope.facility
        return said

    def standing(self, message_id: str) -> Answer:
        """Say what became of a message."""
        with self._guard:
            known = self._receipts.get(message_id) or self._refusals.get(message_id)
        return known or Absent(message_id)

    def asked_about(self, signed: bytes) -> Answer:
        """Say what became of a message, to the facility that sent it; to others it never came."""
        try:
            facility_id, question = open_standing(signed, self._ring)
            problem = self._speaker_problem(facility_id, signed)
        except BadEnvelope as wrong:
            return Refusal(code=wrong.code)
        with self._guard:
            theirs = self._sender_of.get(question.id) == facility_id
        return problem or (self.standing(question.id) if theirs else Absent(question.id))

    def page(self, signed: bytes) -> bytes | Refusal | None:
        """Answer who asks for what came down; None: there is no agency that sends anything."""
        return self.inbox(signed) if self.inbox else None

    def ledger_head(self, facility_id: str) -> Head | None:
        """Return the newest head of a facility's ledger: what its own verification asks for."""
        with self._guard:
            return self._cases.get((facility_id, ORDER_KEY), Case()).head

    def inquire(self, signed: bytes) -> dict[str, Any] | Refusal:
        """Answer a question about one person."""
        try:
            facility_id, question = open_question(signed, self._ring)
            problem = self._speaker_problem(facility_id, signed)
        except BadEnvelope as wrong:
            return Refusal(code=wrong.code)
        facility = self._register.facility(facility_id)
        if problem or facility is None:
            return problem or Refusal(code="UNKNOWN_FACILITY")
        facts = answer(self._register, facility, question, self._clock(), user=self._notices.user)
        return facts or Refusal(code="WORKER_NOT_KNOWN", field="id_number")

    def resolve(self, signed: bytes) -> dict[str, Any] | Refusal:
        """Say whose e-card showed a code, once."""
        try:
            facility_id, question = open_code(signed, self._ring)
            problem = self._speaker_problem(facility_id, signed)
        except BadEnvelope as wrong:
            return Refusal(code=wrong.code)
        # A facility that may not ask uses no code up.
        redeemed = problem or self._codes.redeem(question.code)
        if isinstance(redeemed, Refusal):
            return redeemed
        worker = self._register.worker(redeemed.id_number)
        return holder(worker, redeemed, question, self._clock()) if worker else _GONE

    def card_key(self, signed: bytes) -> dict[str, Any] | Refusal:
        """Answer a 3.0 card's challenges as the HSM does, for a facility that may ask."""
        try:
            facility_id, question = open_card_key(signed, self._ring)
            problem = self._speaker_problem(facility_id, signed)
        except BadEnvelope as wrong:
            return Refusal(code=wrong.code)
        return problem or proofs(question)

    def recollect(self, signed: bytes) -> dict[str, Any] | Refusal:
        """Return what was kept of a facility's since a moment, a page of it."""
        try:
            facility_id, question = open_recollection(signed, self._ring)
            problem = self._speaker_problem(facility_id, signed)
        except BadEnvelope as wrong:
            return Refusal(code=wrong.code)
        theirs = [
            kept.signed
            for kept in self._journal.kept()
            if kept.facility == facility_id and kept.receipt.received_at >= question.since
        ][question.after :]
        return problem or {
            "question": question.id,
            "messages": theirs[:RECOLLECTION_MAX],
            "more": len(theirs) > RECOLLECTION_MAX,
        }

    def _known(self, envelope: Envelope, signed: bytes) -> Receipt | Refusal | None:
        receipt = self._receipts.get(envelope.id)
        if receipt and receipt.sha256 != digest(signed):
            return Refusal(code="MESSAGE_ID_REUSED", id=envelope.id, field="id")
        return receipt

    def _speaker_problem(self, facility_id: str, signed: bytes) -> Refusal | None:
        facility = self._register.facility(facility_id)
        if facility is None:
            return Refusal(code="UNKNOWN_FACILITY", field="facility")
        key = self._key_of.get(facility_id)
        if key is None or key.kid != signer(signed):
            return Refusal(code="WRONG_SIGNER", field="facility")
        return None

    def _judge(self, envelope: Envelope, signed: bytes) -> Receipt | Refusal | Later:
        facility = self._register.facility(envelope.facility)
        if not _is_at_home(envelope, facility):
            return Refusal(code="WRONG_REGION", id=envelope.id, field="treatment_region")
        case = self._cases.get((envelope.facility, envelope.order_key), Case())
        problem = check(envelope, case) or self._notices.problem(envelope)
        return problem or self._keep(envelope, signed)

    def _keep(self, envelope: Envelope, signed: bytes) -> Receipt:
        receipt = Receipt(
            id=envelope.id,
            sha256=digest(signed),
            receipt=f"R{len(self._receipts) + 1:010d}",
            received_at=self._clock(),
        )
        kept = Kept(
            receipt=receipt,
            kind=envelope.kind,
            facility=envelope.facility,
            order_key=envelope.order_key,
            treatment_region=envelope.treatment_region,
            insured_region=envelope.insured_region,
            operator=envelope.operator,
            moment=envelope.moment,
            body=codec.decode(envelope.body, dict[str, object]),
            signed=signed.decode(),
        )
        self._journal.append(kept)
        self._remember(kept)
        return receipt

    def _remember(self, kept: Kept) -> None:
        key = (kept.facility, kept.order_key)
        message_id = kept.receipt.id
        before = self._cases.get(key, Case())
        self._cases[key] = case_after(before, kind=kept.kind, message_id=message_id, body=kept.body)
        self._receipts[message_id] = kept.receipt
        self._sender_of[message_id] = kept.facility
        self._notices.note(kept)
        self._refusals.pop(message_id, None)


def _is_at_home(envelope: Envelope, facility: Facility | None) -> bool:
    return facility is not None and facility.region == envelope.treatment_region
