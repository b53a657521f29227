"""The law at the terminal: the calculators, and the region packs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.commands.terminal import bytes_of, faults_told, table

if TYPE_CHECKING:
    from edge.packs import ListedPack

app = typer.Typer(no_args_is_help=True, help="Region packs: the law as data.")


def verify(facts: Annotated[Path, typer.Argument(metavar="FACTS.json")]) -> None:
    """Judge facts from a file: the policy calculator. No database, no network."""
    from edge import packs
    from edge.shipped import config_folder

    with faults_told():
        typer.echo(packs.verify_json(bytes_of(facts), packs.load(config_folder() / "regions")))


def adjudicate(bill: Annotated[Path, typer.Argument(metavar="BILL.json")]) -> None:
    """Rule a bill from a file. No database, no network."""
    from edge import packs
    from edge.shipped import config_folder
    from edge.steps.rule_bill import adjudicate_json

    with faults_told():
        typer.echo(adjudicate_json(bytes_of(bill), packs.load(config_folder() / "regions")))


@app.command("check")
def packs_check() -> None:
    """Validate every pack, run its cases, check the law's register; exit 1 if a case fails."""
    from edge import packs
    from edge.packs.law import read_law
    from edge.shipped import config_folder

    with faults_told():
        report = packs.check(config_folder() / "regions")
        read_law(config_folder())
    for failure in report.failures:
        typer.echo(f"✗ {failure.file}: {failure.case}: {failure.said}")
    for region, cases in report.cases.items():
        typer.echo(f"{region}: {cases} cases")
    typer.echo(f"{report.packs} packs, {sum(report.cases.values())} cases, ", nl=False)
    typer.echo(f"{len(report.failures)} failed")
    raise typer.Exit(1 if report.failures else 0)


@app.command("law")
def packs_law() -> None:
    """Print the register of the law: every article and where it is honoured (docs/law.md)."""
    from edge.packs.law_page import law_page
    from edge.shipped import config_folder

    with faults_told():
        typer.echo(law_page(config_folder()), nl=False)


@app.command("list")
def packs_list() -> None:
    """List the packs."""
    from edge import packs
    from edge.shipped import config_folder

    with faults_told():
        listed = packs.list_packs(packs.load(config_folder() / "regions"))
    table(
        ["region", "name", "version", "covers", "rules", "in force", "sha256"],
        [
            [
                p.region,
                p.name,
                p.version,
                ", ".join(p.covers),
                str(p.rules),
                _in_force(p),
                p.sha256[:12],
            ]
            for p in listed
        ],
    )


@app.command("show")
def packs_show(
    region: Annotated[str, typer.Argument(help="a 6-digit code or a pack's name")],
    compare: Annotated[str | None, typer.Option(help="another region beside it")] = None,
) -> None:
    """Show a region's rules with their articles."""
    from edge import packs
    from edge.shipped import config_folder

    with faults_told():
        rules = packs.show(packs.load(config_folder() / "regions"), region, compare)
    columns = ["rule", "", "scope", "value", "since", "article"]
    table(
        [*columns, compare] if compare else columns,
        [
            [r.key, r.meaning.zh, r.scope, r.value, r.since.isoformat(), r.article, r.beside]
            for r in rules
        ],
    )


def _in_force(pack: "ListedPack") -> str:
    """Return the days of a pack's texts: 2024-04-01 – 2025-03-31; open where no end is stated."""
    spans = {
        f"{one.starts.isoformat()} – {one.ends.isoformat() if one.ends else ''}".strip()
        for one in pack.instruments
    }
    return ", ".join(sorted(spans))
