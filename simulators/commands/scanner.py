"""``python -m simulators scanner``: a virtual serial scanner; type codes."""

import argparse
import signal
import sys
from contextlib import suppress
from pathlib import Path

from simulators.scanner import VirtualScanner, load_scan_script
from simulators.script_file import SCRIPTS, shipped


def add_words(parser: argparse.ArgumentParser) -> None:
    """Add what the command line may say."""
    parser.add_argument("--device", type=Path, default=Path("virtual-scanner"), help="the link")
    parser.add_argument("--script", help="faults to play before codes are typed: a file or a name")
    parser.add_argument("--prefix", default="", help="sent before each code")
    parser.add_argument("--suffix", default="", help="sent after each code")


def run(given: argparse.Namespace) -> int:
    """Scan what is typed until the input ends."""
    device = given.device.absolute()
    script = None
    if given.script:
        script = load_scan_script(shipped(given.script, SCRIPTS / "scanner"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        suppress(KeyboardInterrupt),
        VirtualScanner(device, prefix=given.prefix, suffix=given.suffix) as scanner,
    ):
        sys.stdout.write(f"scanner simulator: {device}; type a code and Enter to scan it\n")
        sys.stdout.flush()
        if script:
            scanner.play(script)
        for line in sys.stdin:
            scanner.scan(line.rstrip("\r\n"))
    return 0
