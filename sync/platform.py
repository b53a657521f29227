"""The far end: asks about a person, hands over messages, asks what became of them.

Decides nothing about retries, order or storage, and keeps nothing. How a request looks is the
dialect's (``sync.dialect``), how it travels the line's (``sync.line``).
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import quote

from sync.breaker import Breaker, Circuit
from sync.card_key import CardKeyAnswer, CardKeyQuestion, read_card_key, sign_card_key
from sync.dialect import DIRECT, Act, Dialect, Request
from sync.dispatch import Page, PageQuestion, read_page, sign_page_question
from sync.e_card import CardHolder, CodeQuestion, read_holder, refused, sign_code, unresolved
from sync.envelope import SigningKey, digest
from sync.errors import PlatformUnreachable, PlatformUnsure
from sync.frame import BATCH_MESSAGES_MAX, batch, plain
from sync.ledger_head import read_kept_head
from sync.line import Call, Caller, Cause, Line, Reply, Silence
from sync.lists.offer import Missing, Span
from sync.message import Claimed
from sync.outcome import (
    NeedsPerson,
    Outcome,
    RetryAt,
    Standing,
    answered_for_another,
    classify,
    classify_batch,
    classify_standing,
    speaks_of,
    still_unknown,
)
from sync.question import Answer, Question, read_answer, sign_question, unreachable, unsure
from sync.recollection import (
    Recollection,
    RecollectionQuestion,
    read_recollection,
    sign_recollection,
)
from sync.silence import unanswered, undelivered
from sync.standing import StandingQuestion, sign_standing


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds in all for one call, from name look-up to the last byte of the answer."""

    ask_s: float = 1.0
    deliver_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How the platform is spoken to. ``batch_max`` messages go together; 1: each alone.

    ``packs`` lets batches travel as zstd, until a platform says that it takes none (415). ``tls``
    carries our client certificate and the platform's CA when they are not the system's. ``line`` is
    another way for every call than HTTP from here (``sync.ask``). Without a ``breaker`` every call
    is made, however long the platform has been silent.
    """

    deadlines: Deadlines = Deadlines()
    dialect: Dialect = DIRECT
    batch_max: int = 1
    packs: bool = True
    tls: ssl.SSLContext | None = None
    line: Caller | None = None
    breaker: Breaker | None = None


class Platform:
    """The far end. Thread-safe; close it when done (it is its own context manager).

    Proxies and credentials from the environment are never used.

    Raises:
        PlatformMisplaced: ``base_url`` is not https, and not this machine.
    """

    def __init__(
        self,
        base_url: str,
        *,
        facility: str,
        key: SigningKey,
        clock: Callable[[], datetime],
        wire: Wire = Wire(),
    ) -> None:
        self._facility = facility
        self._key = key
        self._clock = clock
        self._wire = wire
        self._packs = wire.packs
        self._line: Caller = wire.line or Line(base_url, wire.tls)

    @property
    def batch_max(self) -> int:
        """How many messages ``deliver_batch`` takes; 1 when each is handed over alone."""
        return min(self._wire.batch_max, BATCH_MESSAGES_MAX) if self._wire.dialect.batches else 1

    def circuit(self) -> Circuit | None:
        """Return how the circuit stands, if there is one."""
        return self._wire.breaker.circuit() if self._wire.breaker else None

    def ask(self, question: Question) -> Answer:
        """Ask about one person, within ``Deadlines.ask_s`` in all.

        Raises:
            PlatformUnreachable: no answer in time, or the platform cannot answer anybody now.
            PlatformUnsure: it answers, but not this question, or it does not know the person.
        """
        signed = sign_question(question, self._facility, self._key)
        reply = self._asked(Act.VERIFICATION, question.id, signed)
        return read_answer(self._answered(reply), question)

    def resolve(self, question: CodeQuestion) -> CardHolder:
        """Ask whose e-card showed a code, within ``Deadlines.ask_s`` in all. A code counts once.

        Raises:
            CodeRefused: E_CARD_USED, E_CARD_EXPIRED, E_CARD_UNKNOWN.
            CodeUnresolved: no answer in time; the code may have been used up all the same.
            PlatformUnsure: it answers, but not this question.
        """
        signed = sign_code(question, self._facility, self._key)
        reply = self._asked(Act.CREDENTIAL, question.id, signed)
        if isinstance(reply, Silence):
            raise unresolved(reply.what)
        if reply.status == HTTPStatus.OK:
            return read_holder(reply.body, question)
        outcome = classify(reply.status, reply.headers, reply.body, self._clock())
        if isinstance(outcome, NeedsPerson):
            reason = outcome.reason
            raise refused(reason.code, reason.text, reason.text_en)
        raise unresolved(f"HTTP {reply.status}")

    def card_key(self, question: CardKeyQuestion) -> CardKeyAnswer:
        """Ask what a 3.0 card's key makes of its challenges, within ``Deadlines.ask_s`` in all.

        Raises:
            PlatformUnreachable: no answer in time, or the platform cannot answer anybody now.
            PlatformUnsure: it answers, but not this question, or holds no key for this card.
        """
        signed = sign_card_key(question, self._facility, self._key)
        reply = self._asked(Act.CARD_KEY, question.id, signed)
        return read_card_key(self._answered(reply), question)

    def collect(self, question: PageQuestion) -> Page:
        """Ask for what came down since, within ``Deadlines.deliver_s`` in all.

        Raises:
            PlatformUnreachable: no answer in time, or the platform cannot answer anybody now.
            PlatformUnsure: it answers, but not this question.
        """
        signed = sign_page_question(question, self._facility, self._key)
        reply = self._delivered(Act.INBOX, question.id, signed)
        return read_page(self._answered(reply), question)

    def recollect(self, question: RecollectionQuestion) -> Recollection:
        """Ask what the platform keeps of ours, within ``Deadlines.deliver_s`` in all.

        Raises:
            PlatformUnreachable: no answer in time, or the platform cannot answer anybody now.
            PlatformUnsure: it answers, but not this question.
        """
        signed = sign_recollection(question, self._facility, self._key)
        reply = self._delivered(Act.RECOLLECTION, question.id, signed)
        return read_recollection(self._answered(reply), question)

    def deliver(self, message_id: str, payload: bytes) -> Outcome:
        """Hand over one signed message, as it is, and read what became of it."""
        reply = self._delivered(Act.MESSAGE, message_id, payload)
        now = self._clock()
        if isinstance(reply, Silence):
            return undelivered(now, reply)
        outcome = classify(reply.status, reply.headers, reply.body, now)
        ours = speaks_of(outcome, message_id=message_id, sha256=digest(payload))
        return outcome if ours else answered_for_another(now)

    def deliver_batch(self, messages: Sequence[Claimed]) -> tuple[Outcome, ...]:
        """Hand over up to ``batch_max`` messages at once; return what became of each, in order.

        A batch that is refused whole is handed over again one by one: only what is wrong with a
        message of its own may park it.
        """
        reply = self._batch_reply(messages)
        now = self._clock()
        if isinstance(reply, Silence):
            return (undelivered(now, reply),) * len(messages)
        asked = [(one.id, one.sha256) for one in messages]
        outcomes = classify_batch(reply.status, reply.headers, reply.body, now, asked)
        if isinstance(outcomes, tuple):
            return outcomes
        if isinstance(outcomes, NeedsPerson) and len(messages) > 1:
            return tuple(self.deliver(one.id, one.payload) for one in messages)
        return (outcomes,) * len(messages)

    def status_of(self, message_id: str, payload: bytes) -> Standing:
        """Ask what became of a message that was sent and not answered."""
        asked = StandingQuestion(id=message_id, at=self._clock())
        signed = sign_standing(asked, self._facility, self._key)
        reply = self._delivered(Act.STATUS, message_id, signed)
        now = self._clock()
        if isinstance(reply, Silence):
            silent = undelivered(now, replace(reply, sent=False))
            return still_unknown(silent) if isinstance(silent, RetryAt) else silent
        standing = classify_standing(reply.status, reply.headers, reply.body, now)
        ours = speaks_of(standing, message_id=message_id, sha256=digest(payload))
        return standing if ours else answered_for_another(now)

    def fetch(self, path: str, span: Span | None) -> bytes:
        """Return a published file, or a span of it: at most ``ANSWER_BYTES_MAX`` at a time.

        Raises:
            Missing: there is no such file.
            PlatformUnreachable: no answer in time, or not what was asked for.
        """
        headers = {"range": f"bytes={span.first}-{span.last}"} if span else {}
        reply = self._call(Call("GET", path, b"", self._wire.deadlines.deliver_s, headers))
        if isinstance(reply, Silence):
            raise PlatformUnreachable(unanswered(reply))
        if reply.status == HTTPStatus.NOT_FOUND:
            raise Missing(path)
        wanted = HTTPStatus.PARTIAL_CONTENT if span else HTTPStatus.OK
        if reply.status != wanted:
            raise PlatformUnreachable(unreachable(f"HTTP {reply.status}"))
        return reply.body

    def ledger_head(self) -> bytes | None:
        """Return the newest head of this facility's ledger that the platform keeps, still signed.

        Raises:
            PlatformUnreachable: no answer in time, or none that can be read.
        """
        try:
            body = self.fetch(f"/v1/ledger-heads/{quote(self._facility, safe='')}", None)
        except Missing:
            return None
        return read_kept_head(body)

    def close(self) -> None:
        """Cut what is under way and close every connection."""
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _asked(self, act: Act, question_id: str, signed: bytes) -> Reply | Silence:
        return self._exchanged(self._request(act, question_id, signed, self._wire.deadlines.ask_s))

    def _delivered(self, act: Act, message_id: str, content: bytes) -> Reply | Silence:
        deadline_s = self._wire.deadlines.deliver_s
        return self._exchanged(self._request(act, message_id, content, deadline_s))

    def _batch_reply(self, messages: Sequence[Claimed]) -> Reply | Silence:
        packed = batch([one.stored for one in messages])
        deadline_s = self._wire.deadlines.deliver_s
        request = self._request(Act.BATCH, messages[0].id, packed, deadline_s)
        if self._packs:
            reply = self._exchanged(replace(request, packed=True))
            if isinstance(reply, Silence) or reply.status != HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
                return reply
            self._packs = False  # as it will say of the next one
        return self._exchanged(replace(request, content=plain(packed)))

    def _request(self, act: Act, about: str, content: bytes, deadline_s: float) -> Request:
        return Request(act=act, id=about, content=content, at=self._clock(), deadline_s=deadline_s)

    def _exchanged(self, request: Request) -> Reply | Silence:
        dialect = self._wire.dialect
        reply = self._call(dialect.call(request))
        return reply if isinstance(reply, Silence) else dialect.read(request, reply)

    def _call(self, call: Call) -> Reply | Silence:
        """Make a call, unless the circuit is open; whatever is answered closes it.

        A call that we cut ourselves tells the circuit nothing: we are about to end.
        """
        breaker = self._wire.breaker
        if breaker is None:
            return self._line.call(call)
        if not breaker.admit():
            return Silence(sent=False, what="circuit open", cause=Cause.CIRCUIT)
        reply: Reply | Silence = Silence(sent=True, what="our own fault")
        try:
            reply = self._line.call(call)
        finally:
            if isinstance(reply, Reply) or reply.cause is not Cause.STOPPED:
                breaker.note(answered=isinstance(reply, Reply))
        return reply

    def _answered(self, reply: Reply | Silence) -> bytes:
        """Return the body of an answer, or say why there is none."""
        if isinstance(reply, Silence):
            raise PlatformUnreachable(unanswered(reply))
        if reply.status != HTTPStatus.OK:
            raise self._not_answered(reply)
        return reply.body

    def _not_answered(self, reply: Reply) -> PlatformUnsure | PlatformUnreachable:
        outcome = classify(reply.status, reply.headers, reply.body, self._clock())
        if isinstance(outcome, NeedsPerson):
            return PlatformUnsure(unsure(outcome.reason.text, outcome.reason.text_en))
        return PlatformUnreachable(unreachable(f"HTTP {reply.status}"))
