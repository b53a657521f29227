"""``python -m simulators platform``: the agency's side of the wire, alone on a port."""

import argparse
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from edge.clock import system_clock
from edge.core.catalogue import Insurance
from simulators.agency.api import add_agency
from simulators.agency.listing import releases_of
from simulators.agency.office import Office, open_office
from simulators.agency.refusals import AgencyRefuses
from simulators.commands.ending import told_to_stop
from simulators.platform.app import add_lists, build
from simulators.platform.faults import NO_FAULTS, Faults, load_script
from simulators.platform.journal import Journal
from simulators.platform.register import SAMPLE, load_register
from simulators.platform.server import ServerPapers, serve
from simulators.script_file import SCRIPTS, BadFile, shipped
from sync.keys import load_public


def add_words(parser: argparse.ArgumentParser) -> None:
    """Add what the command line may say."""
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--register", type=Path, default=SAMPLE, help="workers and facilities")
    parser.add_argument("--script", help="faults to play: a file, or the name of one that ships")
    parser.add_argument("--journal", type=Path, help="also write what is received to this file")
    parser.add_argument(
        "--agency", type=Path, help="the agency's database, kept; without it a passing one"
    )
    for option, metavar, about in (
        ("--key", "FACILITY=FILE", "a facility's public key (facility.pub.pem)"),
        ("--list-key", "FACILITY=FILE", "its list key (keys/listing.key): its list is published"),
        ("--catalogue", "REGION[/LIST]/VERSION=FILE", "a catalogue that comes out: audited by"),
    ):
        several = f"{about}; may be given several times"
        parser.add_argument(option, action="append", default=[], metavar=metavar, help=several)
    parser.add_argument("--tls-certificate", type=Path, help="serve over TLS (PEM)")
    parser.add_argument("--tls-key", type=Path, help="its private key (PEM)")
    parser.add_argument("--tls-clients", type=Path, help="CA of the only clients to be served")


def run(given: argparse.Namespace) -> int:
    """Serve the platform and the agency behind it until told to stop."""
    keys = {name: load_public(data) for name, data in _files(given.key)}
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
        app = build(office.registry, system_clock, keys, faults, office.journal)
        add_agency(app, office, keys)
        _bring_out(office, given.catalogue)
        base = (given.agency or Path(passing) / "agency").absolute()
        lists = releases_of(
            office, base.with_suffix(".lists"), dict(_files(given.list_key)), system_clock
        )
        for releases in lists.values():
            add_lists(app, releases)
        roots = {name: releases.repository.root for name, releases in lists.items()}
        with serve(app, port=given.port, papers=_papers(given)) as url:
            workers = len(office.registry.workers)
            sys.stdout.write(f"platform simulator: {url}  ({workers} workers)\n")
            sys.stdout.write(_handed_over(base, office, url, roots))
            sys.stdout.flush()
            told_to_stop().wait()
    return 0


def _bring_out(office: Office, catalogues: list[str]) -> None:
    for name, data in _files(catalogues):
        region, *lists, version = name.split("/")
        try:
            one_list = Insurance(lists[0]) if lists else None
            office.catalogues.bring_out(region, version, data, one_list)
        except (AgencyRefuses, ValueError) as wrong:
            raise BadFile(Path(name), str(wrong)) from wrong


def _handed_over(base: Path, office: Office, url: str, roots: dict[str, bytes]) -> str:
    """Write what facilities receive at registration beside ``base``; tell what each is for."""
    key_file = base.with_suffix(".pub.pem")
    key_file.write_bytes(office.downward.public_key.pem())
    told = f"agency: {url}/agency   platform.keys: {key_file}\n"
    for name, root in roots.items():
        file = base.with_name(f"{name}-root.json")
        file.write_bytes(root)
        told += f"list of {name}   lists.root: {file}\n"
    return told


def _files(given: list[str]) -> list[tuple[str, bytes]]:
    """Read each ``NAME=FILE``."""
    parts = [one.partition("=") for one in given]
    return [(name, Path(file).read_bytes()) for name, _, file in parts]


def _papers(given: argparse.Namespace) -> ServerPapers | None:
    if given.tls_certificate is None:
        return None
    key = given.tls_key or given.tls_certificate
    return ServerPapers(certificate=given.tls_certificate, key=key, clients=given.tls_clients)
