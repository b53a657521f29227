"""What every command shares: the site it opens, the faults it tells, the tables it prints."""

import codecs
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from edge.site import Site
    from edge.site.founding import Founded

E = TypeVar("E", bound=Enum)

Config = Annotated[Path, typer.Option("--config", help="the site's settings file")]
SITE_FILE = Path("site.toml")
WHO = "command line"
"""The operator that the ledger names for what is done at the terminal."""

_WIDE = 240


@contextmanager
def opened(config: Path) -> Iterator["Site"]:
    """Open the site for one command; close it after. Faults are told."""
    from edge.settings import load_settings
    from edge.site.opening import open_site

    with faults_told(), open_site(load_settings(config)) as site:
        yield site


def one_of(kind: type[E], word: str) -> E:
    """Return the member that ``word`` names, or refuse the word naming all that there are."""
    try:
        return kind(word)
    except ValueError as wrong:
        known = ", ".join(member.value for member in kind)
        raise typer.BadParameter(f"{word}: not one of {known}") from wrong


def tell_founded(founded: "Founded", *, trusting: str) -> None:
    """Print what is shown once: the first accounts, and the authority for ``trusting`` to know."""
    for one in founded.accounts:
        typer.echo(f"{one.role.value.replace('_', ' ')}: {one.name}")
        typer.echo(f"    password, shown once: {one.password}")
        typer.echo(f"    authenticator, shown once: {one.second_factor}")
    if founded.ca:
        typer.echo(f"for {trusting} to trust: {founded.ca}")
        typer.echo(f"    SHA-256 {founded.ca_fingerprint}")


def table(columns: list[str], rows: list[list[str]]) -> None:
    """Print rows under their columns."""
    from rich.console import Console
    from rich.table import Table

    shown = Table()
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*row[: len(columns)])
    # Into a file or a pipe nothing is cut: whoever searches must find.
    Console(width=None if sys.stdout.isatty() else _WIDE).print(shown)


@contextmanager
def faults_told() -> Iterator[None]:
    """Turn what people can mend into two lines and exit code 2."""
    from drivers.errors import DriverError
    from edge.core.errors import EdgeError
    from edge.settings import SettingsError
    from sync.errors import SyncError

    try:
        yield
    except EdgeError as wrong:
        _refuse(wrong.code, wrong.field, wrong.reason.en, wrong.next_action.en)
    except (DriverError, SyncError) as wrong:
        _refuse(wrong.code, wrong.field, wrong.text_en, wrong.next_action_en)
    except SettingsError as wrong:
        _refuse("SETTINGS", wrong.problems[0][0], str(wrong), "see docs/settings.md")
    except OSError as wrong:
        _refuse("FILE", wrong.filename or "", wrong.strerror or str(wrong), "check path and rights")


def _refuse(code: object, field: str, reason: str, next_action: str) -> None:
    typer.echo(f"{code}{f' {field}' if field else ''}: {reason}", err=True)
    typer.echo(f"    → {next_action}", err=True)
    raise typer.Exit(2)


def bytes_of(path: Path) -> bytes:
    """Return a file's bytes, without the mark that Windows puts first; ``-`` is standard input."""
    given = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    return given.removeprefix(codecs.BOM_UTF8)
