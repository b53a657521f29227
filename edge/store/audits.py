"""What the agency made of a claim, as rows: audit, deductions, objections, statements, payments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from edge.core.claim import Month
from edge.core.reconciliation import (
    Answer,
    AuditedItem,
    Deduction,
    DeductionClass,
    Objection,
    Payment,
)
from edge.store.database import Row, Rows
from edge.store.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The agency's audit of one claim."""

    claim: str
    audited_at: datetime
    items: tuple[AuditedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The agency's monthly statement, in fen."""

    month: str
    count: int
    claimed_fen: int
    deducted_fen: int
    approved_fen: int
    stated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What finance confirmed: the sum after audit and answers."""

    claim: str
    message_id: str
    approved_fen: int
    note: str
    operator: str
    confirmed_at: datetime


def add_audit(db: Rows, vault: Vault, audit: Audit, *, dispatch: str) -> None:
    """Keep the audit of a claim; a second one is impossible (primary key)."""
    db.execute(
        "insert into audits (claim_id, dispatch_id, audited_at) values (?, ?, ?)",
        [audit.claim, dispatch, audit.audited_at.isoformat()],
    )
    for item in audit.items:
        db.execute(
            "insert into audit_items (claim_id, settlement_id, fund_fen, approved_fen)"
            " values (?, ?, ?, ?)",
            [audit.claim, item.settlement, item.fund_fen, item.approved_fen],
        )
        for deduction in item.deductions:
            _add_deduction(db, vault, audit.claim, deduction)


def audit_of(db: Rows, vault: Vault, claim_id: str) -> Audit | None:
    """Return the audit of this claim."""
    row = db.one("select * from audits where claim_id = ?", [claim_id])
    if row is None:
        return None
    deductions = _deductions(db, vault, claim_id)
    items = db.query(
        "select * from audit_items where claim_id = ? order by settlement_id", [claim_id]
    )
    return Audit(
        claim=claim_id,
        audited_at=datetime.fromisoformat(row["audited_at"]),
        items=tuple(
            AuditedItem(
                settlement=item["settlement_id"],
                fund_fen=item["fund_fen"],
                approved_fen=item["approved_fen"],
                deductions=tuple(deductions.get(item["settlement_id"], ())),
            )
            for item in items
        ),
    )


def deduction_of(db: Rows, vault: Vault, deduction_id: str) -> tuple[str, Deduction] | None:
    """Return a deduction and the id of its claim."""
    row = db.one("select * from deductions where id = ?", [deduction_id])
    return (row["claim_id"], _deduction(row, vault)) if row else None


def add_objection(db: Rows, vault: Vault, objection: Objection, *, key: str) -> None:
    """Keep an objection; a second one to the deduction is impossible (unique)."""
    db.execute(
        "insert into objections (id, deduction_id, idempotency_key, text_sealed, operator, made_at)"
        " values (?, ?, ?, ?, ?, ?)",
        [
            objection.id,
            objection.deduction,
            key,
            vault.seal(objection.text.encode(), f"objections.text:{objection.id}"),
            objection.operator,
            objection.made_at.isoformat(),
        ],
    )


def add_answer(db: Rows, vault: Vault, objection_id: str, answer: Answer, *, dispatch: str) -> None:
    """Keep the agency's answer to an objection; there is one (primary key)."""
    db.execute(
        "insert into objection_answers (objection_id, dispatch_id, lifted_fen, article,"
        " text_sealed, answered_at) values (?, ?, ?, ?, ?, ?)",
        [
            objection_id,
            dispatch,
            answer.lifted_fen,
            answer.article,
            vault.seal(answer.text.encode(), f"objection_answers.text:{objection_id}"),
            answer.answered_at.isoformat(),
        ],
    )


def objections_of(db: Rows, vault: Vault, claim_id: str) -> tuple[Objection, ...]:
    """Return the objections to a claim's deductions, oldest first."""
    rows = db.query(f"{_OBJECTIONS} where d.claim_id = ? order by o.made_at, o.id", [claim_id])
    return tuple(_objection(row, vault) for row in rows)


def objection_with(
    db: Rows, vault: Vault, *, id_: str = "", deduction: str = "", key: str = ""
) -> Objection | None:
    """Return the objection of this id, to this deduction, or made with this idempotency key."""
    row = db.one(
        f"{_OBJECTIONS} where o.id = ? or o.deduction_id = ? or o.idempotency_key = ?",
        [id_, deduction, key],
    )
    return _objection(row, vault) if row else None


def add_confirmation(db: Rows, vault: Vault, said: Confirmation) -> None:
    """Keep what finance confirmed, once."""
    place = f"claim_confirmations.note:{said.claim}"
    db.execute(
        "insert into claim_confirmations (claim_id, message_id, approved_fen, note_sealed,"
        " operator, confirmed_at) values (?, ?, ?, ?, ?, ?)",
        [
            said.claim,
            said.message_id,
            said.approved_fen,
            vault.seal(said.note.encode(), place) if said.note else None,
            said.operator,
            said.confirmed_at.isoformat(),
        ],
    )


def confirmation_of(db: Rows, vault: Vault, claim_id: str) -> Confirmation | None:
    """Return what finance confirmed of this claim."""
    row = db.one("select * from claim_confirmations where claim_id = ?", [claim_id])
    if row is None:
        return None
    note = row["note_sealed"]
    place = f"claim_confirmations.note:{claim_id}"
    return Confirmation(
        claim=claim_id,
        message_id=row["message_id"],
        approved_fen=row["approved_fen"],
        note=vault.unseal(note, place).decode() if note else "",
        operator=row["operator"],
        confirmed_at=datetime.fromisoformat(row["confirmed_at"]),
    )


def add_statement(db: Rows, said: Statement, *, dispatch: str) -> None:
    """Keep a monthly statement; a later one of the month takes its place, both stay."""
    db.execute(
        "insert into claim_statements (dispatch_id, month, item_count, claimed_fen, deducted_fen,"
        " approved_fen, stated_at) values (?, ?, ?, ?, ?, ?, ?)",
        [
            dispatch,
            said.month,
            said.count,
            said.claimed_fen,
            said.deducted_fen,
            said.approved_fen,
            said.stated_at.isoformat(),
        ],
    )


def statement_of(db: Rows, month: Month) -> Statement | None:
    """Return the month's latest statement."""
    row = db.one(
        "select * from claim_statements where month = ? order by rowid desc limit 1", [str(month)]
    )
    if row is None:
        return None
    return Statement(
        month=row["month"],
        count=row["item_count"],
        claimed_fen=row["claimed_fen"],
        deducted_fen=row["deducted_fen"],
        approved_fen=row["approved_fen"],
        stated_at=datetime.fromisoformat(row["stated_at"]),
    )


def add_payment(db: Rows, month: Month, payment: Payment, *, dispatch: str) -> None:
    """Keep a payment; the agency's number is counted once (primary key)."""
    db.execute(
        "insert into claim_payments (id, dispatch_id, month, amount_fen, paid_on, reference)"
        " values (?, ?, ?, ?, ?, ?)",
        [
            payment.id,
            dispatch,
            str(month),
            payment.amount_fen,
            payment.paid_on.isoformat(),
            payment.reference,
        ],
    )


def payments_of(db: Rows, month: Month) -> tuple[Payment, ...]:
    """Return what was paid for a month, in order."""
    sql = "select * from claim_payments where month = ? order by paid_on, id"
    return tuple(
        Payment(
            id=row["id"],
            amount_fen=row["amount_fen"],
            paid_on=date.fromisoformat(row["paid_on"]),
            reference=row["reference"],
        )
        for row in db.query(sql, [str(month)])
    )


def payment_known(db: Rows, payment_id: str) -> bool:
    """Tell whether this number of the agency's was counted already."""
    return db.one("select 1 from claim_payments where id = ?", [payment_id]) is not None


def _add_deduction(db: Rows, vault: Vault, claim_id: str, deduction: Deduction) -> None:
    db.execute(
        "insert into deductions (id, claim_id, settlement_id, line, amount_fen, class, article,"
        " points, reason_sealed) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            deduction.id,
            claim_id,
            deduction.settlement,
            deduction.line,
            deduction.amount_fen,
            deduction.kind,
            deduction.article,
            deduction.points,
            vault.seal(deduction.reason.encode(), f"deductions.reason:{deduction.id}"),
        ],
    )


def _deductions(db: Rows, vault: Vault, claim_id: str) -> Mapping[str, list[Deduction]]:
    by_settlement: dict[str, list[Deduction]] = {}
    for row in db.query("select * from deductions where claim_id = ? order by id", [claim_id]):
        one = _deduction(row, vault)
        by_settlement.setdefault(one.settlement, []).append(one)
    return by_settlement


def _deduction(row: Row, vault: Vault) -> Deduction:
    return Deduction(
        id=row["id"],
        settlement=row["settlement_id"],
        line=row["line"],
        amount_fen=row["amount_fen"],
        kind=DeductionClass(row["class"]),
        reason=vault.unseal(row["reason_sealed"], f"deductions.reason:{row['id']}").decode(),
        article=row["article"],
        points=row["points"],
    )


def _objection(row: Row, vault: Vault) -> Objection:
    answer = None
    if row["answered_at"]:
        place = f"objection_answers.text:{row['id']}"
        answer = Answer(
            lifted_fen=row["lifted_fen"],
            text=vault.unseal(row["answer_sealed"], place).decode(),
            article=row["article"],
            answered_at=datetime.fromisoformat(row["answered_at"]),
        )
    return Objection(
        id=row["id"],
        deduction=row["deduction_id"],
        text=vault.unseal(row["text_sealed"], f"objections.text:{row['id']}").decode(),
        operator=row["operator"],
        made_at=datetime.fromisoformat(row["made_at"]),
        answer=answer,
    )


_OBJECTIONS = """\
select o.*, a.lifted_fen, a.article, a.text_sealed as answer_sealed, a.answered_at
from objections as o
join deductions as d on d.id = o.deduction_id
left join objection_answers as a on a.objection_id = o.id"""
