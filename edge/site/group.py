"""The site as a campus of a group: its stream server, and the line through the office.

Loaded by such sites alone: it brings the client of the stream servers with it.
"""

from dataclasses import dataclass
from pathlib import Path

from edge.core.errors import Fault, Words
from edge.settings import JetStream, Settings
from sync.ask import AskLine
from sync.group import UP_STREAM
from sync.line import Silence
from sync.stream import Address, Stream
from sync.streams import inbox, receipts_plan
from sync.tls import Papers, context_of

_READABLE_BY_OTHERS = 0o077
_SYNCS_SINCE = (2, 10)
_PAYLOAD_MIN = 8_000_000
"""A bill of 20,000 lines, signed."""


def stream_of(settings: Settings, purpose: str) -> Stream:
    """Return a connection to the campus's stream server, not made yet; close it when done.

    Raises:
        PlatformMisplaced: PLATFORM_TLS, a TLS file cannot be used.
        Fault: STREAM_PASSWORD.
    """
    chosen = settings.sync.jetstream
    papers = Papers(ca=chosen.ca, certificate=chosen.client_certificate, key=chosen.client_key)
    facility = settings.facility.id
    address = Address(
        servers=chosen.servers,
        name=f"{facility} {purpose}",
        user=chosen.user or None,
        password=_password(chosen),
        tls=context_of(papers, "sync.jetstream"),
        inbox=inbox(facility),
    )
    return Stream(address)


def ask_line(settings: Settings) -> AskLine:
    """Return the line by which the campus asks; it closes the connection that it asks by.

    Raises:
        PlatformMisplaced, Fault: as ``stream_of``.
    """
    return AskLine(stream_of(settings, "questions"), settings.facility.id)


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing looked at: whether it is well, what was seen, and what would mend it."""

    well: bool
    seen: str
    fix: str


def seen_by(stream: Stream, settings: Settings) -> dict[str, Seen]:
    """Look at the campus's stream server, its stream, and the office's server behind it."""
    facility, chosen = settings.facility.id, settings.sync.jetstream
    version = stream.version()
    if isinstance(version, Silence):
        seen = f"no connection: {stream.trouble() or version.what}"
        fix = "is nats-server running; check sync.jetstream.servers, user and certificates"
        return {"stream server": Seen(well=False, seen=seen, fix=fix)}
    found = {"stream server": _server(version, stream.payload_max() or 0)}
    if chosen.leaf:
        held = stream.held(UP_STREAM)
        seen = f"not there: {held.what}" if isinstance(held, Silence) else f"{held} messages kept"
        fix = "start the service, which makes it; JetStream must be on, its disk not full"
        found["stream UP"] = Seen(well=not isinstance(held, Silence), seen=seen, fix=fix)
    waiting = stream.waiting(receipts_plan(facility), domain=chosen.hub_domain)
    there = isinstance(waiting, int)
    seen = f"{waiting} receipts wait to be read" if there else "its stream is not reached"
    fix = "is the leaf connected (nats-server's log); has the office entered this campus?"
    found["group's office"] = Seen(well=there, seen=seen, fix=fix)
    return found


def _server(version: str, payload_max: int) -> Seen:
    syncs = tuple(map(int, version.split("."))) >= _SYNCS_SINCE
    seen = f"nats-server {version}, messages up to {payload_max // 1_000_000} MB"
    if not syncs:
        seen += "; too old to sync each write: after a power cut some messages are sent again"
    fix = "set max_payload to 8MB, here and at the office"
    return Seen(well=payload_max >= _PAYLOAD_MIN, seen=seen, fix=fix)


def _password(chosen: JetStream) -> str | None:
    if chosen.password_file is None:
        return None
    try:
        if chosen.password_file.stat().st_mode & _READABLE_BY_OTHERS:
            raise _unusable(chosen.password_file)
        return chosen.password_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as wrong:
        raise _unusable(chosen.password_file) from wrong


def _unusable(path: Path) -> Fault:
    return Fault(
        "STREAM_PASSWORD",
        Words(
            f"无法使用消息服务器的密码文件：{path.name}",
            f"the stream server's password file cannot be used: {path.name}",
        ),
        Words(
            "核对 site.toml 中 sync.jetstream.password_file：一行密码，权限 0600",
            "check sync.jetstream.password_file in site.toml: one line, mode 0600",
        ),
        field="sync.jetstream.password_file",
    )
