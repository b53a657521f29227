"""Looks at everything an office needs; says what mends what is wrong. Mends nothing itself."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from edge.clock import Clock
from edge.core.errors import EdgeError
from edge.doctor import Finding
from edge.office.books import Books
from edge.office.opening import campuses_of, line_of
from edge.office.post import address_of
from edge.office.schema import STEPS, version
from edge.office.settings import OfficeSettings, load_office
from edge.settings import SettingsError
from edge.store.keys import KeyFolder, load_keys
from edge.trust.tls import ends_soon, papers_of
from sync.errors import SyncError
from sync.line import Call, Silence
from sync.stream import Stream

_DEADLINE_S = 5.0


def examine_office(settings_file: Path, clock: Clock) -> list[Finding]:
    """Look at everything; a fault in one does not hide the others."""
    try:
        settings = load_office(settings_file)
    except SettingsError as wrong:
        return [Finding(name="settings", well=False, seen=str(wrong), fix="see docs/group.md")]
    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("keys", lambda: _keys(settings)),
        ("certificate", lambda: _certificate(settings, clock)),
        ("campuses", lambda: _campuses(settings)),
        ("books", lambda: _books(settings)),
        ("stream", lambda: _stream(settings)),
        ("platform", lambda: _platform(settings)),
    ]
    found = [Finding(name="settings", well=True, seen=str(settings_file))]
    for name, look in checks:
        try:
            found += look()
        except (EdgeError, SyncError) as wrong:
            action = getattr(wrong, "next_action_en", "") or getattr(wrong.next_action, "en", "")
            found.append(Finding(name=name, well=False, seen=str(wrong), fix=action))
        except OSError as wrong:
            found.append(Finding(name=name, well=False, seen=str(wrong), fix="check the file"))
    return found


def _keys(settings: OfficeSettings) -> Iterator[Finding]:
    load_keys(KeyFolder(settings.data / "keys"))
    yield Finding(name="keys", well=True, seen=str(settings.data / "keys"))


def _certificate(settings: OfficeSettings, clock: Clock) -> Iterator[Finding]:
    papers = papers_of(settings.house())
    if papers is None:
        yield Finding(name="certificate", well=True, seen="plain HTTP on this machine")
        return
    late = ends_soon(papers, clock())
    fix = "restart the service: it renews its own; or put the hospital's new one there"
    seen = str(papers.certificate)
    yield Finding(name="certificate", well=not late, seen=seen, fix=fix if late else "")


def _campuses(settings: OfficeSettings) -> Iterator[Finding]:
    found = campuses_of(settings)
    yield Finding(
        name="campuses",
        well=bool(found),
        seen=f"{len(found)} registered",
        fix="" if found else "name each campus in office.toml, with its public key",
    )


def _books(settings: OfficeSettings) -> Iterator[Finding]:
    with closing(Books(settings.books.address)) as books:
        server = books.read().one("show server_version")
        has = books.read().one("select to_regclass('version') as at")
        step = version(books.read()) if has and has["at"] else 0
    seen = f"PostgreSQL {server['server_version'] if server else '?'}, step {step} of {len(STEPS)}"
    late = step > len(STEPS)
    yield Finding(
        name="books", well=not late, seen=seen, fix="install the newer release" if late else ""
    )


def _stream(settings: OfficeSettings) -> Iterator[Finding]:
    with closing(Stream(address_of(settings.stream, "edge-office-doctor"))) as stream:
        told = stream.version()
        trouble = stream.trouble()
    if isinstance(told, Silence):
        fix = "start nats-server, check stream.servers and who we are to it"
        yield Finding(name="stream", well=False, seen=trouble or told.what, fix=fix)
    else:
        yield Finding(name="stream", well=True, seen=f"nats-server {told}")


def _platform(settings: OfficeSettings) -> Iterator[Finding]:
    with closing(line_of(settings)) as line:
        reply = line.call(Call("GET", "/", b"", _DEADLINE_S))
    silent = isinstance(reply, Silence)
    seen = reply.what if isinstance(reply, Silence) else f"answers (HTTP {reply.status})"
    fix = "check platform.url, the network and the certificates" if silent else ""
    yield Finding(name="platform", well=not silent, seen=seen, fix=fix)
    keys = len(settings.platform.keys)
    fix = "" if keys else "name the platform's key in platform.keys: nothing it sends is believed"
    yield Finding(name="platform keys", well=bool(keys), seen=f"{keys} known", fix=fix)
