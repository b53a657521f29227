"""``python -m simulators platform``: the agency's side of the wire."""

import argparse
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from edge.clock import system_clock
from simulators.agency.api import add_agency
from simulators.agency.office import open_office
from simulators.commands.ending import told_to_stop
from simulators.platform.app import build
from simulators.platform.faults import NO_FAULTS, Faults, load_script
from simulators.platform.journal import Journal
from simulators.platform.register import SAMPLE, load_register
from simulators.platform.server import ServerPapers, serve
from simulators.script_file import SCRIPTS, shipped
from sync.envelope import PublicKey, load_public


def add_words(parser: argparse.ArgumentParser) -> None:
    """Add what the command line may say."""
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--register", type=Path, default=SAMPLE, help="workers and facilities")
    parser.add_argument("--script", help="faults to play: a file, or the name of one that ships")
    parser.add_argument("--journal", type=Path, help="also write what is received to this file")
    parser.add_argument(
        "--agency", type=Path, help="the agency's database, kept; without it a passing one"
    )
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="FACILITY=FILE",
        help="a facility's public key (facility.pub.pem); may be given several times",
    )
    parser.add_argument("--tls-certificate", type=Path, help="serve over TLS (PEM)")
    parser.add_argument("--tls-key", type=Path, help="its private key (PEM)")
    parser.add_argument("--tls-clients", type=Path, help="CA of the only clients to be served")


def run(given: argparse.Namespace) -> int:
    """Serve the platform and the agency behind it until told to stop."""
    keys = dict(map(_registered, given.key))
    named = shipped(given.script, SCRIPTS / "platform") if given.script else None
    faults = Faults(load_script(named) if named else NO_FAULTS)
    with (
        tempfile.TemporaryDirectory(prefix="injury-desk-agency-") as passing,
        closing(Journal(given.journal)) as also,
        open_office(
            given.agency or Path(passing) / "agency.db",
            load_register(given.register),
            system_clock,
            also=also,
        ) as office,
    ):
        platform = build(office.registry, system_clock, keys, faults, office.journal)
        add_agency(platform, office, keys)
        key_file = (given.agency or Path("agency")).with_suffix(".pub.pem")
        key_file.write_bytes(office.downward.public_key.pem())
        with serve(platform, port=given.port, papers=_papers(given)) as url:
            workers = len(office.registry.workers)
            sys.stdout.write(f"platform simulator: {url}  ({workers} workers)\n")
            sys.stdout.write(f"agency: {url}/agency   platform.keys: {key_file.absolute()}\n")
            sys.stdout.flush()
            told_to_stop().wait()
    return 0


def _papers(given: argparse.Namespace) -> ServerPapers | None:
    if given.tls_certificate is None:
        return None
    key = given.tls_key or given.tls_certificate
    return ServerPapers(certificate=given.tls_certificate, key=key, clients=given.tls_clients)


def _registered(given: str) -> tuple[str, PublicKey]:
    facility, _, file = given.partition("=")
    return facility, load_public(Path(file).read_bytes())
