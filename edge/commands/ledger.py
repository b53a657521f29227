"""The ledger at the terminal: verified, its day's sheet; and the clock by which it tells time."""

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.commands.terminal import SITE_FILE, WHO, Config, opened, table

if TYPE_CHECKING:
    from edge.core.audit import Anchor
    from edge.steps.day_end import DayEnd

app = typer.Typer(no_args_is_help=True, help="The ledger: its chain, its heads, its days.")
clock = typer.Typer(no_args_is_help=True, help="The clock by which deadlines run.")

_PRINTED = re.compile(r"([0-9]{1,18}):([0-9A-Fa-f]{64})")


@app.command("verify")
def verify(
    config: Config = SITE_FILE,
    *,
    json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
    anchor: Annotated[
        list[str] | None, typer.Option(help="SEQ:MAC as a day-end sheet prints it; repeatable")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="do not ask the platform")] = False,
) -> None:
    """Verify chain, signed heads and the rows of money, against the platform's head as well.

    Names the first bad entry; exit 1 if there is one.
    """
    from edge import codec
    from edge.steps.verify_ledger import verify_ledger

    anchors = [_anchor(word) for word in anchor or ()]
    with opened(config) as site:
        report = verify_ledger(site, anchors, ask_platform=not offline)
    if json:
        typer.echo(codec.encode(report))
    elif report.broken:
        against = f" (against: {report.broken.against})" if report.broken.against else ""
        typer.echo(f"✗ entry {report.broken.seq}: {report.broken.reason}{against}")
    else:
        typer.echo(
            f"✓ {report.entries} entries and {report.heads} signed heads verify;"
            f" platform: {report.platform}"
        )
    raise typer.Exit(0 if report.ok else 1)


@app.command("day-end")
def day_end(
    date: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"])],
    config: Config = SITE_FILE,
    *,
    json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Add up a day: settlements, reversals, hand-overs by clerk, and the ledger's signed head."""
    from edge import codec
    from edge.steps import day_end as step

    with opened(config) as site:
        sheet = step.day_end(site, date.date())
    if json:
        typer.echo(codec.encode(sheet))
        return
    _print(sheet)


@app.command("export")
def export(
    path: Annotated[Path, typer.Argument(help="a new file of JSON lines")],
    config: Config = SITE_FILE,
    *,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="first day")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="last day")] = None,
    subject: Annotated[str, typer.Option(help="of one case, operator or message: its id")] = "",
) -> None:
    """Write the audit for inspectors (津 第四十一条), signed; it holds no identity."""
    from datetime import timedelta

    from edge.core.dates import SHANGHAI
    from edge.steps.export_audit import export_audit
    from edge.store.ledger import Asked

    first = since.replace(tzinfo=SHANGHAI) if since else None
    after = until.replace(tzinfo=SHANGHAI) + timedelta(days=1) if until else None
    with opened(config) as site:
        asked = Asked(since=first, until=after, subject=subject)
        written = export_audit(site, path, asked, by=WHO)
    typer.echo(f"{written.entries} entries, chain: {written.chain}")
    typer.echo(f"SHA-256 {written.sha256}")


@clock.command("reset")
def reset(
    note: Annotated[str, typer.Option(help="why the later moment was the clock's mistake")],
    config: Config = SITE_FILE,
) -> None:
    """Give up the latest moment seen, after a clock that was too fast has been set right."""
    from edge.steps.reset_clock import reset_clock

    with opened(config) as site:
        before = reset_clock(site, note, WHO)
        now = site.high_water()
    typer.echo(f"{before.isoformat(timespec='seconds')} → {now.isoformat(timespec='seconds')}")


def _anchor(word: str) -> "Anchor":
    from edge.core.audit import Anchor

    printed = _PRINTED.fullmatch(word)
    if printed is None:
        raise typer.BadParameter(f"{word}: not SEQ:MAC as a day-end sheet prints it")
    return Anchor(seq=int(printed[1]), mac=bytes.fromhex(printed[2]), source="day-end sheet")


def _print(sheet: "DayEnd") -> None:
    from edge.core.money import yuan

    columns = ["clerk", "settled", "total", "fund", "personal", "reversed", "total", "manual"]
    rows = [
        [
            "合计 all" if one is sheet.total else one.clerk,
            str(one.settled.count),
            *(yuan(fen) for fen in (one.settled.total_fen, one.settled.fund_fen)),
            yuan(one.settled.personal_fen),
            str(one.reversed.count),
            yuan(one.reversed.total_fen),
            str(one.handed_to_manual),
        ]
        for one in (*sheet.by_clerk, sheet.total)
    ]
    table(columns, rows)
    typer.echo(f"settled late: {sheet.total.settled_late}; still overdue: {sheet.overdue_now}")
    typer.echo(f"messages waiting: {sheet.messages.waiting}, refused: {sheet.messages.refused}")
    if sheet.head:
        typer.echo(f"head {sheet.head.seq}:{sheet.head.mac}")
        typer.echo(f"signature {sheet.head.signed}")
