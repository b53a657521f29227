"""What must hold of a site after any end: promises I1 to I5, counted by how they were broken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.core.errors import EdgeError
from edge.site import Site
from edge.store.books import misstated
from edge.store.database import Rows
from tests.steps.conftest import Ground, ground_at
from tests.torture.life import gone_on, live

_SINCE = {
    "admitted": ("admitted", "discharged", "settled", "reversed"),
    "charged": ("admitted", "discharged", "settled", "reversed"),
    "discharged": ("discharged", "settled", "reversed"),
    "settled": ("settled", "reversed"),
    "reversed": ("reversed",),
}
"""An act, and the states that a stay may be in once it was acknowledged."""

_DOUBLED = (
    "select count(*) from (select 1 from settlements where effective = 1 group by case_id"
    " having count(*) > 1)"
)
_UNTOLD = (
    """select count(*) from settlements
    where message_id not in (select id from outbox where kind = 'settlement')""",
    """select (select count(*) from outbox where kind = 'settlement')
    <> (select count(*) from settlements)""",
    """select (select count(*) from outbox where kind = 'reversal')
    <> (select count(*) from reversals)""",
)
_UNSOUND = (
    "select count(*) from pragma_integrity_check where integrity_check <> 'ok'",
    "select count(*) from pragma_foreign_key_check",
    """select count(*) from stays where (state = 'settled')
    <> exists (select 1 from settlements where case_id = stays.id and effective = 1)""",
)


@dataclass(frozen=True, slots=True)
class Broken:
    """Acknowledged acts that are gone, doubled money, and whatever is half there."""

    lost: int = 0
    doubled: int = 0
    torn: int = 0

    def __add__(self, other: "Broken") -> "Broken":
        return Broken(self.lost + other.lost, self.doubled + other.doubled, self.torn + other.torn)


def broken(folder: Path, acknowledged: Sequence[Sequence[str]]) -> Broken:
    """Open the site in ``folder``, hold it to what it has promised, and let it go on.

    A site that cannot be opened, read or lived on is torn, and all it acknowledged is lost.
    """
    try:
        with ground_at(folder) as ground:
            found = _found(ground, acknowledged)
            if found == Broken():
                live(gone_on(ground), 1, lambda *_words: None)
            return found
    except EdgeError:
        return Broken(lost=len(acknowledged), torn=1)


def _found(ground: Ground, acknowledged: Iterable[Sequence[str]]) -> Broken:
    db = ground.site.store.read()
    states = dict(db.tuples("select id, state from stays"))
    charged = {stay for (stay,) in db.tuples("select stay_id from charge_batches")}
    lost = [
        (act, stay)
        for act, stay, *_ in acknowledged
        if states.get(stay) not in _SINCE[act] or (act == "charged" and stay not in charged)
    ]
    return Broken(len(lost), doubled_in(db), torn_in(ground.site, db))


def doubled_in(db: Rows) -> int:
    """Count the stays on which more than one settlement stands (I2)."""
    return _counted(db, _DOUBLED)


def torn_in(site: Site, db: Rows) -> int:
    """Count what is half there: a message without its cause or the other way, chain, file."""
    chain = site.ledger.verify(db) or misstated(db)
    return sum(_counted(db, sql) for sql in (*_UNTOLD, *_UNSOUND)) + (chain is not None)


def _counted(db: Rows, sql: str) -> int:
    [(number,)] = db.tuples(sql)
    return int(number)
