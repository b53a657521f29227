"""Another program at the desk: ``python -m tests.contracts.other_program READER READS``.

Reads the card again and again through PC/SC, as a hospital's own program may, and prints its name.
"""

import sys
from contextlib import closing

from drivers.cards import read_card
from drivers.pcsc import PcscReaders


def main(reader: str, reads: int) -> None:
    """Read."""
    with closing(PcscReaders()) as readers:
        sys.stdout.write("reading\n")
        sys.stdout.flush()
        for _ in range(reads):
            with readers.open(reader) as transport:
                sys.stdout.write(f"{read_card(transport).name}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
