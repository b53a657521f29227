"""``python -m simulators trace FILE``: a masked trace of the card in a real reader, or its replay.

For a card that cannot be read in some hospital: the trace travels, the card and its person do not.
"""

import argparse
import sys
from contextlib import closing
from pathlib import Path

from drivers.cards import read_card
from drivers.errors import DriverError, NoCard
from drivers.pcsc import PcscReaders
from drivers.trace import Recorded, Replayed, Trace, read_traces, replayed_key, written
from drivers.transport import Presence, Transport
from simulators.script_file import BadFile

_LOOK_S = 0.5


def add_words(parser: argparse.ArgumentParser) -> None:
    """Add what the command line may say."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the trace to write")
    parser.add_argument("--reader", default="", help="which reader; the first with a card")
    parser.add_argument("--replay", action="store_true", help="play FILE and tell how it ends")


def run(given: argparse.Namespace) -> int:
    """Write the trace of a card, or play one; tell how the reading ended, never whose card it is.

    Raises:
        BadFile: what is to be played is no trace.
    """
    if given.replay:
        for number, trace in enumerate(_traces(given.file), 1):
            sys.stdout.write(f"{number}: {outcome(Replayed(trace))}\n")
        return 0
    try:
        with closing(PcscReaders()) as readers:
            name = given.reader or _first_with_card(readers)
            with readers.open(name) as card:
                recorded = Recorded(card)
                told = outcome(recorded)
    except DriverError as error:
        sys.stderr.write(f"{error.text}: {error.next_action}\n{error}: {error.next_action_en}\n")
        return 1
    given.file.write_text(written([recorded.trace()]), encoding="ascii")
    sys.stdout.write(f"{given.file}: {told}\n")
    return 0


def outcome(card: Transport) -> str:
    """Return how the reading of ``card`` ends: ``present``, or the error's code and record."""
    try:
        read_card(card, replayed_key if isinstance(card, Replayed) else None)
    except DriverError as error:
        return f"{error.code} {error.field}".strip()
    return "present"


def _traces(file: Path) -> tuple[Trace, ...]:
    try:
        return read_traces(file.read_text(encoding="ascii"))
    except OSError as wrong:
        raise BadFile(file, f"无法读取 / cannot be read: {wrong.strerror}") from wrong
    except ValueError as wrong:
        raise BadFile(file, f"不是读卡记录 / not a trace: {wrong}") from wrong


def _first_with_card(readers: PcscReaders) -> str:
    slots = readers.wait((), _LOOK_S)
    for slot in slots:
        if slot.presence is Presence.PRESENT:
            return slot.name
    raise NoCard
