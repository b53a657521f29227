"""Who may come in: operators and the tokens of hospital systems, kept at the terminal."""

from datetime import datetime
from typing import Annotated

import typer

from edge.commands.terminal import SITE_FILE, WHO, Config, one_of, opened, table

users = typer.Typer(no_args_is_help=True, help="Operators.")
tokens = typer.Typer(no_args_is_help=True, help="Tokens for hospital systems.")


@users.command("add")
def users_add(
    name: str,
    role: Annotated[str, typer.Option(help="admission, discharge, auditor, …")],
    config: Config = SITE_FILE,
) -> None:
    """Create an operator; the password is asked for, never given on the command line."""
    from edge.steps.keep_accounts import hire
    from edge.store.operators import Role

    password = _password()
    with opened(config) as site:
        hired = hire(site, name, one_of(Role, role), password, by=WHO)
    typer.echo(f"created: {name} ({role})")
    if hired.second_factor:
        _show(hired.second_factor)


@users.command("list")
def users_list(config: Config = SITE_FILE) -> None:
    """List who may come in, and whose account is locked."""
    from edge.steps.keep_accounts import accounts

    with opened(config) as site:
        rows = [
            [
                one.name,
                one.role.value,
                "yes" if standing.second_factor else "",
                f"{standing.locked_until:%Y-%m-%d %H:%M}" if standing.locked_until else "",
            ]
            for one, standing in accounts(site)
        ]
    table(["name", "role", "second factor", "locked until"], rows)


@users.command("equip")
def users_equip(name: str, config: Config = SITE_FILE) -> None:
    """Give an operator a new authenticator secret, shown this once; an older one ends."""
    from edge.steps.keep_accounts import equip

    with opened(config) as site:
        shown = equip(site, name, by=WHO)
    _show(shown)


@users.command("unlock")
def users_unlock(name: str, config: Config = SITE_FILE) -> None:
    """Let an account that five failures have locked come in again."""
    from edge.steps.keep_accounts import unlock

    with opened(config) as site:
        unlock(site, name, by=WHO)
    typer.echo(f"unlocked: {name}")


@users.command("password")
def users_password(name: str, config: Config = SITE_FILE) -> None:
    """Replace a forgotten password; it is asked for, and open sessions of the account end."""
    from edge.steps.keep_accounts import give_password

    password = _password()
    with opened(config) as site:
        give_password(site, name, password, by=WHO)
    typer.echo(f"new password: {name}")


@users.command("disable")
def users_disable(name: str, config: Config = SITE_FILE) -> None:
    """End an account and its sessions at once; its name stays in the ledger, for ever taken."""
    from edge.steps.keep_accounts import dismiss

    with opened(config) as site:
        dismiss(site, name, by=WHO)
    typer.echo(f"disabled: {name}")


@tokens.command("add")
def tokens_add(
    name: str,
    scope: Annotated[list[str], typer.Option(help="may be given several times")],
    config: Config = SITE_FILE,
    *,
    desk: Annotated[str, typer.Option(help="bind it to this desk; an agent's must be")] = "",
    calls_per_min: Annotated[int, typer.Option(help="how often it may ask")] = 3000,
    last_day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="it ends by itself after it")
    ] = None,
) -> None:
    """Create a token for a hospital system, or for a desk's agent, and show it, this once."""
    from edge.steps.keep_tokens import NewToken, give_token
    from edge.store.operators import Scope

    with opened(config) as site:
        scopes = tuple(one_of(Scope, word) for word in scope)
        asked = NewToken(
            name=name,
            scopes=scopes,
            desk=desk,
            calls_per_min=calls_per_min,
            last_day=last_day.date() if last_day else None,
        )
        token = give_token(site, asked, by=WHO)
    typer.echo(token)


@tokens.command("list")
def tokens_list(config: Config = SITE_FILE) -> None:
    """List what each live token allows; tokens themselves are kept nowhere."""
    from edge.steps.keep_tokens import live_tokens

    with opened(config) as site:
        rows = [
            [
                one.name,
                " ".join(sorted(scope.value for scope in one.scopes)),
                one.desk,
                str(one.calls_per_min),
                f"{one.expires_at:%Y-%m-%d %H:%M}" if one.expires_at else "",
            ]
            for one in live_tokens(site)
        ]
    table(["name", "scopes", "desk", "calls a minute", "ends"], rows)


@tokens.command("end")
def tokens_end(name: str, config: Config = SITE_FILE) -> None:
    """End a token at once."""
    from edge.steps.keep_tokens import end_token

    with opened(config) as site:
        end_token(site, name, by=WHO)
    typer.echo(f"ended: {name}")


def _password() -> str:
    given: str = typer.prompt("password", hide_input=True, confirmation_prompt=True)
    return given


def _show(second_factor: str) -> None:
    typer.echo("authenticator, shown once (type it in, or make a QR code of it):")
    typer.echo(f"    {second_factor}")
