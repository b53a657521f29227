"""The service of 200 desks as a process of its own: real but for its readers, which are in process.

``python -m bench.desk_house SETTINGS_FILE DESKS``: prints its address and a token for each desk as
a line of JSON, then puts a card into a reader for each line it is told: the desk's number and the
synthetic person's. It ends with its input.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from edge import codec
from edge.app import running
from edge.settings import load_settings
from edge.site import Site
from edge.site.opening import open_site
from edge.store.operators import Operator, Role, Scope, create_operator, new_password_hash
from edge.store.tokens import create_token
from simulators.card import social_security_card, synthetic_person
from simulators.hospital.ground import serving, stock_catalogues
from simulators.reader import InProcessReaders

CLERK, PASSWORD = "出院员", "bench-hospital"


def desk_name(number: int) -> str:
    """Return what a desk and its reader are called."""
    return f"desk-{number:03}"


def main(settings_file: Path, desks: int) -> None:
    """Serve until the input ends."""
    readers = InProcessReaders(*map(desk_name, range(desks)))
    with open_site(load_settings(settings_file)) as site:
        stock_catalogues(site)
        tokens = list(_tokens(site, desks))
        with running(site, readers) as desk, serving(desk, 0) as url:
            sys.stdout.buffer.write(codec.encode({"url": url, "tokens": tokens}) + b"\n")
            sys.stdout.flush()
            for told in sys.stdin:
                number, person = map(int, told.split())
                card = social_security_card(synthetic_person(person))
                readers.insert(card, reader=desk_name(number))


def _tokens(site: Site, desks: int) -> Iterator[str]:
    """Hire a clerk, and make a token for each desk."""
    hashed, now = new_password_hash(PASSWORD), site.clock()
    with site.store.transaction() as db:
        clerk = Operator(site.fresh_id(), CLERK, Role.DISCHARGE)
        create_operator(db, clerk, password_hash=hashed, at=now)
    for number in range(desks):
        with site.store.transaction() as db:
            yield create_token(
                db, fresh=site.fresh_id(), name=f"HIS {number}", scopes=Scope, at=now
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
