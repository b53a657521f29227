"""The stream servers' own interface: how streams are asked for, and what is said of them.

Pure: sends nothing. The forms are those of JetStream's API, of which this is the part that is used.
"""

from typing import TypeVar

from sync import codec
from sync.streams import PullPlan, StreamPlan

T = TypeVar("T")

_NO_MORE = frozenset({"404", "408"})
_ACK_WORDS, _DELIVERED = 9, 4


UNREADABLE = -1
"""The code of an answer that is none of the server's."""


class Refused(Exception):
    """The server refuses what was asked of it; ``code`` is its own number, 0 for none."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Ack(codec.Tolerant, frozen=True):
    """A message is kept."""

    stream: str
    seq: int
    duplicate: bool = False


class State(codec.Tolerant, frozen=True):
    """What a stream holds."""

    messages: int


class External(codec.Tolerant, frozen=True):
    """Where another domain's interface is found."""

    api: str


class SourceInfo(codec.Tolerant, frozen=True):
    """A stream that another gathers: what is yet to be gathered, when it was last heard of (ns)."""

    lag: int = 0
    active: int = -1
    external: External = External(api="")

    @property
    def domain(self) -> str:
        """Return whose it is."""
        return self.external.api.removeprefix("$JS.").removesuffix(".API")

    @property
    def silent_s(self) -> float | None:
        """Return since how many seconds it is silent; None when it never was heard."""
        return self.active / 1e9 if self.active >= 0 else None


class StreamInfo(codec.Tolerant, frozen=True):
    """How a stream stands, and what it gathers."""

    state: State
    sources: tuple[SourceInfo, ...] = ()


class Floor(codec.Tolerant, frozen=True):
    """Up to which number of the stream all is acknowledged."""

    stream_seq: int = 0


class ConsumerInfo(codec.Tolerant, frozen=True):
    """What a consumer has yet to hand out and to hear of, and how much it handed out again."""

    num_pending: int
    num_ack_pending: int
    num_redelivered: int = 0
    ack_floor: Floor = Floor()


class Kept(codec.Tolerant, frozen=True):
    """A message as a stream keeps it: when it came."""

    time: codec.Aware


class KeptMessage(codec.Tolerant, frozen=True):
    """The answer to a question for one message."""

    message: Kept


def api(domain: str, what: str) -> str:
    """Return the subject on which the streams of a domain are asked for; empty: the server's."""
    return f"$JS.{domain}.API.{what}" if domain else f"$JS.API.{what}"


def told(reply: bytes, shape: type[T]) -> T:
    """Read what a server says.

    Raises:
        Refused: it refuses, or says something else.
    """
    try:
        fault = codec.decode(reply, _Fault).error
        if fault:
            raise Refused(fault.err_code, fault.description)
        return codec.decode(reply, shape)
    except codec.NotThisShape as wrong:
        raise Refused(UNREADABLE, "unreadable") from wrong


def require_served(status: str, description: str) -> None:
    """Raise unless a consumer says that it has no more, or that the wait is over.

    Raises:
        Refused: it says something else; 503: nobody is there.
    """
    if status not in _NO_MORE:
        raise Refused(int(status), description or "nobody there")


def numbers_of(reply: str) -> tuple[int, int]:
    """Return how often a message was delivered, and its number in the stream.

    They stand in where it is to be acknowledged: ``$JS.ACK.<stream>.<consumer>.<delivered>.<number
    in the stream>…``, or with domain and account between ``ACK`` and the stream.

    Raises:
        Refused: it is no message of a stream.
    """
    words = reply.split(".")
    first = _DELIVERED if len(words) == _ACK_WORDS else _DELIVERED + 2
    try:
        return int(words[first]), int(words[first + 1])
    except (IndexError, ValueError) as wrong:
        raise Refused(UNREADABLE, "unreadable") from wrong


def stream_config(plan: StreamPlan) -> dict[str, object]:
    """Return a stream in the words of the server's own interface; spans are nanoseconds there."""
    return {
        "name": plan.name,
        "subjects": list(plan.subjects),
        "sources": [
            {"name": one.stream, "external": {"api": f"$JS.{one.domain}.API"}}
            for one in plan.sources
        ],
        "retention": "limits",
        "storage": "file",
        # A full stream refuses what is new: what it holds may not have been gathered yet.
        "discard": "new",
        "num_replicas": 1,
        "max_consumers": -1,
        "max_msgs": -1,
        "max_bytes": plan.bytes_max or -1,
        "max_age": _ns(plan.age_s_max),
        "duplicate_window": _ns(plan.duplicates_s),
    }


def consumer_config(plan: PullPlan) -> dict[str, object]:
    """Return a durable consumer in the words of the server's own interface, with its stream."""
    config: dict[str, object] = {
        "durable_name": plan.durable,
        "deliver_policy": "all",
        "ack_policy": "explicit",
        "replay_policy": "instant",
        "ack_wait": _ns(plan.ack_wait_s),
        "max_ack_pending": plan.pending_max,
        "max_deliver": -1,
    }
    filtered = {"filter_subject": plan.subject} if plan.subject else {}
    return {"stream_name": plan.stream, "config": config | filtered}


def _ns(seconds: float) -> int:
    return int(seconds * 1_000_000_000)


class _Problem(codec.Tolerant, frozen=True):
    err_code: int = 0
    description: str = ""


class _Fault(codec.Tolerant, frozen=True):
    error: _Problem | None = None
