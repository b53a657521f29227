"""The desk program at the terminal: readers here, the service somewhere else."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from drivers.agent.link import Link

TURNED_AWAY = 3
"""Exit code: starting again is no use, a person must act (systemd: RestartPreventExitStatus)."""


def agent(
    *,
    edge: Annotated[str, typer.Option("--edge", help="the service's address, https://…")],
    desk: Annotated[str, typer.Option(help="the desk's name, as in site.toml")],
    token_file: Annotated[Path, typer.Option(help="file with the desk's token")],
    ca: Annotated[
        Path | None, typer.Option(help="the site's own CA (PEM); else the system's")
    ] = None,
    counter_port: Annotated[
        int, typer.Option(help="iReadCardBas on 127.0.0.1 at this port; 0: off", min=0, max=65535)
    ] = 0,
    installation: Annotated[
        str, typer.Option(help="this PC's mark, if its network card's is not its own")
    ] = "",
) -> None:
    """Serve one desk's readers and scanner to the service; ends with Ctrl-C."""
    from drivers.agent.link import Link, Misplaced, Turned
    from edge.log import json_log

    try:
        token = token_file.read_text(encoding="utf-8").strip()
    except OSError as wrong:
        _refuse("TOKEN_MISSING", str(wrong), "edge tokens add --scope agent --desk …")
    try:
        with Link(edge, token=token, ca=ca) as link:
            _run(link, desk, installation, counter_port)
    except Misplaced as wrong:
        _refuse("EDGE_MISPLACED", str(wrong), "see docs/agent.md")
    except Turned as turned:
        json_log().error("agent.turned_away", code=turned.code, desk=desk)
        _refuse(turned.code, turned.text, turned.next_action, code=TURNED_AWAY)
    except KeyboardInterrupt:
        return


def _run(link: "Link", desk: str, installation: str, counter_port: int) -> None:
    import signal
    import socket
    from contextlib import ExitStack, closing

    from drivers.agent.counter import counter
    from drivers.agent.messages import Hello
    from drivers.agent.program import Agent, Novelty
    from drivers.pcsc import PcscReaders
    from edge.clock import fresh_id, system_clock
    from edge.log import json_log

    hello = Hello(
        desk=desk,
        installation=installation or _this_pc(),
        host=socket.gethostname(),
    )
    with ExitStack() as stack:
        readers = stack.enter_context(closing(PcscReaders()))
        if counter_port:
            stack.enter_context(counter(link, desk, counter_port))
        novelty = Novelty(clock=system_clock, fresh_id=fresh_id)
        agent = Agent(link, readers, hello, novelty, json_log())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: agent.stop())
        agent.run()


def _this_pc() -> str:
    """Return what tells this PC from another: its network card's address, or else its name."""
    import socket
    import uuid

    address = uuid.getnode()
    # Python makes one up, another at each start, where there is none; it sets this bit then.
    return socket.gethostname() if address >> 40 & 1 else f"{address:012x}"


def _refuse(word: str, reason: str, next_action: str, *, code: int = 2) -> NoReturn:
    typer.echo(f"{word}: {reason}", err=True)
    typer.echo(f"    → {next_action}", err=True)
    raise typer.Exit(code)
