"""The service's own TLS files: made when they are missing, renewed before they end.

A hospital's own certificate (``server.certificate``, ``server.key``) is used as it is.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from edge.core.errors import Fault, Words
from edge.settings import Settings
from edge.trust.certificates import Pair as Held
from edge.trust.certificates import (
    Told,
    issued,
    named,
    new_authority,
    permits,
    told_by,
    vouches_for,
)

RENEWED_BEFORE = timedelta(days=60)
"""Our own certificate is renewed when it has less than this left."""

ALARM_BEFORE = timedelta(days=21)
"""And somebody must act when it has less than this: it is the hospital's, or renewing fails."""

_PRIVATE = 0o600
_OPEN = 0o644
_READABLE_BY_OTHERS = 0o077


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """The files with which the service proves itself; ``ca`` is None with a hospital's own."""

    certificate: Path
    key: Path
    ca: Path | None


def papers_of(settings: Settings) -> Papers | None:
    """Return where the files are, made or not; None for a service that speaks plain HTTP."""
    server = settings.server
    if not server.tls:
        return None
    if server.certificate and server.key:
        return Papers(certificate=server.certificate, key=server.key, ca=None)
    folder = settings.data / "tls"
    return Papers(
        certificate=folder / "server.pem", key=folder / "server.key", ca=folder / "ca.pem"
    )


def ready_papers(settings: Settings, at: datetime) -> Papers | None:
    """Return the files, ours made or renewed first where that is due.

    Raises:
        Fault: TLS_UNUSABLE; TLS_AUTHORITY, when the CA may not name a new host.
    """
    papers = papers_of(settings)
    if papers is None:
        return None
    if papers.ca is None:
        _require_usable(papers)
        return papers
    hosts = settings.server.allowed_hosts
    if not papers.ca.exists():
        renew(settings, at, new_ca=True)
    elif _is_due(papers, papers.ca, hosts, at):
        renew(settings, at)
    _require_usable(papers)
    return papers


def renew(settings: Settings, at: datetime, *, new_ca: bool = False) -> Told:
    """Make a new certificate for ``server.allowed_hosts``, under a new CA if asked.

    Raises:
        Fault: TLS_UNUSABLE, for a certificate that is not ours to renew; TLS_AUTHORITY.
    """
    papers = papers_of(settings)
    if papers is None or papers.ca is None:
        raise _unusable("server.certificate", "it is not this site's own to renew")
    hosts = settings.server.allowed_hosts
    folder = papers.ca.parent
    folder.mkdir(exist_ok=True, mode=0o700)
    if new_ca:
        made = new_authority(f"{settings.facility.id} Injury Desk Edge", hosts, at)
        _write(folder / "ca.key", made.key, _PRIVATE)
        _write(papers.ca, made.certificate, _OPEN)
    authority = _authority(papers.ca)
    if not permits(authority.certificate, hosts):
        raise _no_authority(hosts)
    leaf = issued(authority, hosts, at)
    _write(papers.key, leaf.key, _PRIVATE)
    _write(papers.certificate, leaf.certificate, _OPEN)
    return told_by(leaf.certificate)


def told(papers: Papers) -> Told:
    """Return what the service's certificate says.

    Raises:
        Fault: TLS_UNUSABLE.
    """
    try:
        return told_by(papers.certificate.read_bytes())
    except (OSError, ValueError) as wrong:
        raise _unusable(papers.certificate.name, str(wrong)) from wrong


def ends_soon(papers: Papers, at: datetime) -> bool:
    """Tell whether somebody must act, or desks will be shut out."""
    return told(papers).ends_at - at < ALARM_BEFORE


def _is_due(papers: Papers, ca: Path, hosts: tuple[str, ...], at: datetime) -> bool:
    try:
        leaf, authority = papers.certificate.read_bytes(), ca.read_bytes()
        now = told_by(leaf)
    except (OSError, ValueError):
        return True
    missing = named(hosts) - set(now.hosts)
    late = now.ends_at - at < RENEWED_BEFORE
    return bool(missing) or late or not papers.key.exists() or not vouches_for(authority, leaf)


def _authority(ca: Path) -> Held:
    try:
        return Held(ca.read_bytes(), ca.with_suffix(".key").read_bytes())
    except OSError as wrong:
        raise _unusable("ca.key", wrong.strerror or "unreadable") from wrong


def _require_usable(papers: Papers) -> None:
    told(papers)
    try:
        mode = papers.key.stat().st_mode
    except OSError as wrong:
        raise _unusable(papers.key.name, wrong.strerror or "unreadable") from wrong
    if mode & _READABLE_BY_OTHERS:
        raise _unusable(papers.key.name, "readable by others")


def _write(path: Path, content: bytes, mode: int) -> None:
    """Replace a file whole: whoever starts meanwhile reads the old one or the new one."""
    fresh = path.with_suffix(f"{path.suffix}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _unusable(field: str, why: str) -> Fault:
    return Fault(
        "TLS_UNUSABLE",
        Words(f"服务的证书文件不可用：{field}：{why}", f"TLS file {field}: {why}"),
        Words(
            "自有证书：edge tls renew；医院证书：核对 server.certificate、server.key 与权限 0600",
            "our own: edge tls renew; the hospital's: check server.certificate, server.key, 0600",
        ),
        field=field,
    )


def _no_authority(hosts: tuple[str, ...]) -> Fault:
    asked = ", ".join(hosts)
    return Fault(
        "TLS_AUTHORITY",
        Words(
            f"本站 CA 不能为 server.allowed_hosts 中的全部地址签发：{asked}",
            f"this site's CA may not vouch for all of server.allowed_hosts: {asked}",
        ),
        Words(
            "执行 edge tls renew --new-ca，再把新的 ca.pem 分发到各窗口",
            "run edge tls renew --new-ca, then give the new ca.pem to every desk",
        ),
        field="server.allowed_hosts",
    )
