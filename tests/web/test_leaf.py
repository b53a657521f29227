"""The running service shows a new certificate to whoever comes next, and never half of a pair."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import pytest

from edge.settings import Server, Settings
from edge.trust.tls import Papers, papers_of, renew, told
from edge.web.desk import Desk
from tests.web.service import Service, serving

RENEWED_AFTER_DAYS = 330


class Place(NamedTuple):
    """A service over TLS, its settings, and the address it listens at."""

    desk: Desk
    settings: Settings
    port: int

    @property
    def papers(self) -> Papers:
        """The files on the disk."""
        papers = papers_of(self.settings)
        assert papers
        return papers

    def connect(self) -> ssl.SSLSocket:
        """Connect as somebody who only looks at what is shown."""
        looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        looking.check_hostname, looking.verify_mode = False, ssl.CERT_NONE
        line = socket.create_connection(("127.0.0.1", self.port))
        return looking.wrap_socket(line, server_hostname="127.0.0.1")

    def shown(self) -> bytes:
        """Return the certificate that a new connection is shown."""
        with self.connect() as line:
            return line.getpeercert(binary_form=True) or b""

    def on_disk(self) -> bytes:
        """Return the certificate that the files hold."""
        return ssl.PEM_cert_to_DER_cert(self.papers.certificate.read_text("ascii"))


@pytest.fixture(scope="module")
def place(service: Service) -> Iterator[Place]:
    site = service.site
    secure = site.settings.model_copy(update={"server": Server(allowed_hosts=("127.0.0.1",))})
    desk = replace(service.desk, site=replace(site, settings=secure))
    with serving(desk) as url:
        yield Place(desk, secure, int(url.rpartition(":")[2]))


def test_it_is_renewed_in_time_while_the_service_runs(place: Place, service: Service) -> None:
    first = place.shown()
    assert first == place.on_disk()
    with place.connect() as open_before:
        service.clock.pass_time(days=RENEWED_AFTER_DAYS)
        place.desk.keeper.run_once()
        assert place.shown() == place.on_disk() != first
        open_before.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert open_before.recv(15).startswith(b"HTTP/1.1 200")


def test_one_that_was_made_by_command_is_taken_up(place: Place, service: Service) -> None:
    before = place.shown()
    renew(place.settings, service.clock())
    assert place.shown() == before
    place.desk.keeper.run_once()
    assert place.shown() == place.on_disk() != before


def test_half_of_a_pair_is_not_and_the_old_one_is_shown_on(place: Place, service: Service) -> None:
    before, key = place.shown(), place.papers.key.read_bytes()
    certificate = place.papers.certificate.read_bytes()
    renew(place.settings, service.clock())
    place.papers.certificate.write_bytes(certificate)
    place.desk.keeper.run_once()
    assert place.shown() == before
    place.papers.key.write_bytes(key)
    place.desk.keeper.run_once()
    assert place.shown() == before == place.on_disk()
    assert told(place.papers).hosts == ("127.0.0.1",)


def test_one_that_nobody_renewed_in_time_is_an_alarm(place: Place, service: Service) -> None:
    def alarms() -> bytes:
        with place.connect() as line:
            line.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return b"".join(iter(lambda: line.recv(65536), b""))

    assert b"CERTIFICATE_ENDS" not in alarms()
    service.clock.pass_time(days=RENEWED_AFTER_DAYS + 20)  # and no keeper makes its round
    assert b"CERTIFICATE_ENDS" in alarms()
    place.desk.keeper.run_once()
    assert b"CERTIFICATE_ENDS" not in alarms()
