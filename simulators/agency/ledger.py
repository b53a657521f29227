"""The agency's file: opened, and every message kept in it together with what follows from it.

A journal like ``simulators.platform.journal``, but one that can be asked. Judges nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

from edge import codec
from edge.store.database import Rows, Store
from edge.store.migrations import statements
from simulators.agency.refusals import AgencyRefuses
from simulators.platform.journal import Keeper, Kept
from sync.envelope import Kind
from sync.keys import SigningKey, load_key, new_key


def open_agency(path: Path) -> Store:
    """Open the agency's file, with whatever tables it lacks made; close it when done."""
    store = Store(path)
    schema = (resources.files(__package__) / "schema.sql").read_text(encoding="utf-8")
    with store.transaction() as db:
        for statement in statements(schema):
            db.execute(statement)
    return store


def signing_key(store: Store) -> SigningKey:
    """Return the key that signs what goes down, made once."""
    with store.transaction() as db:
        row = db.one("select pem from keys where name = 'dispatches'")
        if row:
            return load_key(str(row["pem"]).encode())
        key = new_key()
        db.execute("insert into keys (name, pem) values ('dispatches', ?)", [key.pem().decode()])
    return key


class AgencyJournal:
    """What was accepted, in the agency's file. Thread-safe by the store's own transactions."""

    def __init__(self, store: Store, also: Keeper | None = None) -> None:
        self._store = store
        self._also = also

    def append(self, kept: Kept) -> None:
        """Keep one message and what follows from it; on return both survive a crash."""
        with self._store.transaction() as db:
            db.execute(
                "insert into messages (id, kept) values (?, ?)",
                [kept.receipt.id, codec.encode(kept).decode()],
            )
            _FOLLOWS.get(kept.kind, _nothing)(db, kept)
        if self._also:
            self._also.append(kept)

    def sync(self) -> None:
        """Bring the other journal to the disk, if there is one; each commit of ours is there."""
        if self._also:
            self._also.sync()

    def kept(self) -> tuple[Kept, ...]:
        """Return all messages, oldest first."""
        rows = self._store.read().query("select kept from messages order by seq")
        return tuple(codec.decode(row["kept"], Kept) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A fitting as a facility typed it into the national site (津 第二十七条); money in fen.

    ``confirmation`` is the number that the site gave; ``notice`` the fitting notice, or empty.
    """

    facility: str
    confirmation: str
    id_number: str
    insured_region: str
    total_fen: int
    fund_fen: int
    settled_at: datetime
    notice: str = ""


def type_in(store: Store, typed: Typed) -> None:
    """Keep what was typed into the national site, once: the agency sees it there.

    Raises:
        AgencyRefuses: TYPED_ALREADY.
    """
    case, at = [typed.facility, typed.confirmation], typed.settled_at.isoformat()
    with store.transaction() as db:
        if db.one("select 1 from cases where facility = ? and order_key = ?", case):
            raise AgencyRefuses("TYPED_ALREADY", f"{typed.confirmation} 已录入")
        db.execute(
            "insert into cases (facility, order_key, id_number, service, insured_region,"
            " opened_at) values (?, ?, ?, 'device', ?, ?)",
            [*case, typed.id_number, typed.insured_region, at],
        )
        if typed.notice:
            db.execute(
                "insert into notice_uses (facility, order_key, region, notice) values (?, ?, ?, ?)",
                [*case, typed.insured_region, typed.notice],
            )
        db.execute(
            "insert into settlements (message, settlement, facility, order_key, total_fen,"
            " fund_fen, basis, settled_at) values (?, ?, ?, ?, ?, ?, 'typed', ?)",
            [
                _typed_name(*case),
                typed.confirmation,
                *case,
                typed.total_fen,
                typed.fund_fen,
                at,
            ],
        )


def take_back(store: Store, facility: str, confirmation: str, reversed_at: datetime) -> None:
    """Keep that what was typed was reversed in the national site, too: its notice is free again.

    ``confirmation`` is the number of the settlement that was typed.

    Raises:
        AgencyRefuses: TYPED_UNKNOWN; TYPED_REVERSED, when it was before.
    """
    name = _typed_name(facility, confirmation)
    with store.transaction() as db:
        known = db.one("select reversed_at from settlements where message = ?", [name])
        if known is None:
            raise AgencyRefuses("TYPED_UNKNOWN", f"没有录入过 {confirmation}")
        if known["reversed_at"]:
            raise AgencyRefuses("TYPED_REVERSED", f"{confirmation} 已冲正")
        db.execute(
            "update settlements set reversed_at = ? where message = ?",
            [reversed_at.isoformat(), name],
        )


def _typed_name(facility: str, confirmation: str) -> str:
    """Name what came by no message."""
    return f"typed {facility} {confirmation}"


def _nothing(_db: Rows, _kept: Kept) -> None:
    """Nothing follows."""


def _text(body: dict[str, object], name: str) -> str:
    return str(body.get(name) or "")


def _number(body: dict[str, object], name: str) -> int:
    value = body.get(name)
    return value if isinstance(value, int) else 0


def _opened(db: Rows, kept: Kept) -> None:
    body = kept.body
    db.execute(
        "insert into cases (facility, order_key, id_number, filing, service, insured_region,"
        " opened_at) values (?, ?, ?, ?, ?, ?, ?)",
        [
            kept.facility,
            kept.order_key,
            _text(body, "id_number"),
            body.get("filing"),
            _text(body, "service") or "device",
            kept.insured_region,
            _text(body, "admitted_at") or kept.moment.isoformat(),
        ],
    )
    notice = body.get("notice")
    if isinstance(notice, dict) and notice.get("id"):
        db.execute(
            "insert into notice_uses (facility, order_key, region, notice) values (?, ?, ?, ?)",
            [kept.facility, kept.order_key, kept.insured_region, str(notice["id"])],
        )


def _charged(db: Rows, kept: Kept) -> None:
    settlement = _text(kept.body, "settlement")
    if settlement:
        db.execute(
            "insert or replace into bills (facility, settlement, message) values (?, ?, ?)",
            [kept.facility, settlement, kept.receipt.id],
        )


def _discharged(db: Rows, kept: Kept) -> None:
    db.execute(
        "update cases set discharged_at = ? where facility = ? and order_key = ?",
        [_text(kept.body, "discharged_at"), kept.facility, kept.order_key],
    )


def _manual(db: Rows, kept: Kept) -> None:
    db.execute(
        "update cases set manual = 1 where facility = ? and order_key = ?",
        [kept.facility, kept.order_key],
    )


def _settled(db: Rows, kept: Kept) -> None:
    body = kept.body
    db.execute(
        "insert into settlements (message, settlement, facility, order_key, total_fen, fund_fen,"
        " basis, settled_at) values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            kept.receipt.id,
            _text(body, "settlement") or kept.receipt.id,
            kept.facility,
            kept.order_key,
            _number(body, "total_fen"),
            _number(body, "fund_fen"),
            _text(body, "basis"),
            _text(body, "settled_at") or kept.moment.isoformat(),
        ],
    )


def _reversed(db: Rows, kept: Kept) -> None:
    db.execute(
        "update settlements set reversed_at = ? where message = ?",
        [kept.moment.isoformat(), _text(kept.body, "original")],
    )


def _claimed(db: Rows, kept: Kept) -> None:
    db.execute(
        "insert into claims (id, facility, month, claimed_at) values (?, ?, ?, ?)",
        [kept.receipt.id, kept.facility, _text(kept.body, "month"), kept.moment.isoformat()],
    )
    items: Any = kept.body.get("items") or ()
    for item in items:
        db.execute(
            "insert or ignore into claim_items (claim, settlement, kind, claimed_fen)"
            " values (?, ?, ?, ?)",
            [kept.receipt.id, item["settlement"], item["kind"], item["fund_fen"]],
        )
        if item.get("confirmation"):
            # What was typed is known by its number alone; the claim says which settlement it is.
            db.execute(
                "update settlements set settlement = ? where message = ?",
                [item["settlement"], _typed_name(kept.facility, item["confirmation"])],
            )


def _objected(db: Rows, kept: Kept) -> None:
    body = kept.body
    db.execute(
        "insert into objections (id, deduction, facility, month, text) values (?, ?, ?, ?, ?)",
        [
            kept.receipt.id,
            _text(body, "deduction"),
            kept.facility,
            _text(body, "month"),
            _text(body, "text"),
        ],
    )


def _confirmed(db: Rows, kept: Kept) -> None:
    db.execute(
        "update claims set confirmed_at = ?, confirmed_fen = ? where id = ? and facility = ?",
        [
            kept.moment.isoformat(),
            _number(kept.body, "approved_fen"),
            _text(kept.body, "claim"),
            kept.facility,
        ],
    )


def _answered(db: Rows, kept: Kept) -> None:
    """Refuse the payment by hand of what was settled directly; else the way is clear."""
    stays: Any = kept.body.get("stays") or []
    settled = any(stay.get("settled_directly") for stay in stays)
    db.execute(
        "update reimbursements set state = ?, stays = ?"
        " where inquiry = ? and facility = ? and state = 'asked'",
        [
            "refused" if settled else "clear",
            codec.encode(stays).decode(),
            _text(kept.body, "inquiry"),
            kept.facility,
        ],
    )


_FOLLOWS = {
    Kind.ADMISSION: _opened,
    Kind.FITTING: _opened,
    Kind.CHARGES: _charged,
    Kind.DISCHARGE: _discharged,
    Kind.MANUAL: _manual,
    Kind.SETTLEMENT: _settled,
    Kind.REVERSAL: _reversed,
    Kind.CLAIM: _claimed,
    Kind.OBJECTION: _objected,
    Kind.CONFIRMATION: _confirmed,
    Kind.REIMBURSEMENT_ANSWER: _answered,
}
