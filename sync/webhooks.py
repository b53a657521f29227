"""The hospital's own systems as far ends: signed messages of ours, posted until they are taken.

The same outbox, relay and patience as the platform's; a message for a system has the order key
``hook:NAME:CASE``, so that none ever waits for another's. Receivers know a message by its id: one
whose answer was lost is posted again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from sync import codec
from sync.attempt import FarGateway
from sync.envelope import Kind, digest
from sync.errors import Reason
from sync.jws import unbase64url
from sync.line import Call, Line, Silence
from sync.message import Claimed
from sync.outcome import Accepted, NeedsPerson, NotReceived, Outcome, RetryAt, Standing

PREFIX = "hook:"
DEADLINE_S = 10.0

_NOT_NOW = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)


def order_key(name: str, case: str) -> str:
    """Return the order key of what ``name`` is told about a case."""
    return f"{PREFIX}{name}:{case}"


def told_case(key: str) -> str:
    """Return the case of an order key that `order_key` made; empty for any other."""
    return key.rpartition(":")[2] if key.startswith(PREFIX) else ""


class Webhooks:
    """The systems by name, each with its address; close it when done. Thread-safe."""

    def __init__(self, urls: Mapping[str, str], clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._ends = {name: _End(url) for name, url in urls.items()}

    def close(self) -> None:
        """Cut what is under way and close every connection."""
        for end in self._ends.values():
            end.line.close()

    def post(self, message_id: str, payload: bytes, key: str) -> Outcome:
        """Post the signed bytes to the system that ``key`` names."""
        end = self._ends.get(key.removeprefix(PREFIX).partition(":")[0])
        if end is None:
            return NeedsPerson(reason=_GONE, message_id=message_id)
        headers = {"content-type": "application/jose", "webhook-id": message_id}
        answer = end.line.call(
            Call("POST", end.path, payload, deadline_s=DEADLINE_S, headers=headers)
        )
        now = self._clock()
        if isinstance(answer, Silence):
            return RetryAt(at=now, reason=_SILENT)
        return _read(answer.status, message_id, digest(payload), now)


class Switchboard:
    """The platform's gateway, but that a message for a hospital's system goes there."""

    def __init__(self, platform: FarGateway, webhooks: Webhooks) -> None:
        self._platform = platform
        self._webhooks = webhooks

    @property
    def batch_max(self) -> int:
        """As the platform has it."""
        return self._platform.batch_max

    def deliver(self, message_id: str, payload: bytes) -> Outcome:
        """Send one message where it belongs."""
        said = _said(payload)
        if said.kind is Kind.HOOK:
            return self._webhooks.post(message_id, payload, said.order_key)
        return self._platform.deliver(message_id, payload)

    def deliver_batch(self, messages: Sequence[Claimed]) -> Sequence[Outcome]:
        """Send the platform's together and each of the others alone; outcomes in order."""
        theirs = [one for one in messages if not one.order_key.startswith(PREFIX)]
        told = self._platform.deliver_batch(theirs) if theirs else ()
        outcomes = dict(zip((one.id for one in theirs), told, strict=True))
        for one in messages:
            if one.id not in outcomes:
                outcomes[one.id] = self._webhooks.post(one.id, one.payload, one.order_key)
        return [outcomes[one.id] for one in messages]

    def status_of(self, message_id: str, payload: bytes) -> Standing:
        """Ask the platform; a hospital's system is not asked but told again, under the same id."""
        if _said(payload).kind is Kind.HOOK:
            return NotReceived()
        return self._platform.status_of(message_id, payload)

    def close(self) -> None:
        """Cut what is under way to either."""
        self._webhooks.close()
        self._platform.close()


class _End:
    """One system: its line and the path on it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.line = Line(f"{parts.scheme}://{parts.netloc}", None)
        self.path = parts.path or "/"


@dataclass(frozen=True, slots=True)
class _Said:
    kind: Kind
    order_key: str


def _said(payload: bytes) -> _Said:
    """Read what a message of our own says of itself; its seal was opened just now."""
    return codec.decode(unbase64url(payload.split(b".")[1]), _Said)


def _read(status: int, message_id: str, sha256: str, now: datetime) -> Outcome:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Accepted(
            message_id=message_id, sha256=sha256, receipt=f"HTTP {status}", received_at=now
        )
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and (
        status not in _NOT_NOW
    ):
        return NeedsPerson(reason=_REFUSED, message_id=message_id)
    return RetryAt(at=now, reason=_SILENT)


_SILENT = Reason(
    code="WEBHOOK_SILENT",
    text="医院系统没有应答或暂不接收，将自动重发",
    text_en="the hospital's system gives no answer, or takes nothing now; it is told again",
    next_action="持续出现时检查 webhooks 的地址与该系统",
    next_action_en="if this lasts, check the address in webhooks and that system",
)
_REFUSED = Reason(
    code="WEBHOOK_REFUSED",
    text="医院系统拒收该通知",
    text_en="the hospital's system refuses this message",
    next_action="由该系统的供应商查明原因后重发，或注明后关闭",
    next_action_en="its supplier finds out why; then retry, or resolve it with a note",
)
_GONE = Reason(
    code="WEBHOOK_GONE",
    text="该通知的接收系统已不在设置中",
    text_en="the system that this was for is not among the webhooks any more",
    next_action="恢复 webhooks 设置后重发，或注明后关闭",
    next_action_en="restore the setting and retry, or resolve it with a note",
)
