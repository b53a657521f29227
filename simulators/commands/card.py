"""``python -m simulators card``: virtual cards in vpcd's readers."""

import argparse

from simulators.card import command
from simulators.commands.ending import told_to_stop
from simulators.reader import VpcdCard

add_words = command.add_words


def run(given: argparse.Namespace) -> int:
    """Leave the cards in the readers until told to stop."""
    command.run(given, told_to_stop(), VpcdCard)
    return 0
