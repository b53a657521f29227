"""Keeping a site: its messages, operators and tokens; settlements decided again."""

from typing import TYPE_CHECKING, Annotated

import typer

from edge.commands.terminal import SITE_FILE, WHO, Config, one_of, opened

if TYPE_CHECKING:
    from edge.store.operators import Scope

sync = typer.Typer(no_args_is_help=True, help="Messages to the platform.")
users = typer.Typer(no_args_is_help=True, help="Operators.")
tokens = typer.Typer(no_args_is_help=True, help="Tokens for hospital systems.")


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
    from sync.relay import Relay

    with opened(config) as site:
        tried = Relay(site.store, site.outbox, site.platform, site.clock).run_once()
    typer.echo(f"{tried} tried")


@users.command("add")
def users_add(
    name: str,
    role: Annotated[str, typer.Option(help="admission, discharge, auditor, …")],
    config: Config = SITE_FILE,
) -> None:
    """Create an operator; the password is asked for, never given on the command line."""
    from edge.store.operators import Operator, Role, create_operator, new_password_hash

    password = typer.prompt("password", hide_input=True, confirmation_prompt=True)
    with opened(config) as site:
        hashed = new_password_hash(password)
        operator = Operator(site.fresh_id(), name, one_of(Role, role))
        with site.store.transaction() as db:
            create_operator(db, operator, password_hash=hashed, at=site.clock())
            site.ledger.enter(
                db,
                kind="operator.created",
                operator=WHO,
                subject=operator.id,
                now=site.clock(),
                role=operator.role.value,
            )
    typer.echo(f"created: {name} ({role})")


@tokens.command("add")
def tokens_add(
    name: str,
    scope: Annotated[list[str], typer.Option(help="may be given several times")],
    config: Config = SITE_FILE,
    *,
    desk: Annotated[str, typer.Option(help="bind it to this desk; an agent's must be")] = "",
) -> None:
    """Create a token for a hospital system, or for a desk's agent, and show it, this once."""
    from edge.store.operators import Scope, create_token

    with opened(config) as site:
        scopes = [one_of(Scope, word) for word in scope]
        _require_bound(scopes, desk, [place.name for place in site.settings.desks])
        with site.store.transaction() as db:
            token = create_token(
                db,
                fresh=site.fresh_id(),
                name=name,
                scopes=scopes,
                at=site.clock(),
                desk=desk,
            )
            site.ledger.enter(
                db,
                kind="token.created",
                operator=WHO,
                subject=name,
                now=site.clock(),
                scopes=sorted(scope),
                desk=desk,
            )
    typer.echo(token)


def _require_bound(scopes: "list[Scope]", desk: str, desks: list[str]) -> None:
    """Refuse a desk that is none of ours; an agent's token must be bound, and nothing more."""
    from edge.store.operators import Scope

    if desk and desk not in desks:
        raise typer.BadParameter(f"{desk}: not one of {', '.join(desks) or 'no desks'}")
    if Scope.AGENT in scopes and (not desk or len(scopes) > 1):
        raise typer.BadParameter("an agent's token has the scope agent alone, and its --desk")


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
