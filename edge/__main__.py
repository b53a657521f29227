"""The command line: ``edge …`` or ``python -m edge …``. Names the commands; does none itself."""

import typer

from edge.commands import (
    accounts,
    agent,
    backups,
    catalogues,
    claims,
    keys,
    law,
    ledger,
    lists,
    office,
    operation,
    tls,
    upkeep,
)

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
for command in (
    operation.init,
    operation.serve,
    agent.agent,
    operation.demo,
    operation.doctor,
    law.verify,
    law.adjudicate,
    upkeep.replay,
    backups.backup,
    backups.restore,
):
    app.command()(command)
app.command("support-bundle")(operation.support_bundle)
for name, group in {
    "packs": law.app,
    "catalogue": catalogues.catalogue,
    "claims": claims.app,
    "clock": ledger.clock,
    "keys": keys.app,
    "ledger": ledger.app,
    "lists": lists.app,
    "office": office.app,
    "restored": backups.restored,
    "sync": upkeep.sync,
    "tls": tls.app,
    "tokens": accounts.tokens,
    "users": accounts.users,
}.items():
    app.add_typer(group, name=name)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
