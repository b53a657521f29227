"""A site's life: founded, served, looked at; and a whole hospital to try."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from edge.commands.terminal import SITE_FILE, WHO, Config, faults_told, tell_founded


def init(
    data: Annotated[Path, typer.Option(help="folder of the new site")] = Path(),
    settings: Annotated[Path | None, typer.Option(help="a settings file to start from")] = None,
) -> None:
    """Found a site: settings, data folder, keys, database, its two first administrators."""
    from edge.clock import fresh_id, system_clock
    from edge.site.founding import found_site

    with faults_told():
        given = settings.read_text(encoding="utf-8") if settings else ""
        founded = found_site(data, clock=system_clock, fresh_id=fresh_id, settings=given)
    file = founded.settings_file
    typer.echo(f"site written: {file}")
    tell_founded(founded, trusting="desks and agents")
    typer.echo(f"for the platform to register: {founded.public_key}")
    typer.echo("two people, one account each; the security administrator chooses a new password")
    typer.echo(f"next: edit {file}, then: edge doctor --config {file}")


def serve(config: Config = SITE_FILE) -> None:
    """Run the service."""
    import gc
    import signal
    from contextlib import closing

    # Nearly all that a start makes stays; to search it for circles takes a fifth of the start.
    gc.disable()
    from drivers.pcsc import PcscReaders
    from edge.app import running, server
    from edge.loops.stopping import leave_in_time
    from edge.settings import load_settings
    from edge.site.opening import open_site
    from edge.web.floor import Server

    # uvicorn stops at these and then raises them again, which would end us before we tidied up.
    # Before it listens they end the start, from which whatever was opened is closed.
    serving: list[Server] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None if serving else sys.exit())
    with (
        faults_told(),
        open_site(load_settings(config)) as site,
        closing(PcscReaders()) as readers,
        running(site, readers) as desk,
    ):
        desk.stopping.also(lambda: leave_in_time(site.log))
        listening = server(desk)
        gc.freeze()
        gc.enable()
        serving.append(listening)
        listening.run()
    # All is closed by now. What is left would be searched for circles, which takes seconds.
    gc.freeze()


def demo(
    *,
    headless: Annotated[bool, typer.Option(help="run every kind of case and end")] = False,
    port: Annotated[int, typer.Option(help="port of the page; 0 takes a free one")] = 8443,
    script: Annotated[str, typer.Option(help="mishaps to play: a file, or one that ships")] = "",
) -> None:
    """Start a whole hospital on this machine: platform, virtual card, service, first page."""
    import os

    # The simulators stand above the edge and are never imported from here: this process becomes
    # them, so that Ctrl-C reaches them alone and they tidy up.
    command = [sys.executable, "-m", "simulators", "hospital", "--port", str(port)]
    asked = ["--headless"] * headless + (["--script", script] if script else [])
    os.execv(sys.executable, [*command, *asked])  # noqa: S606 - our own interpreter and words


def doctor(
    config: Config = SITE_FILE,
    *,
    json: Annotated[bool, typer.Option("--json", help="one JSON array")] = False,
) -> None:
    """Look at everything the service needs; say what mends what is wrong; exit 1 if anything is."""
    from edge import codec
    from edge.clock import system_clock
    from edge.doctor import examine

    findings = examine(config, system_clock)
    if json:
        typer.echo(codec.encode(findings))
    else:
        for finding in findings:
            typer.echo(f"{'✓' if finding.well else '✗'} {finding.name}: {finding.seen}")
            if finding.fix:
                typer.echo(f"    → {finding.fix}")
    raise typer.Exit(0 if all(finding.well for finding in findings) else 1)


def support_bundle(
    path: Annotated[Path, typer.Argument(help="a new zip file")], config: Config = SITE_FILE
) -> None:
    """Write a zip file for the supplier: findings, settings, counts, logs. It names nobody."""
    from edge.clock import system_clock
    from edge.support import make_bundle

    with faults_told():
        bundle = make_bundle(config, path, system_clock, by=WHO)
    typer.echo(f"✓ {bundle.path}: {', '.join(bundle.files)}")
    typer.echo("    → look into it before you send it; keys and database are not in it")
