"""The office of a group of campuses: founded, served, looked at."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from edge.commands.terminal import faults_told, one_of, tell_founded

app = typer.Typer(no_args_is_help=True, help="The office of a group of campuses.")

OFFICE_FILE = Path("office.toml")
OfficeConfig = Annotated[Path, typer.Option("--config", help="the office's settings file")]


@app.command()
def init(
    data: Annotated[Path, typer.Option(help="folder of the new office")] = Path(),
    settings: Annotated[Path | None, typer.Option(help="a settings file to start from")] = None,
) -> None:
    """Found an office: settings, data folder, keys, accounts, first administrator."""
    from edge.clock import fresh_id, system_clock
    from edge.office.founding import found_office

    with faults_told():
        given = settings.read_text(encoding="utf-8") if settings else ""
        founded = found_office(data, clock=system_clock, fresh_id=fresh_id, settings=given)
    file = founded.settings_file
    typer.echo(f"office written: {file}")
    tell_founded(founded, trusting="browsers")
    typer.echo(f"next: edit {file}, then: edge office doctor --config {file}")


@app.command("add-viewer")
def add_viewer(
    name: str,
    role: Annotated[str, typer.Option(help="finance or auditor")],
    config: OfficeConfig = OFFICE_FILE,
) -> None:
    """Give somebody an account for the office's screens; the password is for the first login."""
    from edge.clock import fresh_id, system_clock
    from edge.office import founding
    from edge.store.operators import Role

    with faults_told():
        chosen = one_of(Role, role)
        password = founding.add_viewer(config, name, chosen, system_clock, fresh_id)
    typer.echo(f"created: {name} ({role})")
    typer.echo(f"password for the first login, shown once: {password}")


@app.command("add-watcher")
def add_watcher(name: str, config: OfficeConfig = OFFICE_FILE) -> None:
    """Give a monitoring system a token for the office's figures (GET /metrics); shown once."""
    from edge.clock import fresh_id, system_clock
    from edge.office import founding

    with faults_told():
        token = founding.add_watcher(config, name, system_clock, fresh_id)
    typer.echo(f"token of {name}, shown once: {token}")


@app.command()
def serve(config: OfficeConfig = OFFICE_FILE) -> None:
    """Run the office: its workers, each a process of its own, and its screens."""
    import signal
    from contextlib import closing

    from edge.office.opening import open_office
    from edge.office.post import address_of
    from edge.office.serving import kept_fresh, server_of, workers_of
    from edge.office.settings import load_office
    from edge.web.events import Hints
    from edge.web.floor import Server
    from sync.stream import Stream

    # uvicorn stops at these and then raises them again, which would end us before we tidied up.
    # Before it listens they end the start, from which whatever was opened is closed.
    serving: list[Server] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None if serving else sys.exit())
    with faults_told(), open_office(load_office(config)) as office:
        command = [sys.executable, "-m", "edge", "office", "work", "--config", str(config)]
        hints, address = Hints(), address_of(office.settings.stream, "edge-office-screens")
        with (
            closing(Stream(address)) as stream,
            workers_of(office, command) as stop,
            kept_fresh(office, hints),
        ):
            listening = server_of(office, hints, stop, stream)
            serving.append(listening)
            listening.run()


@app.command()
def work(config: OfficeConfig = OFFICE_FILE) -> None:
    """Run one worker alone, until it is told to stop (or its standard input ends)."""
    from edge.loops.stopping import leave_in_time
    from edge.office.opening import open_office, worker_of
    from edge.office.serving import until_told
    from edge.office.settings import load_office
    from edge.office.worker import collect_rarely

    with faults_told(), open_office(load_office(config)) as office, worker_of(office, "worker"):
        collect_rarely()
        until_told()
        leave_in_time(office.log)


@app.command()
def doctor(config: OfficeConfig = OFFICE_FILE) -> None:
    """Look at everything the office needs; say what mends what is wrong; exit 1 if anything is."""
    from edge.clock import system_clock
    from edge.office.doctor import examine_office

    findings = examine_office(config, system_clock)
    for finding in findings:
        typer.echo(f"{'✓' if finding.well else '✗'} {finding.name}: {finding.seen}")
        if finding.fix:
            typer.echo(f"    → {finding.fix}")
    raise typer.Exit(0 if all(finding.well for finding in findings) else 1)
