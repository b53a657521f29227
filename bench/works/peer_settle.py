"""Our settlement beside the usual design of such a service: what a hospital would else get.

The peer is what a team writes first with FastAPI: a pydantic model with Decimals for each line, a
query and an insert for each line, one commit with ``synchronous=FULL``. It decides less than ours
(no cover, no days, no reasons, no seal, no chain, no message), and no HTTP is counted for either.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import BaseModel, TypeAdapter

from bench.frame import Work
from bench.works.adjudicate import CODES, PlainCatalogue
from bench.works.settle import SIZES, STAYS, bills
from edge.core.money import PRICE_PER_FEN
from edge.store.database import Rows, Store

_FEN = Decimal("0.01")
_YUAN = Decimal(100)

_TABLES = """\
create table catalogue (code text primary key, in_scope integer, cap text);
create table bills (id integer primary key, total text, fund text, personal text);
create table bill_lines (id integer primary key, bill integer references bills, line text,
    code text, amount text, fund text, personal text);
create index lines_of_bill on bill_lines (bill)"""
_FOUND = "select in_scope, cap from catalogue where code = ?"
_PUT = "insert into bill_lines (bill, line, code, amount, fund, personal) values (?, ?, ?, ?, ?, ?)"


class Line(BaseModel):
    """One line as the peer takes it: money as Decimals, what else is sent left aside."""

    id: str
    code: str
    quantity: Decimal
    price: Decimal
    amount_fen: int
    injury_related: bool


_LINES = TypeAdapter(list[Line])


@dataclass(frozen=True, slots=True)
class Peer:
    """The usual service's database, and the request that it is sent."""

    store: Store
    request: bytes
    numbers: Iterator[int]

    def settle(self) -> tuple[Decimal, Decimal]:
        """Validate, look up and insert line by line, commit; return total and the fund's share."""
        # As FastAPI does with a body: JSON into objects, then the model over them.
        lines = _LINES.validate_python(json.loads(self.request))
        bill, total, fund = next(self.numbers), Decimal(0), Decimal(0)
        with self.store.transaction() as db:
            db.execute("insert into bills (id) values (?)", [bill])
            for line in lines:
                amount = Decimal(line.amount_fen) / _YUAN
                paid = _paid(db, line, amount)
                db.execute(
                    _PUT, [bill, line.id, line.code, str(amount), str(paid), str(amount - paid)]
                )
                total, fund = total + amount, fund + paid
            db.execute(
                "update bills set total = ?, fund = ?, personal = ? where id = ?",
                [str(total), str(fund), str(total - fund), bill],
            )
        return total, fund


def works() -> Iterator[Work]:
    """Yield a bill of each size: ours, and the peer where a floor stands elsewhere."""
    with TemporaryDirectory(prefix="bench-peer-") as folder, bills(SIZES, CODES, STAYS) as made:
        peer: Peer | None = None
        for lines, bill in made:
            store = peer.store if peer else filled(Path(folder) / "peer.db", bill.catalogue)
            peer = Peer(store, bill.request, peer.numbers if peer else count(1))
            yield Work(
                name="peer-settle",
                work=f"{lines:,} lines: ours, and an insert a line with Decimals",
                ours=bill.ours,
                floor=peer.settle,
                size=lines,
            )
        if peer:
            peer.store.close()


def filled(path: Path, catalogue: PlainCatalogue) -> Store:
    """Open a database of the usual form that has the catalogue."""
    store = Store(path)
    with store.transaction() as db:
        for statement in _TABLES.split(";"):
            db.execute(statement)
        for code, (in_scope, cap, _) in catalogue.items():
            db.execute("insert into catalogue values (?, ?, ?)", [code, in_scope, _cap(cap)])
    return store


def _cap(millionths: int) -> str:  # of a yuan, as the plain loop has it
    return str(Decimal(millionths) / (PRICE_PER_FEN * 100))


def _paid(db: Rows, line: Line, amount: Decimal) -> Decimal:
    found: dict[str, Any] | None = db.one(_FOUND, [line.code])
    if not line.injury_related or found is None or not found["in_scope"]:
        return Decimal(0)
    cap = Decimal(found["cap"])
    if line.price <= cap:
        return amount
    return (cap * line.quantity).quantize(_FEN, rounding=ROUND_HALF_UP)
