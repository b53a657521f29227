"""Mutual TLS: whom we believe, what we show, and why a handshake failed. Sends nothing.

In TLS 1.3 a client has said its first words before the server has looked at its certificate, so a
refused certificate looks like a lost line; a second handshake that says nothing hears the reason.
"""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sync.errors import PlatformMisplaced, Reason

_LISTEN_S = 0.5
_READABLE_BY_OTHERS = 0o077
_REFUSALS = ("certificate", "unknown_ca", "access_denied", "handshake_failure")
"""In the names of the alerts (RFC 8446 section 6.2) by which a server refuses a client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Files, PEM: the CA that the platform's certificate hangs on, our certificate and its key.

    Without ``ca`` the system's are believed; without ``certificate`` none is shown.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def context_of(papers: Papers, section: str = "platform") -> ssl.SSLContext | None:
    """Return the context that these make; None when there are none.

    Raises:
        PlatformMisplaced: PLATFORM_TLS, naming the setting of ``section``.
    """
    if not (papers.ca or papers.certificate or papers.key):
        return None
    try:
        context = ssl.create_default_context(cafile=papers.ca)
    except (OSError, ssl.SSLError) as wrong:
        raise _unusable(section, "ca") from wrong
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if papers.certificate or papers.key:
        _show(context, papers, section)
    return context


def untrusted(lost: BaseException) -> bool:
    """Tell whether we ended the handshake because we do not believe the platform's certificate."""
    return any(isinstance(one, ssl.SSLCertVerificationError) for one in _causes(lost))


async def certificate_refused(host: str, port: int, context: ssl.SSLContext) -> bool:
    """Shake hands once more, say nothing, and tell whether the server refuses our certificate.

    It says so by an alert, or just hangs up before anybody has said a word.
    """
    try:
        async with asyncio.timeout(_LISTEN_S):
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
            try:
                return not await reader.read(1)
            finally:
                writer.close()
                with suppress(OSError, ssl.SSLError):
                    await writer.wait_closed()
    except ssl.SSLError as alert:
        return any(name in (alert.reason or "").lower() for name in _REFUSALS)
    except (OSError, TimeoutError):
        return False


def _show(context: ssl.SSLContext, papers: Papers, section: str) -> None:
    if papers.certificate is None:
        raise _unusable(section, "client_certificate")
    key = papers.key or papers.certificate
    try:
        private = not key.stat().st_mode & _READABLE_BY_OTHERS
        context.load_cert_chain(papers.certificate, key)
    except (OSError, ssl.SSLError) as wrong:
        raise _unusable(section, "client_certificate") from wrong
    if not private:
        raise _unusable(section, "client_key")


def _causes(lost: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    one: BaseException | None = lost
    while one is not None and one not in found:
        found.append(one)
        one = one.__cause__ or one.__context__
    return found


def _unusable(section: str, name: str) -> PlatformMisplaced:
    reason = Reason(
        code="PLATFORM_TLS",
        text=f"平台证书设置不可用：{section}.{name}",
        text_en=f"the TLS files for the platform cannot be used: {section}.{name}",
        next_action="核对 site.toml 中的证书文件：PEM 格式、证书与私钥成对、私钥权限 0600",
        next_action_en="check the files named in site.toml: PEM, a matching pair, key mode 0600",
    )
    return PlatformMisplaced(reason, field=name)
