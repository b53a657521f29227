"""The agent's way to the service: private by TLS with the site's own CA, or not at all."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drivers.agent.link import Link, Misplaced, NoSession, Turned
from drivers.agent.messages import ANSWER_BYTES_MAX, DevicesNow, Hello, Welcome, encode
from drivers.agent_errors import EdgeUnreachable

HELLO = Hello(desk="1号窗", installation="pc", host="pc")
WELCOME = Welcome(session="S", beat_s=1.0, wait_s=1.0)
FIRST_DAY, LAST_DAY = datetime(2026, 1, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC)


class Far(BaseHTTPRequestHandler):
    """Answers every call with what its server was given."""

    server: "FarEnd"

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["content-length"]))
        status, raw = self.server.answer
        self.send_response(status)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_given: object) -> None:
        """Tell nobody."""


class FarEnd(ThreadingHTTPServer):
    """A far end on loopback."""

    daemon_threads = True
    answer: tuple[int, bytes] = (200, encode(WELCOME))

    def handle_error(self, *_given: object) -> None:
        """Tell nobody: a client that does not trust us hangs up."""


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a CA, and a certificate of ours for 127.0.0.1 signed by it, with its key."""
    folder = tmp_path_factory.mktemp("ca")
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate("site CA", root_key, issuer=None, issuer_key=root_key)
    ours = _certificate("edge", key, issuer=root, issuer_key=root_key)
    (folder / "ca.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "edge.pem").write_bytes(ours.public_bytes(serialization.Encoding.PEM) + private)
    return folder / "ca.pem"


@contextmanager
def far_end(certificate: Path | None = None) -> Iterator[FarEnd]:
    with FarEnd(("127.0.0.1", 0), Far) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_the_sites_own_ca_is_believed_and_no_other(ca: Path, tmp_path: Path) -> None:
    with far_end(ca.with_name("edge.pem")) as server:
        url = f"https://127.0.0.1:{server.server_port}"
        with Link(url, token="t", ca=ca) as link:
            assert link.open(HELLO) == WELCOME
        with Link(url, token="t") as link, pytest.raises(EdgeUnreachable):
            link.open(HELLO)
        stranger_key = ec.generate_private_key(ec.SECP256R1())
        stranger = _certificate("stranger", stranger_key, issuer=None, issuer_key=stranger_key)
        other = tmp_path / "other.pem"
        other.write_bytes(stranger.public_bytes(serialization.Encoding.PEM))
        with Link(url, token="t", ca=other) as link, pytest.raises(EdgeUnreachable):
            link.open(HELLO)


def test_a_certificate_for_another_name_is_not_believed(ca: Path) -> None:
    with far_end(ca.with_name("edge.pem")) as server:
        url = f"https://localhost:{server.server_port}"
        with Link(url, token="t", ca=ca) as link, pytest.raises(EdgeUnreachable):
            link.open(HELLO)


@pytest.mark.parametrize(
    "url", ["http://edge.hospital.example:8443", "ftp://127.0.0.1", "edge:8443", "", "https://"]
)
def test_a_card_never_goes_over_a_network_in_the_clear(url: str) -> None:
    with pytest.raises(Misplaced):
        Link(url, token="t")


def test_a_ca_file_that_is_none_is_told_at_once(tmp_path: Path) -> None:
    nonsense = tmp_path / "ca.pem"
    nonsense.write_text("nonsense", encoding="ascii")
    for file in (nonsense, tmp_path / "absent.pem"):
        with pytest.raises(Misplaced):
            Link("https://edge.example", token="t", ca=file)


@pytest.mark.parametrize(
    ("status", "raw", "kind"),
    [
        (409, b'{"code": "AGENT_SESSION_OVER"}', NoSession),
        (409, b'{"code": "AGENT_ELSEWHERE", "detail": "x"}', Turned),
        (401, b'{"code": "LOGIN_REQUIRED"}', Turned),
        (503, b'{"code": "STORE_BUSY"}', EdgeUnreachable),
        (502, b"<html>a proxy's page</html>", EdgeUnreachable),
        (404, b"", EdgeUnreachable),
        (200, b"[]", EdgeUnreachable),
        (200, b"x" * (ANSWER_BYTES_MAX + 1), EdgeUnreachable),
        (302, b"", EdgeUnreachable),
    ],
)
def test_every_answer_is_one_of_four_things(status: int, raw: bytes, kind: type) -> None:
    with far_end() as server:
        server.answer = status, raw
        with Link(f"http://127.0.0.1:{server.server_port}", token="t") as link:
            with pytest.raises(kind) as told:
                link.open(HELLO)
            if isinstance(told.value, Turned):
                assert told.value.final is (b"ELSEWHERE" not in raw)


def test_nobody_there_is_told_and_nothing_is_kept_for_later() -> None:
    with Link("http://127.0.0.1:9", token="t") as link, pytest.raises(EdgeUnreachable):
        link.report("S", DevicesNow(readers=()))


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    *,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(FIRST_DAY)
        .not_valid_after(LAST_DAY - timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(address, critical=False)
        .add_extension(authority, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
