"""The catalogues, and what the hospital's own codes mean in them."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.commands.terminal import SITE_FILE, WHO, Config, opened

if TYPE_CHECKING:
    from edge.core.catalogue import Insurance
    from edge.steps.map_codes import Mapped
    from edge.store.code_mappings import Meaning

catalogue = typer.Typer(no_args_is_help=True, help="Catalogues of drugs, items and devices.")

Region = Annotated[
    str,
    typer.Option(
        help="6-digit division code; /medical or /work_injury behind it: one of its lists alone"
    ),
]
_DAY = ["%Y-%m-%d"]
_SHOWN_MAX = 20


@catalogue.command("import")
def catalogue_import(
    file: Path,
    region: Region,
    version: Annotated[str, typer.Option(help="the version's name, as published")],
    *,
    since: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="its first day, if not its rows'")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="tell what would change")] = False,
    config: Config = SITE_FILE,
) -> None:
    """Import a catalogue (CSV or XLSX): the difference first; one bad cell changes nothing."""
    from rich.console import Console
    from rich.progress import Progress

    from edge.steps.import_catalogue import Import, Outcome, Stage, import_catalogue, said

    division, insurance = _one_list(region)
    asked = Import(
        path=file,
        region=division,
        version=version,
        insurance=insurance,
        since=since.date() if since else None,
        dry_run=dry_run,
    )
    with opened(config) as site, Progress(console=Console(stderr=True)) as bar:
        tasks = {stage: bar.add_task(stage.value, total=None) for stage in Stage}
        report = import_catalogue(
            site,
            asked,
            WHO,
            lambda stage, done, about: bar.update(tasks[stage], completed=done, total=about),
        )
    for line in said(report):
        typer.echo(line)
    raise typer.Exit(2 if report.outcome is Outcome.REFUSED else 0)


@catalogue.command("map")
def catalogue_map(
    hospital_code: str,
    code: Annotated[
        str, typer.Argument(help="the catalogue's code; left out: it means none more")
    ] = "",
    *,
    region: Region,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="its first day; else today")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=_DAY, help="its last day; else open")
    ] = None,
    config: Config = SITE_FILE,
) -> None:
    """Say what one of the hospital's codes means; bills not settled yet go by it at once."""
    from edge.core.dates import local_day
    from edge.steps.map_codes import map_codes
    from edge.store.code_mappings import Meaning

    with opened(config) as site:
        meaning = Meaning(
            hospital_code=hospital_code,
            catalogue_code=code or None,
            valid_from=since.date() if since else local_day(site.clock()),
            valid_to=until.date() if until else None,
        )
        division, insurance = _one_list(region)
        _tell(map_codes(site, division, [meaning], WHO, insurance=insurance))


@catalogue.command("map-file")
def catalogue_map_file(
    file: Path,
    region: Region,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="tell what would change")] = False,
    config: Config = SITE_FILE,
) -> None:
    """Say what many codes mean (CSV or XLSX); one bad cell changes nothing."""
    from edge.sheets import Refusals
    from edge.steps.map_codes import map_codes
    from edge.workbooks.mapping import read_mappings

    with opened(config) as site:
        read = read_mappings(file.read_bytes())
        if isinstance(read, Refusals):
            for cell in read.shown:
                typer.echo(f"✗ {cell.address}: {cell.why.reason.zh} / {cell.why.reason.en}")
                typer.echo(f"    → {cell.why.next_action.zh} / {cell.why.next_action.en}")
            typer.echo(f"✗ {read.count} cells refused; nothing was written")
            raise typer.Exit(2)
        division, insurance = _one_list(region)
        _tell(map_codes(site, division, read, WHO, insurance=insurance, dry_run=dry_run))


@catalogue.command("mappings")
def catalogue_mappings(
    region: Region,
    *,
    limit: Annotated[int, typer.Option(help="at most so many", min=1, max=100_000)] = 100,
    json: Annotated[bool, typer.Option("--json", help="a JSON array")] = False,
    config: Config = SITE_FILE,
) -> None:
    """Show what was said of the hospital's codes, the last word first."""
    from edge import codec
    from edge.store.code_mappings import said_last

    with opened(config) as site:
        said = said_last(site.store.read(), region, limit=limit)
    if json:
        typer.echo(codec.encode(said))
        return
    for word in said:
        whose = f" ({word.insurance})" if word.insurance else ""
        at = f"{word.mapped_at:%Y-%m-%d %H:%M}"
        typer.echo(f"{_meaning(word)}{whose}  {word.mapped_by}, {at}")


def _one_list(region: str) -> tuple[str, "Insurance | None"]:
    from edge.core.catalogue import Insurance

    division, _, word = region.partition("/")
    if word and word not in list(Insurance):
        raise typer.BadParameter(f"behind the region stands one of: {', '.join(Insurance)}")
    return division, Insurance(word) if word else None


def _tell(mapped: "Mapped") -> None:
    for change in mapped.changes[:_SHOWN_MAX]:
        typer.echo(f"  {_meaning(change.meaning)} (before: {change.before or 'nothing'})")
    if len(mapped.changes) > _SHOWN_MAX:
        typer.echo(f"  … and {len(mapped.changes) - _SHOWN_MAX} more")
    ending = "✓ kept" if mapped.kept else "nothing was written"
    typer.echo(f"{len(mapped.changes)} changes, {mapped.known} known already: {ending}")


def _meaning(meaning: "Meaning") -> str:
    until = f" to {meaning.valid_to}" if meaning.valid_to else ""
    shown = meaning.catalogue_code or "nothing"
    return f"{meaning.hospital_code} → {shown}, from {meaning.valid_from}{until}"
