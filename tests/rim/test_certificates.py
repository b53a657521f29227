"""The site's own TLS: bound to its hosts, renewed in time, and believed by who pins its CA."""

import socket
import ssl
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from edge.clock import system_clock
from edge.core.errors import Fault
from edge.settings import Facility, Platform, Server, Settings
from edge.trust.certificates import Pair, issued, new_authority, permits, told_by, vouches_for
from edge.trust.tls import Papers, ends_soon, papers_of, ready_papers, renew, told

HOSTS = ("edge.hospital.test", "127.0.0.1")
NOW = system_clock()  # handshakes go by the machine's own clock


def settings(folder: Path, **server: object) -> Settings:
    place = Facility(id="TJ0001", name="测试", region="120000", city="120100", kinds=("medical",))
    return Settings(
        data=folder,
        facility=place,
        platform=Platform(url="http://127.0.0.1:9"),
        server=Server.model_validate({"allowed_hosts": HOSTS} | server),
    )


def shakes(folder: Path, authority: Pair, leaf: Pair, host: str) -> str:
    """Shake hands as a client that believes ``authority`` alone; return why not, or nothing."""
    files = [folder / name for name in ("ca.pem", "leaf.pem", "leaf.key")]
    for file, content in zip(files, (authority.certificate, *_both(leaf)), strict=True):
        file.write_bytes(content)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(files[1], files[2])
    trusting = ssl.create_default_context(cafile=files[0])
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    ours, theirs = socket.socketpair()
    answering = threading.Thread(target=_answer, args=(serving, theirs))
    answering.start()
    try:
        with trusting.wrap_socket(ours, server_hostname=host):
            return ""
    except ssl.SSLCertVerificationError as wrong:
        return wrong.verify_message
    finally:
        ours.close()
        answering.join()


def _both(pair: Pair) -> tuple[bytes, bytes]:
    return pair.certificate, pair.key


def _answer(context: ssl.SSLContext, line: socket.socket) -> None:
    try:
        context.wrap_socket(line, server_side=True).close()
    except OSError:
        line.close()


@pytest.mark.parametrize("host", HOSTS)
def test_who_pins_the_authority_believes_every_host_of_the_site(tmp_path: Path, host: str) -> None:
    authority = new_authority("site", HOSTS, NOW)
    leaf = issued(authority, HOSTS, NOW)
    assert shakes(tmp_path, authority, leaf, host) == ""
    assert vouches_for(authority.certificate, leaf.certificate)
    assert not vouches_for(new_authority("site", HOSTS, NOW).certificate, leaf.certificate)


def test_a_site_that_has_an_address_alone_is_believed_too(tmp_path: Path) -> None:
    authority = new_authority("site", HOSTS[1:], NOW)
    assert shakes(tmp_path, authority, issued(authority, HOSTS[1:], NOW), HOSTS[1]) == ""


@pytest.mark.parametrize(
    ("bound", "host"),
    [
        (HOSTS, "bank.example"),
        (HOSTS, "10.0.0.1"),
        (("edge.hospital.test",), "10.0.0.1"),
        (("127.0.0.1",), "bank.example"),
    ],
)
def test_the_authority_vouches_for_this_sites_hosts_and_for_no_other(
    tmp_path: Path, bound: Sequence[str], host: str
) -> None:
    authority = new_authority("site", bound, NOW)
    stolen = issued(authority, [host], NOW)  # what a thief of the key would make
    assert shakes(tmp_path, authority, stolen, host) in {
        "permitted subtree violation",
        "excluded subtree violation",
    }
    assert permits(authority.certificate, bound)
    assert not permits(authority.certificate, [host])


def test_a_stranger_is_not_believed(tmp_path: Path) -> None:
    authority, other = (new_authority("site", HOSTS, NOW) for _ in range(2))
    assert shakes(tmp_path, authority, issued(other, HOSTS, NOW), HOSTS[0])


def test_what_is_missing_is_made_once_and_secrets_are_private(tmp_path: Path) -> None:
    site = settings(tmp_path)
    papers = ready_papers(site, NOW)
    assert papers is not None
    assert papers.ca == tmp_path / "tls" / "ca.pem"
    first = papers.certificate.read_bytes()
    assert told(papers).hosts == HOSTS
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "tls").iterdir()}
    assert modes == {"ca.pem": 0o644, "ca.key": 0o600, "server.pem": 0o644, "server.key": 0o600}
    ready_papers(site, NOW + timedelta(days=300))
    assert papers.certificate.read_bytes() == first


def test_a_start_near_the_end_renews_under_the_same_authority(tmp_path: Path) -> None:
    site = settings(tmp_path)
    papers = _ready(site)
    assert papers.ca is not None
    before, authority = papers.certificate.read_bytes(), papers.ca.read_bytes()
    later = NOW + timedelta(days=365 - 20)
    assert ends_soon(papers, later)
    assert not ends_soon(papers, NOW)
    ready_papers(site, later)
    assert papers.certificate.read_bytes() != before
    assert papers.ca.read_bytes() == authority
    assert not ends_soon(papers, later)


def test_a_new_host_needs_a_new_authority_and_one_left_out_none(tmp_path: Path) -> None:
    _ready(settings(tmp_path))
    wider = settings(tmp_path, allowed_hosts=(*HOSTS, "10.0.0.9"))
    with pytest.raises(Fault) as refused:
        ready_papers(wider, NOW)
    assert refused.value.code == "TLS_AUTHORITY"
    assert renew(wider, NOW, new_ca=True).hosts == (*HOSTS, "10.0.0.9")
    ready_papers(wider, NOW)
    assert renew(settings(tmp_path, allowed_hosts=HOSTS[:1]), NOW).hosts == HOSTS[:1]


def test_a_host_written_otherwise_is_the_same_host(tmp_path: Path) -> None:
    site = settings(tmp_path, allowed_hosts=("Edge.Hospital.TEST", "[::1]"))
    first = _ready(site).certificate.read_bytes()
    assert told_by(first).hosts == ("edge.hospital.test", "::1")
    assert _ready(site).certificate.read_bytes() == first


def test_no_certificate_outlives_its_authority() -> None:
    authority = new_authority("site", HOSTS, NOW)
    ends_at = told_by(authority.certificate).ends_at
    late = issued(authority, HOSTS, ends_at - timedelta(days=10))
    assert told_by(late.certificate).ends_at == ends_at


def test_a_hospitals_own_certificate_is_used_as_it_is_and_never_renewed(tmp_path: Path) -> None:
    leaf = issued(new_authority("hospital", HOSTS, NOW), HOSTS, NOW - timedelta(days=360))
    certificate, key = tmp_path / "hospital.pem", tmp_path / "hospital.key"
    certificate.write_bytes(leaf.certificate)
    key.touch(0o600)
    key.write_bytes(leaf.key)
    site = settings(tmp_path, certificate=certificate, key=key)
    papers = _ready(site)
    assert (papers.certificate, papers.ca) == (certificate, None)
    assert ends_soon(papers, NOW)
    assert certificate.read_bytes() == leaf.certificate
    with pytest.raises(Fault):
        renew(site, NOW)
    key.chmod(0o640)
    with pytest.raises(Fault) as open_to_all:
        ready_papers(site, NOW)
    assert open_to_all.value.code == "TLS_UNUSABLE"


@pytest.mark.parametrize("content", [b"", b"no certificate"])
def test_a_torn_certificate_of_our_own_is_made_anew(tmp_path: Path, content: bytes) -> None:
    papers = _ready(settings(tmp_path))
    papers.certificate.write_bytes(content)
    assert told_by(_ready(settings(tmp_path)).certificate.read_bytes()).hosts == HOSTS


def test_plain_http_is_for_loopback_alone(tmp_path: Path) -> None:
    assert papers_of(settings(tmp_path, tls=False)) is None
    assert ready_papers(settings(tmp_path, tls=False), NOW) is None
    with pytest.raises(ValueError, match="loopback alone"):
        settings(tmp_path, tls=False, host="10.0.0.1")
    with pytest.raises(ValueError, match="belong together"):
        settings(tmp_path, certificate=tmp_path / "alone.pem")


def _ready(site: Settings) -> Papers:
    papers = ready_papers(site, NOW)
    assert papers is not None
    return papers
