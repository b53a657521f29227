"""The line: blocks in, blocks out, in order; TLS with the service's own certificate."""

import socket
import ssl
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from edge.core.errors import Fault
from edge.hl7.listener import BEGIN, END, Where, hl7_taken, listening, tls_of
from edge.settings import Hl7, Settings
from edge.trust.tls import Papers
from tests.hl7.conftest import Bench
from tests.hl7.test_answering import ADMITS
from tests.sync.certificates import Pair, authority, vouched

HERE = Where(host="127.0.0.1", port=0)
HEAD = "MSH|^~\\&|HIS|H|E|F|20261120|TOKEN|ADT^A01|1|P|2.5"


def heard(line: socket.socket) -> bytes:
    taken = b""
    while not taken.endswith(END):
        piece = line.recv(65536)
        assert piece, "the line was cut"
        taken += piece
    return taken.removeprefix(BEGIN).removesuffix(END)


def test_messages_of_one_line_are_answered_in_order(bench: Bench) -> None:
    good = bench.filled("\n".join((HEAD, *ADMITS)))
    with (
        listening(bench.counter, HERE) as port,
        closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as line,
    ):
        line.sendall(BEGIN + good[:40])
        line.sendall(good[40:] + END)
        assert b"MSA|AA|1|" in heard(line)
        line.sendall(b"noise" + BEGIN + b"no message" + END)
        assert b"HL7_UNREADABLE" in heard(line)


def test_the_line_speaks_tls_with_the_services_own_certificate(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    site = bench.ground.site
    said = Hl7(port=port)
    site = replace(site, settings=site.settings.model_copy(update={"hl7": said}))
    with hl7_taken(site, changed=bench.changed.append):
        trusts = ssl.create_default_context(cafile=site.settings.data / "tls" / "ca.pem")
        with (
            socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
            trusts.wrap_socket(plain, server_hostname="127.0.0.1") as line,
        ):
            line.sendall(BEGIN + bench.filled("\n".join((HEAD, *ADMITS))) + END)
            assert b"MSA|AA|1|" in heard(line)


def test_with_a_client_ca_the_clients_must_prove_who_they_are(bench: Bench, tmp_path: Path) -> None:
    ours = authority(tmp_path, "HIS CA")
    his = vouched(tmp_path, "HIS", ours)
    own = vouched(tmp_path, "edge", ours)
    papers = Papers(certificate=own.certificate, key=own.key, ca=None)
    where = replace(HERE, tls=tls_of(papers, ours.certificate))
    with listening(bench.counter, where) as port:
        assert b"MSA|AA|1|" in asked(bench, port, ours.certificate, his)
        with pytest.raises((OSError, AssertionError)):
            asked(bench, port, ours.certificate, None)


def asked(bench: Bench, port: int, ca: Path, client: Pair | None) -> bytes:
    """Send an admission over TLS; return what is answered."""
    trusts = ssl.create_default_context(cafile=ca)
    if client:
        trusts.load_cert_chain(client.certificate, client.key)
    with (
        socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
        trusts.wrap_socket(plain, server_hostname="127.0.0.1") as line,
    ):
        line.sendall(BEGIN + bench.filled("\n".join((HEAD, *ADMITS))) + END)
        return heard(line)


def test_without_tls_hl7_is_for_loopback_alone() -> None:
    site = {
        "data": ".",
        "facility": {
            "id": "X",
            "name": "X",
            "region": "120000",
            "city": "120100",
            "kinds": ["medical"],
        },
        "platform": {"url": "http://127.0.0.1:9"},
        "server": {"tls": False},
    }
    Settings.model_validate(site | {"hl7": {"port": 2575}})
    with pytest.raises(ValidationError, match=r"hl7\.host"):
        Settings.model_validate(site | {"hl7": {"port": 2575, "host": "0.0.0.0"}})  # noqa: S104 - refused


def test_a_port_that_is_taken_is_named(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        where = Where(host="127.0.0.1", port=held.getsockname()[1])
        with pytest.raises(Fault) as fault, listening(bench.counter, where):
            pass
    assert fault.value.code == "HL7_PORT"
