"""How an act is put into a request, and how the reply is read back: the seam for other gateways.

``DIRECT`` is our own protocol. Another gateway is an adapter beside it (``sync.numbered``): it
returns what it was told in the statuses and bodies of ours, so that all else stays the same.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sync.line import ZSTD, Call, Reply


class Act(StrEnum):
    """What is asked of the platform."""

    VERIFICATION = "verification"
    CREDENTIAL = "credential"
    CARD_KEY = "card_key"
    MESSAGE = "message"
    BATCH = "batch"
    STATUS = "status"
    INBOX = "inbox"
    RECOLLECTION = "recollection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One act. ``id`` is the question's or message's; ``content`` what was signed, or a batch.

    ``packed`` says that a batch is zstd.
    """

    act: Act
    id: str
    content: bytes = field(default=b"", repr=False)
    at: datetime
    deadline_s: float
    packed: bool = False


class Dialect(Protocol):
    """One gateway's way of speaking."""

    @property
    def batches(self) -> bool:
        """Whether several messages may be handed over at once."""

    def call(self, request: Request) -> Call:
        """Put the act into a request."""

    def read(self, request: Request, reply: Reply) -> Reply:
        """Read the reply into the statuses and bodies of our own protocol."""


class Direct:
    """Our own protocol (docs/platform-protocol.md)."""

    batches = True

    def call(self, request: Request) -> Call:
        """Put the act into a request."""
        kind = "application/jose-lines" if request.act is Act.BATCH else "application/jose"
        packing = {"content-encoding": ZSTD} if request.packed else {}
        headers = {"content-type": kind, **packing}
        path = PATHS[request.act]
        return Call("POST", path, request.content, request.deadline_s, headers)

    def read(self, _request: Request, reply: Reply) -> Reply:
        """Return the reply as it is."""
        return reply


DIRECT = Direct()

PATHS = {
    Act.VERIFICATION: "/v1/verifications",
    Act.CREDENTIAL: "/v1/credentials",
    Act.CARD_KEY: "/v1/card-keys",
    Act.MESSAGE: "/v1/messages",
    Act.BATCH: "/v1/batches",
    Act.STATUS: "/v1/standings",
    Act.INBOX: "/v1/inbox",
    Act.RECOLLECTION: "/v1/recollections",
}
"""Where each act is asked for in our own protocol."""
