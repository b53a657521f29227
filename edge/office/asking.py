"""A campus's questions passed through to the platform, within the desk's own short deadline.

Passes on what asks, never what tells: messages go by the stream alone. What becomes of a message
that stands in the office's books is answered from them. Looks at what comes back for what the
screens show, and changes no byte of it; before a gateway of numbered transactions it puts question
and answer into that gateway's words, what is signed unchanged.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from edge.core.errors import EdgeError
from edge.office.books import Books
from edge.office.campus import Campus
from edge.office.passing import Passing
from edge.office.receipts import last_receipt
from edge.store.vault import Vault
from sync import codec
from sync.dialect import PATHS, Act, Request
from sync.errors import BadEnvelope
from sync.group import facility_of, read_ask, reply_on_the_wire
from sync.jws import unbase64url
from sync.line import Call, Line, Reply, Silence
from sync.numbered import Numbered
from sync.standing import open_standing

QUESTIONS = {path: act for act, path in PATHS.items() if act not in {Act.MESSAGE, Act.BATCH}}
"""What may be asked; neither messages nor batches, which would go round their order."""

_BAD_REQUEST, _FORBIDDEN, _LATER = 400, 403, 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Answers the campuses; ``campuses`` are by subject token.

    ``numbered`` says that the platform is such a gateway: campuses speak the direct protocol to us.
    """

    line: Line
    books: Books
    vault: Vault
    campuses: Mapping[str, Campus]
    passing: Passing
    clock: Callable[[], datetime]
    numbered: bool = False

    def answer(self, subject: str, body: bytes, waited_s: float) -> bytes | None:
        """Return the reply to one question; None when nobody waits for it any more."""
        campus = self.campuses.get(facility_of(subject) or "")
        if campus is None:
            return None
        try:
            call = read_ask(body)
        except BadEnvelope:
            return reply_on_the_wire(Reply(_BAD_REQUEST, {}, b""))
        left_s = call.deadline_s - waited_s
        if left_s <= 0:
            return None
        if not may_ask(call, campus.facility):
            return reply_on_the_wire(Reply(_FORBIDDEN, {}, b""))
        return reply_on_the_wire(self._reply(replace(call, deadline_s=left_s), campus))

    def _reply(self, call: Call, campus: Campus) -> Reply | Silence:
        if call.path == "/v1/standings":
            ours = self._standing(call.content, campus)
            if ours:
                return ours
        reply = self._asked(call, campus)
        if isinstance(reply, Reply):
            self.passing.note(campus, call, reply)
        return reply

    def _asked(self, call: Call, campus: Campus) -> Reply | Silence:
        act = QUESTIONS.get(call.path)
        if act is None or not self.numbered:
            return self.line.call(call)
        try:
            about = codec.decode(unbase64url(call.content.split(b".")[1]), _About).id
        except (IndexError, BadEnvelope, codec.NotThisShape):
            return Reply(_BAD_REQUEST, {}, b"")
        request = Request(
            act=act, id=about, content=call.content, at=self.clock(), deadline_s=call.deadline_s
        )
        gateway = Numbered(campus.facility)
        reply = self.line.call(gateway.call(request))
        return reply if isinstance(reply, Silence) else gateway.read(request, reply)

    def _standing(self, signed: bytes, campus: Campus) -> Reply | Silence | None:
        """Say what became of a message of this campus, if the books have it."""
        try:
            facility, question = open_standing(signed, campus.keys)
        except BadEnvelope:
            return None  # the platform says what is wrong with it
        if facility != campus.facility:
            return None
        try:
            db = self.books.read()
            row = db.one(
                "select state from envelopes where id = %s and facility = %s",
                [question.id, facility],
            )
            if row is None:
                return None
            if row["state"] == "pending":
                return Reply(_LATER, {}, codec.encode({**AT_GROUP_OFFICE, "id": question.id}))
            receipt = last_receipt(db, self.vault, question.id)
        except EdgeError:
            return Silence(sent=False, what="BOOKS_UNAVAILABLE")
        return Reply(receipt.status, receipt.headers, receipt.body) if receipt else None


class _About(codec.Tolerant, frozen=True):
    """What a question is about: the gateway's answer repeats it, and nothing is believed by it."""

    id: codec.Filled


def may_ask(call: Call, facility: str) -> bool:
    """Tell whether a campus may have this asked: a question, or a file of its own."""
    if call.method == "POST":
        return call.path in QUESTIONS
    own = quote(facility, safe="")
    mine = call.path == f"/v1/ledger-heads/{own}" or call.path.startswith(f"/v1/lists/{own}/")
    return call.method == "GET" and mine and ".." not in call.path and "?" not in call.path


AT_GROUP_OFFICE = {
    "state": "later",
    "code": "AT_GROUP_OFFICE",
    "text": "报文已在集团中心，平台尚未答复",
    "text_en": "the group's office has the message; the platform has not answered yet",
    "next_action": "无需处理：平台答复后回执自动送达",
    "next_action_en": "nothing to do: the receipt comes by itself once the platform answers",
}
