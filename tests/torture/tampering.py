"""Rows changed by somebody who has the file and not the keys: each is found, and by its number."""

import random
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.steps.verify_ledger import verify_ledger
from tests.steps.conftest import Ground, ground_at
from tests.steps.story import live
from tests.steps.tampering import Change, columns, edit, newest, taken_back
from tests.torture.promises import Broken

Look = Callable[[Ground], int | None]
"""Returns the number of the first entry that is wrong, or None."""

_MOVE = "update ledger set seq = ? where seq = ?"
_COPY = (
    "insert into ledger select ?, kind, at, operator, subject, body, mac, mac"
    " from ledger where seq = ?"
)
_MONEY = ("settlements", "reversals", "manual_packages")


def tampered_rows(folder: Path, rounds: int, seed: int, variant: str) -> Broken:
    """Tamper so many times with one life; what is not found, or elsewhere, is torn."""
    look = unchained if variant == "unchained" else by_chain
    dice = random.Random(seed)  # noqa: S311 - chance, not secrets
    with TemporaryDirectory(dir=folder) as place, ground_at(Path(place)) as ground:
        live(ground)
        missed = sum(not _is_found(ground, look, dice) for _ in range(rounds))
        return Broken(lost=int(look(ground) is not None), torn=missed)


def by_chain(ground: Ground) -> int | None:
    """Verify as the product does."""
    broken = verify_ledger(ground.site).broken
    return broken.seq if broken else None


def unchained(ground: Ground) -> int | None:
    """Believe whatever SQLite finds sound: the control."""
    [(said,)] = ground.site.store.read().tuples("pragma integrity_check")
    return None if said == "ok" else 0


def _is_found(ground: Ground, look: Look, dice: random.Random) -> bool:
    kind = dice.choice((_edited, _deleted, _swapped, _inserted, _cut, _money))
    changes, expected = kind(ground, dice)
    with taken_back(ground) as db:
        for sql, values in changes:
            db.execute(sql, values)
        found = look(ground)
    return found == expected if expected else found is not None


Tampering = tuple[list[Change], int]
"""What is done, and which entry must be named; 0: whichever."""


def _edited(ground: Ground, dice: random.Random) -> Tampering:
    seq = dice.randint(1, newest(ground))
    types = columns(ground, "ledger")
    column = dice.choice([name for name in types if name != "seq"])
    return [edit("ledger", column, types[column], ("seq = ?", [seq]))], seq


def _deleted(ground: Ground, dice: random.Random) -> Tampering:
    seq = dice.randint(1, newest(ground))
    return [("delete from ledger where seq = ?", [seq])], seq


def _swapped(ground: Ground, dice: random.Random) -> Tampering:
    one, other = sorted(dice.sample(range(1, newest(ground) + 1), 2))
    return [(_MOVE, [9_999, one]), (_MOVE, [one, other]), (_MOVE, [other, 9_999])], one


def _inserted(ground: Ground, dice: random.Random) -> Tampering:
    last = newest(ground)
    seq = dice.randint(2, last)
    room: list[Change] = [(_MOVE, [one + 1, one]) for one in range(last, seq - 1, -1)]
    return [*room, (_COPY, [seq, seq - 1])], seq


def _cut(ground: Ground, dice: random.Random) -> Tampering:
    """Cut the tail; the signed head shows it."""
    left = dice.randint(1, newest(ground) - 1)
    return [("delete from ledger where seq > ?", [left])], left + 1


def _money(ground: Ground, dice: random.Random) -> Tampering:
    table = dice.choice(_MONEY)
    types = columns(ground, table)
    column = dice.choice([name for name in types if name != "effective"])
    row = f"rowid = (select max(rowid) from {table})"  # noqa: S608 - ours
    return [edit(table, column, types[column], (row, []))], 0
