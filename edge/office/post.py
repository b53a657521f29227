"""The group's stream as a worker needs it: what campuses sent, are to hear, and ask.

Knows no envelope and no books.
"""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from edge.core.errors import Fault, Words
from edge.office.campus import Campus
from edge.office.settings import Streams
from edge.office.worker import FETCH_MAX, FETCH_WAIT_S, Taken
from sync.group import ask_subject
from sync.line import Silence
from sync.stream import Address, Asked, Delivery, PubAck, Stream
from sync.streams import OFFICE, PullPlan, down_plan, group_plan, receipts_plan
from sync.tls import Papers, context_of

QUEUE = "office"
"""The workers answer as one: each question goes to one of them."""

Answer = Callable[[str, bytes, float], bytes | None]


@dataclass(slots=True)
class StreamPost:
    """The post on a real stream. ``campuses`` are by facility."""

    stream: Stream
    campuses: dict[str, Campus]
    batch_max: int = FETCH_MAX
    pull: PullPlan = OFFICE
    _declared: bool = False
    _held: dict[int, Delivery] = field(default_factory=dict)

    def fetch(self) -> Sequence[Taken] | None:
        """Return what came; None when the stream is not there."""
        if not self.declared():
            return None
        came = self.stream.fetch(self.pull, batch=self.batch_max, wait_s=FETCH_WAIT_S, ahead=True)
        if isinstance(came, Silence):
            self._declared = False  # a server that lost its store is told anew
            return None
        self._held = {one.sequence: one for one in came}
        return came

    def declared(self) -> bool:
        """See to it that the streams stand; tell whether they do."""
        self._declared = self._declared or not declare(self.stream, self.campuses, self.pull)
        return self._declared

    def done(self, taken: Sequence[Taken]) -> None:
        """Acknowledge; what the server does not hear of comes again."""
        self.stream.ack_all([self._held[one.sequence] for one in taken])

    def publish(self, subject: str, body: bytes, message_id: str) -> bool:
        """Have a receipt kept by the stream."""
        return isinstance(self.stream.publish(subject, body, message_id), PubAck)


def declare(stream: Stream, campuses: dict[str, Campus], pull: PullPlan = OFFICE) -> Silence | None:
    """See to it that the office's streams stand, and what the campuses read them by."""
    leaves = sorted(one.facility for one in campuses.values() if one.leaf)
    direct = sorted(one.facility for one in campuses.values() if not one.leaf)
    receipts = [receipts_plan(one) for one in sorted(campuses)]
    return stream.declare(group_plan(leaves, direct), down_plan(), pull, *receipts)


def answered_on(stream: Stream, campuses: dict[str, Campus], answer: Answer) -> Silence | None:
    """Answer what the campuses ask, from now on."""

    def handle(asked: Asked) -> bytes | None:
        return answer(asked.subject, asked.body, asked.waited_s)

    for facility in campuses:
        silence = stream.serve(ask_subject(facility), QUEUE, handle)
        if silence:
            return silence
    return None


def address_of(settings: Streams, name: str) -> Address:
    """Return where the stream is and who we are to it.

    Raises:
        Fault: STREAM_PASSWORD, when its file cannot be read.
        PlatformMisplaced: the TLS files cannot be used.
    """
    return Address(
        servers=settings.servers,
        name=name,
        user=settings.user or None,
        password=_password(settings),
        tls=_tls(settings),
    )


def _password(settings: Streams) -> str | None:
    if settings.password_file is None:
        return None
    try:
        return settings.password_file.read_text(encoding="utf-8").strip()
    except OSError as wrong:
        raise Fault(
            "STREAM_PASSWORD",
            Words("无法读取消息流的密码文件", "the stream's password file cannot be read"),
            Words(
                "把密码文件放到 stream.password_file 所写的位置，权限 0600",
                "put it where stream.password_file says, mode 0600",
            ),
            field="stream.password_file",
        ) from wrong


def _tls(settings: Streams) -> ssl.SSLContext | None:
    papers = Papers(
        ca=settings.ca, certificate=settings.client_certificate, key=settings.client_key
    )
    return context_of(papers)
