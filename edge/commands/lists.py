"""The cached list: how old it is, and bringing the next one."""

from typing import Annotated

import typer

from edge.commands.terminal import SITE_FILE, WHO, Config, opened

app = typer.Typer(no_args_is_help=True, help="The cached list of workers and their papers.")


@app.command("status")
def status(
    config: Config = SITE_FILE,
    *,
    json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Say which list is in use, as of when; exit 1 when it is too old, or there is none."""
    from edge import codec
    from edge.steps.list_status import list_status

    with opened(config) as site:
        found = list_status(site)
    refused = [one for one in found.files if one.why]
    if json:
        typer.echo(codec.encode(found))
    elif found.version is None:
        typer.echo("✗ no list\n    → edge lists refresh")
    else:
        mark = "✓" if found.fresh else "✗"
        typer.echo(
            f"{mark} version {found.version}, as of {found.as_of}, {found.age_h} h old,"
            f" {found.rows} rows, {found.size_bytes} bytes, expires {found.expires_at}"
        )
        for one in refused:
            typer.echo(f"✗ {one.kind} {one.name} was refused: {one.why}\n    → tell the platform")
    raise typer.Exit(0 if found.fresh else 1)


@app.command("refresh")
def refresh(config: Config = SITE_FILE) -> None:
    """Bring the newest list into use, with a progress bar."""
    from rich.progress import Progress

    from edge.loops.list_keeping import keep_list

    with opened(config) as site, Progress(transient=True) as bar:
        task = bar.add_task("list", total=None)
        done = keep_list(
            site, WHO, progress=lambda here, whole: bar.update(task, completed=here, total=whole)
        )
    if done is None:
        typer.echo("✗ no platform root\n    → set lists.root in site.toml")
        raise typer.Exit(1)
    how = {"snapshot": "taken whole", "delta": "patched", "nothing": "already in use"}
    typer.echo(f"✓ version {done.release.version} {how[done.by]}, {done.release.rows} rows")
