"""The certificate that the running service shows: renewed in time, taken up without a restart.

Makes no certificate itself (``edge.trust.tls`` does) and opens no connection.
"""

import ssl

from edge.clock import Clock
from edge.log import Log
from edge.settings import Settings
from edge.trust.tls import Papers, ready_papers, told

Stamp = tuple[tuple[int, int, int], ...]


class Leaf:
    """What every new connection is shown; those that are open go on as they are.

    A context is replaced whole: certificate and key are two files, and a connection that comes
    while they are exchanged must meet either pair and never half of each.

    Raises:
        Fault: as ``ready_papers``.
        OSError: certificate and key do not belong together.
    """

    def __init__(self, settings: Settings, clock: Clock, log: Log) -> None:
        self._settings = settings
        self._clock = clock
        self._log = log
        self._stamp: Stamp = ()
        self._shown: ssl.SSLContext | None = None
        self.look()

    def context(self) -> ssl.SSLContext | None:
        """Return what to listen with, for as long as the service runs; None for plain HTTP."""
        if self._shown is None:
            return None
        listening = _fresh(None)
        listening.sni_callback = self._show
        return listening

    def look(self) -> None:
        """Renew what is ours and due, and take up what has changed, whoever changed it.

        Raises:
            Fault, OSError: it cannot be used, as at the beginning; what was shown is shown on.
        """
        papers = ready_papers(self._settings, self._clock())
        if papers is None:
            return
        stamp = _stamp(papers)
        if stamp == self._stamp:
            return
        self._shown, taken_before = _fresh(papers), bool(self._stamp)
        self._stamp = stamp
        if taken_before:
            self._log.info("certificate.taken", ends=told(papers).ends_at.isoformat())

    def _show(
        self, line: ssl.SSLObject | ssl.SSLSocket, _name: str | None, _listening: ssl.SSLContext
    ) -> None:
        if self._shown:
            line.context = self._shown


def _fresh(papers: Papers | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if papers:
        context.load_cert_chain(papers.certificate, papers.key)
    return context


def _stamp(papers: Papers) -> Stamp:
    """Return what tells that a file was written anew, or replaced by another."""
    stats = [path.stat() for path in (papers.certificate, papers.key)]
    return tuple((one.st_ino, one.st_size, one.st_mtime_ns) for one in stats)
