"""``python -m simulators hospital | platform | card | scanner | trace``: a far side for rehearsal.

``hospital`` is all of it with the service itself; the others stand alone, so that IT staff can
rehearse a site of their own.
"""

import argparse
import errno
import sys
from collections.abc import Callable
from importlib import import_module

from edge.core.errors import Fault
from simulators.script_file import BadFile

KINDS = {
    "hospital": "a whole hospital on loopback",
    "platform": "the agency's side of the wire",
    "card": "virtual cards in vpcd's readers",
    "scanner": "a virtual serial scanner; type codes",
    "trace": "a masked trace of the card in a reader, or its replay",
}


def main() -> int:
    """Run the far side that the command line names; return the exit code."""
    given = _given(sys.argv[1:])
    act: Callable[[argparse.Namespace], int] = given.act
    try:
        return act(given)
    except BadFile as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    except Fault as wrong:
        sys.stderr.write(f"{wrong.reason.zh}: {wrong.next_action.zh}\n")
        sys.stderr.write(f"{wrong.reason.en}: {wrong.next_action.en}\n")
        return 1
    except OSError as wrong:
        if wrong.errno != errno.EADDRINUSE:
            raise
        sys.stderr.write("端口已被占用，请用 --port 另选（0 为任意空闲端口）\n")
        sys.stderr.write("the port is taken: choose another with --port (0 takes a free one)\n")
        return 2


def _given(words: list[str]) -> argparse.Namespace:
    """Return what was said; of the commands only the one that is named is imported."""
    parser = argparse.ArgumentParser(
        prog="simulators", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    kinds = parser.add_subparsers(metavar=" | ".join(KINDS), required=True)
    for kind, purpose in KINDS.items():
        words_of_kind = kinds.add_parser(kind, help=purpose)
        if words[:1] == [kind]:
            command = import_module(f"simulators.commands.{kind}")
            command.add_words(words_of_kind)
            words_of_kind.set_defaults(act=command.run)
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
