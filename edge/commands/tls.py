"""The service's certificate at the terminal: what it says, and a new one."""

from pathlib import Path
from typing import Annotated

import typer

from edge.commands.terminal import SITE_FILE, WHO, Config, faults_told, opened

app = typer.Typer(no_args_is_help=True, help="The service's TLS certificate.")


@app.command("status")
def status(config: Config = SITE_FILE) -> None:
    """Tell for which hosts the certificate counts, until when, and what desks compare."""
    from edge.settings import load_settings
    from edge.trust.tls import papers_of, told

    with faults_told():
        papers = papers_of(load_settings(config))
        if papers is None:
            typer.echo("no TLS here (server.tls = false): a proxy on this machine ends it")
            return
        said = told(papers)
        authority = told_of(papers.ca)
    typer.echo(f"hosts: {', '.join(said.hosts)}")
    typer.echo(f"ends: {said.ends_at.isoformat()}")
    typer.echo(f"certificate SHA-256: {said.fingerprint}")
    if authority:
        typer.echo(f"CA for desks and agents: {papers.ca}")
        typer.echo(f"CA SHA-256: {authority}")


@app.command("renew")
def renew(
    config: Config = SITE_FILE,
    *,
    new_ca: Annotated[bool, typer.Option(help="under a new CA; every desk needs it")] = False,
) -> None:
    """Make a new certificate for ``server.allowed_hosts``; a running service takes it up itself."""
    from edge.trust.tls import renew as made

    with opened(config) as site:
        said = made(site.settings, site.clock(), new_ca=new_ca)
        with site.store.transaction() as db:
            site.ledger.enter(
                db,
                kind="certificate.renewed",
                operator=WHO,
                subject=said.fingerprint,
                now=site.clock(),
                hosts=said.hosts,
                new_ca=new_ca,
            )
    typer.echo(f"ends: {said.ends_at.isoformat()}; the running service shows it within ten seconds")


def told_of(ca: Path | None) -> str:
    """Return the SHA-256 of a CA by which people compare it; empty without one."""
    from edge.trust.certificates import told_by

    return told_by(ca.read_bytes()).fingerprint if ca else ""
