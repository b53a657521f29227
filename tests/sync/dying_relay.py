"""A relay in a process of its own that dies at a named point. Run by test_relay.py."""

import os
import sys
from pathlib import Path

from sync.envelope import load_key
from sync.relay import Hooks
from tests.sync.sender import Sender, line_to, no_pause, relay_of


def main(database: str, url: str, pem: str, sealing_key: str, point: str) -> None:
    """Run one pass and die, without any farewell, at ``point``."""

    def crash(reached: str) -> None:
        if reached == point:
            os._exit(9)

    sender = Sender(Path(database), load_key(Path(pem).read_bytes()), bytes.fromhex(sealing_key))
    with line_to(url, sender) as platform:
        relay_of(sender, platform, Hooks(crash=crash, sleep=no_pause)).run_once()


if __name__ == "__main__":
    main(*sys.argv[1:])
