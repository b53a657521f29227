"""Monthly claims as rows: what could be claimed, what was, and what the platform said again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal

from edge.core.cases import CaseRef
from edge.core.claim import Candidate, Hold, Item, ItemKind, Month, month_after
from edge.core.dates import SHANGHAI, local_day
from edge.core.verification import Service
from edge.store.database import Row, Rows
from edge.store.settlements import case_of
from edge.store.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claim as it was sent; ``id`` is its message's."""

    id: str
    month: str
    idempotency_key: str
    item_count: int
    fund_fen: int
    operator: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverification:
    """The platform's answer about a settlement on the list, and a person's decision about it."""

    settlement: str
    verification: str
    agrees: bool
    at: datetime
    decision: str | None = None
    decided_by: str | None = None
    note: str | None = None


def candidates(db: Rows, month: Month) -> tuple[Candidate, ...]:
    """Return what is in no claim yet up to the month's end: settlements, and what to take back."""
    return (*_settlements(db, month), *_corrections(db, month))


def unverified(db: Rows, month: Month) -> tuple[tuple[str, CaseRef], ...]:
    """Return (settlement, case) of what rests on the list and was not asked about since."""
    rows = db.query(_UNVERIFIED, [_end(month)])
    return tuple((row["id"], case_of(row)) for row in rows)


def add_claim(db: Rows, claim: Claim, items: Iterable[Item]) -> None:
    """Keep a claim; a second one for the month, or for a settlement, is impossible (unique)."""
    db.execute(
        "insert into claims (id, month, idempotency_key, item_count, fund_fen, operator,"
        " submitted_at) values (?, ?, ?, ?, ?, ?, ?)",
        [
            claim.id,
            claim.month,
            claim.idempotency_key,
            claim.item_count,
            claim.fund_fen,
            claim.operator,
            claim.submitted_at.isoformat(),
        ],
    )
    for item in items:
        db.execute(
            "insert into claim_items (claim_id, settlement_id, kind, settled_on, total_fen,"
            " fund_fen) values (?, ?, ?, ?, ?, ?)",
            [
                claim.id,
                item.settlement,
                item.kind,
                item.settled_on.isoformat(),
                item.total_fen,
                item.fund_fen,
            ],
        )


def withdraw_claim(db: Rows, claim_id: str) -> None:
    """Free the items of a claim that the platform refused for good: they are claimed anew."""
    db.execute("update claims set standing = 0 where id = ?", [claim_id])
    db.execute("update claim_items set standing = 0 where claim_id = ?", [claim_id])


def claim_of(db: Rows, month: Month) -> Claim | None:
    """Return the month's standing claim."""
    row = db.one("select * from claims where month = ? and standing = 1", [str(month)])
    return _claim(row) if row else None


def claim_with_id(db: Rows, claim_id: str) -> Claim | None:
    """Return a standing claim by its message's id."""
    row = db.one("select * from claims where id = ? and standing = 1", [claim_id])
    return _claim(row) if row else None


def claim_with_key(db: Rows, key: str) -> Claim | None:
    """Return the claim that this idempotency key made."""
    row = db.one("select * from claims where idempotency_key = ?", [key])
    return _claim(row) if row else None


def standing_claims(db: Rows) -> tuple[Claim, ...]:
    """Return every claim that stands, oldest month first."""
    return tuple(map(_claim, db.query("select * from claims where standing = 1 order by month")))


def items_of(db: Rows, claim_id: str) -> tuple[Item, ...]:
    """Return a claim's items, oldest first."""
    return tuple(map(_claimed_item, db.query(_ITEMS, [claim_id])))


def add_reverification(db: Rows, said: Reverification) -> None:
    """Keep what the platform said about a settlement on the list, once."""
    db.execute(
        "insert into reverifications (settlement_id, verification_id, agrees, at)"
        " values (?, ?, ?, ?)",
        [said.settlement, said.verification, int(said.agrees), said.at.isoformat()],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A person's decision about a disagreement: ``claim`` it all the same, or ``leave_out``."""

    decision: Literal["claim", "leave_out"]
    note: str
    by: str
    at: datetime


def decide(db: Rows, vault: Vault, settlement_id: str, said: Decided) -> None:
    """Keep a person's decision."""
    db.execute(
        "update reverifications set decision = ?, decided_by = ?, decided_at = ?, note_sealed = ?"
        " where settlement_id = ?",
        [
            said.decision,
            said.by,
            said.at.isoformat(),
            vault.seal(said.note.encode(), _note_place(settlement_id)),
            settlement_id,
        ],
    )


def reverification_of(db: Rows, vault: Vault, settlement_id: str) -> Reverification | None:
    """Return what the platform said about this settlement when it was asked again."""
    row = db.one("select * from reverifications where settlement_id = ?", [settlement_id])
    if row is None:
        return None
    note = row["note_sealed"]
    return Reverification(
        settlement=settlement_id,
        verification=row["verification_id"],
        agrees=bool(row["agrees"]),
        at=datetime.fromisoformat(row["at"]),
        decision=row["decision"],
        decided_by=row["decided_by"],
        note=vault.unseal(note, _note_place(settlement_id)).decode() if note else None,
    )


def _settlements(db: Rows, month: Month) -> Iterable[Candidate]:
    for row in list(db.query(_CLAIMABLE, [_end(month)])):
        item = _item(row, ItemKind.SETTLEMENT, row["settled_at"], row["total_fen"], row["fund_fen"])
        yield Candidate(item, _hold(row))


def _corrections(db: Rows, month: Month) -> Iterable[Candidate]:
    for row in list(db.query(_TAKEN_BACK, [_end(month)])):
        lost = row["deducted_fen"] - row["lifted_fen"]
        item = _item(
            row, ItemKind.CORRECTION, row["reversed_at"], -row["total_fen"], lost - row["fund_fen"]
        )
        yield Candidate(item, None if row["audited"] else Hold.ORIGINAL_NOT_AUDITED)


def _hold(row: Row) -> Hold | None:
    if row["entry_sheet_id"]:
        if row["confirmation"] is None:
            return Hold.NOT_TYPED
    elif row["delivered"] != "accepted":
        return Hold.NOT_DELIVERED
    if row["basis"] != "list" or row["agrees"] == 1 or row["decision"] == "claim":
        return None
    if row["agrees"] is None:
        return Hold.NOT_REVERIFIED
    return Hold.LEFT_OUT if row["decision"] == "leave_out" else Hold.DISAGREES


def _item(row: Row, kind: ItemKind, at: str, total_fen: int, fund_fen: int) -> Item:
    return Item(
        settlement=row["id"],
        kind=kind,
        stay=row["case_id"],
        hospital_number=row["hospital_number"],
        service=Service(row["service"]),
        insured_region=row["insured_region"],
        settled_on=local_day(datetime.fromisoformat(at)),
        total_fen=total_fen,
        fund_fen=fund_fen,
        message_id=row["message_id"],
        confirmation=row["confirmation"],
    )


def _claimed_item(row: Row) -> Item:
    return Item(
        settlement=row["settlement_id"],
        kind=ItemKind(row["kind"]),
        stay=row["case_id"],
        hospital_number=row["hospital_number"],
        service=Service(row["service"]),
        insured_region=row["insured_region"],
        settled_on=date.fromisoformat(row["settled_on"]),
        total_fen=row["total_fen"],
        fund_fen=row["fund_fen"],
        message_id=row["message_id"],
        confirmation=row["confirmation"],
    )


def _claim(row: Row) -> Claim:
    return Claim(
        id=row["id"],
        month=row["month"],
        idempotency_key=row["idempotency_key"],
        item_count=row["item_count"],
        fund_fen=row["fund_fen"],
        operator=row["operator"],
        submitted_at=datetime.fromisoformat(row["submitted_at"]),
    )


def _end(month: Month) -> str:
    """Return the first moment after the month, as the rows write moments."""
    after = datetime.combine(month_after(month).first, time(), SHANGHAI)
    return after.astimezone(UTC).isoformat()


def _note_place(settlement_id: str) -> str:
    return f"reverifications.note:{settlement_id}"


_OF_CASE = """\
select s.*, sheet.confirmation, cases.hospital_number, cases.service, cases.insured_region"""
_SHEET = "left join entry_sheets as sheet on sheet.id = s.entry_sheet_id"
_CLAIMABLE = f"""\
{_OF_CASE}, message.state as delivered, again.agrees, again.decision
from settlements as s
join cases on cases.id = s.case_id
left join outbox as message on message.id = s.message_id
{_SHEET}
left join reverifications as again on again.settlement_id = s.id
where s.effective = 1 and s.settled_at < ?
and not exists (
    select 1 from claim_items as claimed
    where claimed.settlement_id = s.id and claimed.kind = 'settlement' and claimed.standing = 1
)"""  # noqa: S608 - our own text
_UNVERIFIED = """\
select s.id, s.stay_id, s.fitting_id from settlements as s
where s.effective = 1 and s.basis = 'list' and s.settled_at < ?
and not exists (select 1 from reverifications as again where again.settlement_id = s.id)
order by s.settled_at"""
_TAKEN_BACK = f"""\
{_OF_CASE}, undone.reversed_at,
    exists (select 1 from audits where claim_id = claimed.claim_id) as audited,
    coalesce((
        select sum(amount_fen) from deductions
        where claim_id = claimed.claim_id and settlement_id = s.id
    ), 0) as deducted_fen,
    coalesce((
        select sum(answer.lifted_fen) from deductions as d
        join objections as o on o.deduction_id = d.id
        join objection_answers as answer on answer.objection_id = o.id
        where d.claim_id = claimed.claim_id and d.settlement_id = s.id
    ), 0) as lifted_fen
from settlements as s
join cases on cases.id = s.case_id
{_SHEET}
join reversals as undone on undone.settlement_id = s.id
join claim_items as claimed
    on claimed.settlement_id = s.id and claimed.kind = 'settlement' and claimed.standing = 1
where undone.reversed_at < ?
and not exists (
    select 1 from claim_items as taken
    where taken.settlement_id = s.id and taken.kind = 'correction' and taken.standing = 1
)"""  # noqa: S608 - our own text
_ITEMS = f"""\
select i.*, s.case_id, s.message_id, sheet.confirmation, cases.hospital_number, cases.service,
    cases.insured_region
from claim_items as i
join settlements as s on s.id = i.settlement_id
join cases on cases.id = s.case_id
{_SHEET}
where i.claim_id = ? order by i.settled_on, i.settlement_id"""  # noqa: S608 - our own text
