"""The office's papers: a month's claim, its audit, a day's end, a complaint; all synthetic."""

from dataclasses import replace
from datetime import date, datetime

from edge.core.claim import ClaimPaper, ClaimState, Item, ItemKind, Month
from edge.core.complaint import Channel as From
from edge.core.complaint import Complaint, Grievance, received
from edge.core.dates import SHANGHAI
from edge.core.day_end import ClerkDay, Money
from edge.core.paper import Paper
from edge.core.paper.claimed import Claimed, Reconciled, claim_form, reconciliation_report
from edge.core.paper.handed import manual_paper, referral_application, referral_opinion
from edge.core.paper.office import Day, Head, complaint_receipt, day_end_sheet, entry_sheet_paper
from edge.core.paper.settled import payment_slip, statement
from edge.core.reconciliation import (
    Answer,
    AuditedItem,
    Deduction,
    DeductionClass,
    Objection,
    Payment,
    balance,
    reconciled,
)
from edge.core.verification import Basis, Service
from tests.documents.samples import (
    FACILITY,
    FORM,
    LINES,
    REFERRAL,
    REFERRED,
    SETTLED_AT,
    SHA,
    SICHUAN_FORM,
    STAY,
    fitted,
    manual,
    settled,
    typed,
)


def item(number: int, fund_fen: int = 482_300, **other: object) -> Item:
    """Return one settlement of a claim."""
    fields: dict[str, object] = {
        "kind": ItemKind.SETTLEMENT,
        "service": Service.INPATIENT_MEDICAL,
        "insured_region": "110000",
        **other,
    }
    return Item(
        settlement=f"0193a7c2-5b1e-7d40-9c3a-6f2e8b1d4c{number:02}",
        stay=f"s{number}",
        hospital_number=f"ZY20261102-{number:04}",
        settled_on=date(2026, 11, 11),
        total_fen=fund_fen + 12_345,
        fund_fen=fund_fen,
        message_id=f"m{number}",
        **fields,  # type: ignore[arg-type]
    )


ITEMS = (
    item(1),
    item(2, 95_000, insured_region="510100"),
    item(3, 2_040_000, service=Service.DEVICE),
    item(4, -482_300, kind=ItemKind.CORRECTION),
)
MONTH = Month(date(2026, 11, 1))


def claimed(*items: Item) -> Claimed:
    """Return a claim as it was sent."""
    form = ClaimPaper(
        zh="医疗费用清算申请单（一式两份，加盖医院公章）",
        en="form",
        article="川 第二十三条",
        copies=2,
        sealed=True,
        original=True,
    )
    bill = ClaimPaper(
        zh="住院收费专用票据（含电子票据）", en="bill", article="川 第二十三条", original=True
    )
    return Claimed(
        claim="0193b001-1111-7d40-9c3a-6f2e8b1d4c01",
        month=MONTH,
        facility=FACILITY,
        facility_id="TJ0001",
        treatment_region="120000",
        items=items or ITEMS,
        due_on=date(2026, 12, 10),
        due_article="川 第二十三条",
        by_claim={Service.INPATIENT_MEDICAL: (form,)},
        by_settlement={Service.INPATIENT_MEDICAL: (bill,)},
        submitted_at=datetime(2026, 12, 2, 10, tzinfo=SHANGHAI),
    )


def found(*, audited: bool = True) -> Reconciled:
    """Return a month after its audit, or before it."""
    theirs, objections, payments = _audit() if audited else ((), (), ())
    at = datetime(2026, 12, 20, 9, tzinfo=SHANGHAI)
    return Reconciled(
        month=MONTH,
        state=ClaimState.DISPUTED if audited else ClaimState.CLAIMED,
        facility=FACILITY,
        items=ITEMS,
        audited=theirs,
        objections=objections,
        payments=payments,
        balance=balance(ITEMS, theirs, objections, payments),
        reconciliation=reconciled(ITEMS, theirs) if audited else None,
        confirmed_by="",
        note="",
        as_of=at,
    )


def _audit() -> tuple[tuple[AuditedItem, ...], tuple[Objection, ...], tuple[Payment, ...]]:
    """Return an audit with a deduction that is answered, one that is not, and one left alone."""
    deductions = tuple(
        Deduction(
            id=f"d{n}",
            settlement=ITEMS[0].settlement,
            line=str(n),
            amount_fen=fen,
            kind=DeductionClass.OVER_STANDARD,
            reason="超限定疗程",
            article="服务协议",
            points=2,
        )
        for n, fen in ((1, 10_000), (2, 5_000), (3, 700))
    )
    theirs = (
        AuditedItem(
            settlement=ITEMS[0].settlement,
            fund_fen=482_300,
            approved_fen=466_600,
            deductions=deductions,
        ),
        AuditedItem(settlement=ITEMS[1].settlement, fund_fen=94_000, approved_fen=94_000),
    )
    at = datetime(2026, 12, 20, 9, tzinfo=SHANGHAI)
    answer = Answer(lifted_fen=4_000, text="部分采纳", article="服务协议", answered_at=at)
    objections = (
        Objection(
            id="o1",
            deduction="d1",
            text="有指征",
            operator="财务",
            made_at=at,
            answer=answer,
        ),
        Objection(id="o2", deduction="d2", text="有指征", operator="财务", made_at=at),
    )
    payments = (Payment(id="P1", amount_fen=300_000, paid_on=at.date(), reference="银行回单 0912"),)
    return theirs, objections, payments


def closed(*, head: bool = True) -> Day:
    """Return a day's end."""
    clerk = ClerkDay(
        clerk="出院员甲",
        settled=Money(count=7, total_fen=3_218_455, fund_fen=3_100_000, personal_fen=118_455),
        reversed=Money(count=1, total_fen=20_000, fund_fen=18_000, personal_fen=2_000),
        handed_to_manual=1,
        settled_late=1,
    )
    at = datetime(2026, 11, 25, 18, tzinfo=SHANGHAI)
    mac = SHA.upper()
    return Day(
        date=at.date(),
        as_of=at,
        facility=FACILITY,
        by_clerk=(clerk,),
        total=replace(clerk, clerk=""),
        overdue=1,
        waiting=2,
        refused=0,
        head=Head(seq=1834, mac=mac, signed=f"eyJhbGciOiJFZERTQSJ9.{mac}.{mac}") if head else None,
    )


def complaint(channel: From = From.DESK, name: str = "李四") -> Complaint:
    """Return a complaint just received."""
    said = Grievance(
        channel=channel,
        text="出院结算时未说明床位费自付部分的理由。\n要求书面答复。",
        name=name,
        contact="138****0000",
        case_number=STAY.hospital_number,
    )
    return received(said, number="TS-2026-0001", by="财务员", at=SETTLED_AT, due_days=15)


def all_papers() -> dict[str, Paper]:
    """Return one paper of each kind, by name."""
    return {
        "statement": statement(settled(), FORM),
        "statement_sichuan": statement(
            replace(settled(LINES[1]), basis=Basis.ONLINE, overdue_reason=""), SICHUAN_FORM
        ),
        "slip": payment_slip(settled()),
        "device": statement(fitted(), replace(FORM, title="辅助器具配置费用结算单")),
        "manual": manual_paper(manual(), facility=FACILITY),
        "referral": referral_opinion(REFERRAL, REFERRED),
        "referral_sichuan": referral_application(REFERRAL, REFERRED),
        "claim": claim_form(claimed()),
        "reconciliation": reconciliation_report(found()),
        "day_end": day_end_sheet(closed()),
        "entry": entry_sheet_paper(typed(), facility=FACILITY),
        "complaint": complaint_receipt(complaint(), facility=FACILITY, article="津 第四十条"),
    }
