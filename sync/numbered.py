"""A gateway of the style that hospitals know: numbered transactions, ``infcode`` back.

An adapter beside the client (``sync.dialect``): it wraps what is signed and unwraps what is said,
and knows neither keys nor stays. Such a gateway takes one message at a time.
"""

from dataclasses import dataclass
from datetime import timedelta, timezone

from sync import codec
from sync.dialect import Act, Request
from sync.line import Call, Reply

TRANSACTIONS = {
    Act.VERIFICATION: "6101",
    Act.CREDENTIAL: "6102",
    Act.CARD_KEY: "6103",
    Act.MESSAGE: "6201",
    Act.STATUS: "6202",
    Act.RECOLLECTION: "6203",
    Act.INBOX: "6301",
}
"""The number of each transaction."""

DONE, REFUSED, EARLIER_MISSING, BUSY, NOT_RECEIVED = 0, -1, -2, -3, -4
"""What ``infcode`` says of a transaction."""

PATH = "/gateway"
VERSION = "V1.0"
_LOCAL = timezone(timedelta(hours=8))
_TIME = "%Y-%m-%d %H:%M:%S"
_OK = 200
_STATUSES = {DONE: 200, REFUSED: 422, EARLIER_MISSING: 409, BUSY: 503, NOT_RECEIVED: 404}


class Output(codec.Tolerant, frozen=True):
    """What comes back: ``output`` is our own protocol's body; without it, a code and a sentence."""

    infcode: int
    inf_refmsgid: str
    err_msg: str = ""
    output: codec.Raw = codec.Raw(b"null")


class _Input(codec.Strict, frozen=True):
    infno: str
    msgid: str
    fixmedins_code: str
    inf_time: str
    infver: str
    input: dict[str, str]


@dataclass(frozen=True, slots=True)
class Numbered:
    """The dialect of such a gateway; ``facility`` is our code in it."""

    facility: str
    batches: bool = False

    def call(self, request: Request) -> Call:
        """Put the act into a numbered transaction."""
        asked = _Input(
            infno=TRANSACTIONS[request.act],
            msgid=request.id,
            fixmedins_code=self.facility,
            inf_time=request.at.astimezone(_LOCAL).strftime(_TIME),
            infver=VERSION,
            input={"signed": request.content.decode()},
        )
        headers = {"content-type": "application/json"}
        path = f"{PATH}/{TRANSACTIONS[request.act]}"
        return Call("POST", path, codec.encode(asked), request.deadline_s, headers)

    def read(self, request: Request, reply: Reply) -> Reply:
        """Read the output into our own protocol; what answers another message is no answer."""
        if reply.status != _OK:
            return reply
        try:
            said = codec.decode(reply.body, Output)
        except codec.NotThisShape:
            return Reply(_OK, reply.headers, b"")
        status = _STATUSES.get(said.infcode, _STATUSES[REFUSED])
        if said.inf_refmsgid != request.id:
            return Reply(_OK, reply.headers, b"")
        body = bytes(said.output)
        return Reply(status, reply.headers, body if body != b"null" else _spoken(request, said))


def _spoken(request: Request, said: Output) -> bytes:
    """Put a bare code and sentence into our own words for it."""
    if said.infcode == NOT_RECEIVED:
        return codec.encode({"state": "not_received", "id": request.id})
    if said.infcode in {DONE, BUSY}:
        return b""
    code = "OUT_OF_ORDER" if said.infcode == EARLIER_MISSING else "PLATFORM_REFUSAL"
    state = "later" if said.infcode == EARLIER_MISSING else "rejected"
    told = {"state": state, "code": code, "text": said.err_msg, "id": request.id}
    return codec.encode(told)
