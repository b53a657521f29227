"""The monthly claim and what comes down, at the command line: to look, and for scheduled jobs."""

from pathlib import Path
from typing import Annotated

import typer

from edge.commands.terminal import SITE_FILE, WHO, Config, opened

app = typer.Typer(no_args_is_help=True, help="Monthly claims and what the agency makes of them.")
Month = Annotated[str, typer.Argument(help="the month, like 2026-11")]


@app.command("show")
def show(month: Month, config: Config = SITE_FILE) -> None:
    """Print a month as one JSON object: state, sums, what is held back, balance."""
    from edge import codec
    from edge.claiming import claim_now, claim_terms
    from edge.core.claim import read_month, summed

    with opened(config) as site:
        now = claim_now(site, site.store.read(), read_month(month))
        terms = claim_terms(site, now)
        said = {
            "month": str(now.month),
            "state": now.state,
            "due_on": terms.due_on,
            "sum": summed(now.items),
            "held": [{"settlement": one.item.settlement, "hold": one.hold} for one in now.held],
            "balance": now.balance,
            "open_fen": now.balance.open_fen,
        }
    typer.echo(codec.encode(said))


@app.command("reverify")
def reverify(month: Month, config: Config = SITE_FILE) -> None:
    """Ask the platform again about what rests on the cached list; exit 1 if any disagrees."""
    from edge import codec
    from edge.core.claim import read_month
    from edge.steps import claim as step

    with opened(config) as site:
        done = step.reverify(site, read_month(month), WHO)
    typer.echo(codec.encode(done))
    raise typer.Exit(1 if done.disagree else 0)


@app.command("export")
def export(month: Month, path: Path, config: Config = SITE_FILE) -> None:
    """Write the month as an XLSX workbook."""
    from edge.claiming import claim_now, claim_terms
    from edge.core.claim import read_month
    from edge.workbooks.claim import claim_workbook

    with opened(config) as site:
        now = claim_now(site, site.store.read(), read_month(month))
        path.write_bytes(claim_workbook(now, claim_terms(site, now)))
    typer.echo(f"✓ {path}")


@app.command("receivables")
def receivables(config: Config = SITE_FILE) -> None:
    """Print what was advanced for the fund and is not back, by age."""
    from edge import codec
    from edge.steps import reconcile as step

    with opened(config) as site:
        found = step.receivables(site)
    said = {
        "as_of": found.as_of,
        "outstanding_fen": found.outstanding_fen,
        "deducted_fen": found.deducted_fen,
        "bands": found.bands,
    }
    typer.echo(codec.encode(said))


@app.command("collect")
def collect(config: Config = SITE_FILE) -> None:
    """Bring down what the platform has for us and apply it; exit 1 if anything waits."""
    from edge import codec
    from edge.steps import collect as step

    with opened(config) as site:
        done = step.collect(site)
    refused = done.refused.code if done.refused else None
    typer.echo(
        codec.encode(
            {"new": done.new, "applied": done.applied, "waiting": done.waiting, "refused": refused}
        )
    )
    raise typer.Exit(1 if refused or done.waiting else 0)
