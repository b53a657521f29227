"""Keeping a site: its messages; settlements decided again."""

from typing import Annotated

import typer

from edge.commands.terminal import SITE_FILE, WHO, Config, opened

sync = typer.Typer(no_args_is_help=True, help="Messages to the platform.")


def replay(
    decided: Annotated[str, typer.Argument(metavar="SETTLEMENT or VERIFICATION")],
    config: Config = SITE_FILE,
) -> None:
    """Decide a stored settlement or verification again; exit 1 if anything differs."""
    from edge.steps import replay as step

    with opened(config) as site:
        outcome = step.replay(site, decided)
    typer.echo(step.said(outcome))
    raise typer.Exit(0 if isinstance(outcome, step.Same) else 1)


@sync.command("status")
def sync_status(config: Config = SITE_FILE) -> None:
    """Count the messages by state; tell how the circuit stands, and what is due by which day."""
    from edge import codec
    from edge.steps.remind import remind
    from edge.store.circuit import noted_circuit

    with opened(config) as site:
        counts = codec.plain(site.outbox.status(site.store.read()))
        # The circuit is the running service's: this process has only just been started.
        circuit = noted_circuit(site.settings.data)
        told = {**counts, "circuit": codec.plain(circuit), "reminders": codec.plain(remind(site))}
    typer.echo(codec.encode(told))


@sync.command("show")
def sync_show(message: str, config: Config = SITE_FILE) -> None:
    """Show one message and every try."""
    from edge import codec

    with opened(config) as site:
        db = site.store.read()
        shown = site.outbox.get(db, message)
        tries = site.outbox.attempts(db, message)
    typer.echo(codec.encode({"message": shown, "attempts": tries}))


@sync.command("now")
def sync_now(config: Config = SITE_FILE) -> None:
    """Try every message that is due, once, and say how many were tried."""
    from edge.loops.campus import campus_of
    from edge.site.opening import gateway_of
    from sync.relay import Relay

    with (
        opened(config) as site,
        campus_of(site) as campus,
        gateway_of(site, campus.gateway if campus else None) as gateway,
    ):
        tried = Relay(site.store, site.outbox, gateway, site.clock).run_once()
    typer.echo(f"{tried} tried")


@sync.command("retry")
def sync_retry(message: str, config: Config = SITE_FILE) -> None:
    """Send a refused or waiting message again, unchanged."""
    with opened(config) as site, site.store.transaction() as db:
        retried = site.outbox.retry(db, message)
        site.ledger.enter(
            db, kind="message.retried", operator=WHO, subject=message, now=site.clock()
        )
    typer.echo(f"{message}: {retried.state}")


@sync.command("resolve")
def sync_resolve(
    message: str,
    note: Annotated[str, typer.Option(help="how it was settled outside this system")],
    config: Config = SITE_FILE,
) -> None:
    """Close a refused message that was settled outside this system."""
    with opened(config) as site, site.store.transaction() as db:
        now = site.clock()
        site.outbox.resolve(db, message, note=note, operator=WHO, now=now)
        site.ledger.enter(db, kind="message.resolved", operator=WHO, subject=message, now=now)
    typer.echo(f"{message}: resolved")
