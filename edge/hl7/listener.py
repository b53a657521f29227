"""The MLLP listener: a message between 0x0B and 0x1C 0x0D in, its acknowledgement likewise out.

Understands no message. Over TLS wherever the service is; an idle or endless sender is cut off.
"""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from edge.core.errors import Fault, Words
from edge.hl7.answering import Counter, answer
from edge.site import Site
from edge.trust.tls import Papers, ready_papers

BEGIN, END = b"\x0b", b"\x1c\r"

MESSAGE_BYTES_MAX = 4 * 1024 * 1024
LINES_MAX = 32
"""Senders at once."""

IDLE_S_MAX = 600.0
"""How long a line may say nothing; senders open it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Address to listen at; port 0 is any free one. ``tls`` is None on loopback alone."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None


def hl7_taken(site: Site, *, changed: Callable[[str], None]) -> AbstractContextManager[object]:
    """Listen while the block runs where the site says (``hl7.host``, ``hl7.port``).

    Raises:
        Fault: HL7_PORT, when the port cannot be had; as ``ready_papers``.
    """
    said = site.settings.hl7
    papers = ready_papers(site.settings, site.clock())
    tls = tls_of(papers, said.client_ca) if papers else None
    return listening(Counter(site, changed), Where(host=said.host, port=said.port, tls=tls))


@contextmanager
def listening(counter: Counter, where: Where) -> Iterator[int]:
    """Listen in a thread while the block runs; gives the port.

    Raises:
        Fault: HL7_PORT.
    """
    up: Future[tuple[int, Callable[[], None]]] = Future()

    def run() -> None:
        try:
            asyncio.run(_serve(counter, where, up))
        except OSError as wrong:
            up.set_exception(_no_port(where, wrong))

    thread = Thread(target=run, name="hl7", daemon=True)
    thread.start()
    port, stop = up.result()
    try:
        yield port
    finally:
        stop()
        thread.join()


async def _serve(
    counter: Counter, where: Where, up: "Future[tuple[int, Callable[[], None]]]"
) -> None:
    loop, ending, lines = asyncio.get_running_loop(), asyncio.Event(), asyncio.Semaphore(LINES_MAX)

    async def line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if lines.locked():
            writer.close()
            return
        async with lines:
            await _talk(counter, reader, writer)

    server = await asyncio.start_server(
        line, where.host, where.port, ssl=where.tls, limit=MESSAGE_BYTES_MAX
    )
    port: int = server.sockets[0].getsockname()[1]

    def stop() -> None:
        loop.call_soon_threadsafe(ending.set)

    up.set_result((port, stop))
    await ending.wait()
    server.close()


async def _talk(
    counter: Counter, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer message after message, in their order, until the sender goes."""
    gone = (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
    with suppress(*gone):
        while True:
            async with asyncio.timeout(IDLE_S_MAX):
                block = await reader.readuntil(END)
            given = block.removesuffix(END).rpartition(BEGIN)[2]
            said = await asyncio.to_thread(answer, counter, given)
            writer.write(BEGIN + said + END)
            await writer.drain()
    writer.close()


def tls_of(papers: Papers, client_ca: Path | None) -> ssl.SSLContext:
    """Return how the line is protected; with ``client_ca`` clients prove who they are."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(papers.certificate, papers.key)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _no_port(where: Where, wrong: OSError) -> Fault:
    return Fault(
        "HL7_PORT",
        Words(
            f"无法在 {where.host}:{where.port} 接收 HL7：{wrong.strerror}",
            f"cannot take HL7 at {where.host}:{where.port}: {wrong.strerror}",
        ),
        Words("更换 hl7.port 或停止占用该端口的程序", "choose another hl7.port, or free this one"),
        field="hl7.port",
    )
