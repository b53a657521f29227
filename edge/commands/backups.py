"""Backups: made, looked at, put back; and what the platform knows that a restored site does not."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.commands.terminal import SITE_FILE, WHO, Config, faults_told, opened, table

if TYPE_CHECKING:
    from edge.store.backup import Header

restored = typer.Typer(no_args_is_help=True, help="After a restore: compare with the platform.")

_LOOK = "nothing was sent: look in the national site whether this fitting was typed there"
File = Annotated[Path, typer.Argument(metavar="PATH")]


def backup(path: File, config: Config = SITE_FILE) -> None:
    """Make an encrypted backup while the service runs; the copy is looked at before it counts."""
    from edge.steps.back_up import back_up

    with opened(config) as site:
        header = back_up(site, path, WHO)
    typer.echo(f"✓ {path}: {_told(header)}\n    → keep the keys folder elsewhere; it is not in it")


def restore(
    path: File,
    config: Config = SITE_FILE,
    *,
    check: Annotated[bool, typer.Option("--check", help="look at it, change nothing")] = False,
) -> None:
    """Put a backup in the place of the database; the site is then quarantined."""
    from edge.clock import system_clock
    from edge.settings import load_settings
    from edge.site.restoring import check_backup
    from edge.site.restoring import restore as put_back

    with faults_told():
        settings = load_settings(config)
        if check:
            typer.echo(f"✓ sound: {_told(check_backup(settings, path))}")
            return
        header = put_back(settings, path, system_clock, WHO)
    typer.echo(f"✓ restored: {_told(header)}\n    → edge restored reconcile")


@restored.command("reconcile")
def reconcile(config: Config = SITE_FILE) -> None:
    """Ask the platform what it has accepted since the backup, keep what is unknown, and open."""
    from edge.steps.recollect import recollect

    with opened(config) as site:
        found = recollect(site, WHO)
    typer.echo(
        f"✓ open again; {found.known} known, {found.forgotten} forgotten,"
        f" {found.unsure} to look for in the national site"
    )
    if found.forgotten or found.unsure:
        typer.echo("    → edge restored list")


@restored.command("list")
def forgotten_list(config: Config = SITE_FILE) -> None:
    """List what the platform has and this database has not; exit 1 if any waits for a person."""
    from edge.store.quarantine import forgotten

    with opened(config) as site:
        found = forgotten(site.store.read())
    rows = [
        [
            one.message_id,
            one.kind,
            one.order_key,
            one.moment.isoformat(),
            "resolved" if one.resolved_at else "waits",
        ]
        for one in found
    ]
    table(["message", "kind", "case", "moment", "state"], rows)
    raise typer.Exit(1 if any(one.resolved_at is None for one in found) else 0)


@restored.command("show")
def show(message: str, config: Config = SITE_FILE) -> None:
    """Show what we had told the platform."""
    from edge.store.quarantine import forgotten_words
    from sync.envelope import key_ring, open_signed

    with opened(config) as site:
        signed = forgotten_words(site.store.read(), site.vault, message)
        told = open_signed(signed, key_ring(site.public_key)).body if signed else _LOOK
        typer.echo(told)


@restored.command("resolve")
def resolve(
    message: str,
    note: Annotated[str, typer.Option(help="how it was dealt with")],
    config: Config = SITE_FILE,
) -> None:
    """Note how a forgotten act was dealt with; its case may go on."""
    from edge.steps.recollect import resolve as dealt_with

    with opened(config) as site:
        dealt_with(site, message, note, WHO)
    typer.echo(f"{message}: resolved")


def _told(header: "Header") -> str:
    made = header.made_at.isoformat(timespec="seconds")
    return f"{header.facility}, made {made}, schema {header.schema}, ledger {header.ledger_seq}"
