"""The streams of a group of campuses, and who reads them. Sends nothing.

A campus keeps what it says in ``UP`` on its own leaf server, whose JetStream domain is the
campus's; the office's ``GROUP`` gathers every ``UP``. What the platform answered goes down in
``DOWN``, of which each campus has a consumer of its own.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field

from sync.group import (
    DOWN_STREAM,
    GROUP_STREAM,
    OFFICE_DURABLE,
    UP_STREAM,
    again_subjects,
    receipt_subject,
    up_subjects,
)

HUB = "hub"
"""The usual JetStream domain of the office's server."""

DUPLICATES_S = 120.0
"""How long a stream knows a message's id again. Nobody relies on it: the office is unique by id."""

_DAY_S = 24 * 3600.0


TOO_LARGE = "MaxPayloadError"
"""What is said of a message that is larger than the server takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the servers are, and who we are to them.

    ``inbox`` begins the subjects on which answers come: one's own, where others must not listen.
    """

    servers: tuple[str, ...]
    name: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None
    inbox: str = "_INBOX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to be kept by a stream."""

    subject: str
    body: bytes = field(repr=False)
    message_id: str


@dataclass(frozen=True, slots=True)
class PubAck:
    """A stream has it; ``duplicate`` when it had it under the same id a short while ago."""

    stream: str
    sequence: int
    duplicate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as it came; ``waited_s`` is how long it has stood here."""

    subject: str
    body: bytes = field(repr=False)
    waited_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Another stream, of another domain, that a stream gathers."""

    stream: str
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPlan:
    """A stream as it should stand: on disk, refusing what is new once it is full."""

    name: str
    subjects: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    age_s_max: float = 0.0
    duplicates_s: float = DUPLICATES_S
    bytes_max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullPlan:
    """A durable consumer as it should stand: each message is acknowledged, or comes again."""

    stream: str
    durable: str
    subject: str = ""
    ack_wait_s: float = 30.0
    pending_max: int = 1000


def inbox(facility: str) -> str:
    """Return where a campus hears answers; no other campus may listen there."""
    return f"_INBOX_{facility}"


def up_plan(facility: str) -> StreamPlan:
    """Return a campus's own stream. What the office gathered is of no use after a month."""
    return StreamPlan(name=UP_STREAM, subjects=(up_subjects(facility),), age_s_max=30 * _DAY_S)


def receipts_plan(facility: str) -> PullPlan:
    """Return the consumer by which a campus reads what became of its messages."""
    return PullPlan(
        stream=DOWN_STREAM,
        durable=f"receipts-{facility}",
        subject=receipt_subject(facility),
    )


def group_plan(leaves: Sequence[str], direct: Sequence[str] = ()) -> StreamPlan:
    """Return the office's stream of what all campuses say.

    ``leaves`` are the facilities with a server of their own, whose domain is the facility's id;
    ``direct`` those that publish to the office's server themselves. What of a leaf's it has not
    received is published to it a second time (``sync.group.again_subject``).
    """
    return StreamPlan(
        name=GROUP_STREAM,
        subjects=(*map(up_subjects, direct), *map(again_subjects, leaves)),
        sources=tuple(Source(stream=UP_STREAM, domain=one) for one in leaves),
        age_s_max=30 * _DAY_S,
    )


def down_plan() -> StreamPlan:
    """Return the office's stream of what became of the campuses' messages."""
    return StreamPlan(name=DOWN_STREAM, subjects=("down.>",), age_s_max=30 * _DAY_S)


OFFICE = PullPlan(stream=GROUP_STREAM, durable=OFFICE_DURABLE, pending_max=8000)
"""The consumer that the office's workers share: two batches under way for each of eight."""
