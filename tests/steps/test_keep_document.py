"""A document is made once, kept byte for byte, and each time it was printed is counted."""

from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from edge.core.errors import BadInput, Conflict, Fault, NotFound
from edge.core.paper import DocumentKind
from edge.core.paper.handed import Referral
from edge.digest import sha256
from edge.loops.keeper import Keeper
from edge.paperwork import (
    Order,
    bundle_order,
    claim_form_order,
    day_end_order,
    entry_sheet_order,
    manual_order,
    reconciliation_order,
    referral_order,
    slip_order,
    statement_order,
)
from edge.paperwork.settled import settlement_to_print
from edge.steps.fall_back import Request as HandOver
from edge.steps.fall_back import fall_back
from edge.steps.keep_document import Printed, hand_out, keep_document, note_print, print_settled
from edge.store.documents import (
    Document,
    Owner,
    OwnerKind,
    add_document,
    documents_of,
    load_document,
)
from edge.store.entry_sheets import sheets_of
from edge.store.ledger import latest
from edge.store.settlements import Settlement
from simulators.card import synthetic_person
from tests.documents import office_samples as office
from tests.steps.agency import DECEMBER, NOVEMBER, claimed, delivered
from tests.steps.colleagues import reversed_by_both, settled, staffed
from tests.steps.conftest import Ground
from tests.steps.fittings import fitted, fitting_ground

CLERK = "出院员"
OPINION = Referral(
    condition="骨不连",
    opinion="建议转上级医院",
    cannot=("treat",),
    destination="上级医院",
    physician="李医师",
)


def printable(ground: Ground) -> Settlement:
    """Settle a stay."""
    return settled(ground, ground.discharged().id)


def statement(ground: Ground, settlement: Settlement) -> Order:
    return statement_order(ground.site, ground.site.store.read(), settlement.id)


def kept(ground: Ground, order: Order) -> Document:
    return keep_document(ground.site, order, CLERK)


def light(order: Order, content: bytes = b"%PDF-light") -> Order:
    """Return the order with bytes that need no press: what is kept of them is tested here."""
    return replace(order, make=lambda: content)


def test_a_statement_is_pressed_once_and_given_again_byte_for_byte(ground: Ground) -> None:
    settlement = printable(ground)
    first = kept(ground, statement(ground, settlement))
    ground.clock.pass_time(hours=5)
    again = kept(ground, light(statement(ground, settlement), b"another"))
    assert again == first
    _, content = hand_out(ground.site, first.id, CLERK)
    assert content.startswith(b"%PDF-")
    assert (sha256(content), len(content)) == (first.sha256, first.size)
    assert first.dated == settlement.settled_at
    assert ground.count("documents") == 1


def test_what_was_kept_is_sealed_and_never_altered_or_deleted(ground: Ground) -> None:
    document = kept(ground, light(statement(ground, printable(ground)), b"%PDF of " + b"x" * 40))
    db = ground.site.store.read()
    row = db.one("select content_sealed from documents where id = ?", [document.id])
    assert row is not None
    assert b"%PDF" not in row["content_sealed"]
    with ground.site.store.transaction() as db:
        add_use_of = "insert into document_uses values (?, 'printed', 1, 'x', 'now')"
        db.execute(add_use_of, [document.id])
    for sql in (
        "delete from documents",
        "update documents set title = 'x'",
        "delete from document_uses",
        "update document_uses set operator = 'y'",
    ):
        with pytest.raises(Fault, match="never"), ground.site.store.transaction() as db:
            db.execute(sql)


def test_the_same_document_is_not_kept_twice_even_by_rivals(ground: Ground) -> None:
    document = kept(ground, light(statement(ground, printable(ground))))
    with pytest.raises(Fault), ground.site.store.transaction() as db:
        add_document(db, ground.site.vault, replace(document, id="other"), b"x")


def test_prints_are_counted_and_every_use_is_entered(ground: Ground) -> None:
    document = kept(ground, light(statement(ground, printable(ground))))
    assert [note_print(ground.site, document.id, CLERK).printed for _ in range(3)] == [1, 2, 3]
    hand_out(ground.site, document.id, "财务员")
    now = load_document(ground.site.store.read(), document.id)
    assert (now.printed, now.shown) == (3, 1)
    kinds = [entry.act.kind for entry in latest(ground.site.store.read(), limit=5)]
    assert kinds == ["document.shown", *["document.printed"] * 3, "document.made"]
    for act in (hand_out, note_print):
        with pytest.raises(NotFound) as refused:
            act(ground.site, "nothing", CLERK)
        assert refused.value.code == "UNKNOWN_DOCUMENT"


def test_what_cannot_be_laid_out_keeps_nothing(ground: Ground) -> None:
    ground.meet(replace(synthetic_person(3), name="张\ue000三"))
    settlement = printable(ground)
    with pytest.raises(Fault) as refused:
        kept(ground, statement(ground, settlement))
    assert refused.value.code == "GLYPH_MISSING"
    assert ground.count("documents") == 0
    assert print_settled(ground.site).failed == (settlement.id,)
    assert print_settled(ground.site, beside=[settlement.id]).failed == ()


def test_none_is_too_old_to_be_made_and_what_was_looked_through_is_not_again(
    ground: Ground,
) -> None:
    assert print_settled(ground.site) == Printed(up_to=0, failed=())
    printable(ground)
    with ground.site.store.transaction() as db:  # as if thousands had come since
        db.execute("update settlements set rowid = rowid + 5000")
    first = print_settled(ground.site)
    second = print_settled(ground.site, after=first.up_to)
    assert ground.count("documents") == 0
    third = print_settled(ground.site, after=second.up_to)
    assert (first.up_to, second.up_to, third.up_to) == (2000, 4000, 5001)
    assert ground.count("documents") == 1
    assert print_settled(ground.site, after=third.up_to) == Printed(up_to=5001, failed=())


def test_statements_are_made_in_the_aftermath_of_what_stands(ground: Ground) -> None:
    staffed(ground)
    first = printable(ground)
    ground.meet(synthetic_person(4))
    undone = settled(ground, ground.discharged().id, "k2")
    reversed_by_both(ground, undone.id)
    keeper = Keeper(ground.site, on_told=lambda _stay: None, on_head=lambda: None)
    keeper.print_once()
    keeper.print_once()
    owner = Owner(OwnerKind.STAY, first.case.id)
    assert [one.subject for one in documents_of(ground.site.store.read(), owner)] == [first.id]
    assert ground.count("documents") == 1


def test_of_a_reversed_settlement_nothing_new_is_made(ground: Ground) -> None:
    staffed(ground)
    settlement = printable(ground)
    before = kept(ground, light(statement(ground, settlement)))
    reversed_by_both(ground, settlement.id)
    db = ground.site.store.read()
    with pytest.raises(Conflict) as refused:
        slip_order(ground.site, db, settlement.id)
    assert refused.value.code == "SETTLEMENT_REVERSED"
    with pytest.raises(Conflict) as refused:
        settlement_to_print(ground.site, db, settlement.case)
    assert refused.value.code == "NOT_SETTLED"
    assert hand_out(ground.site, before.id, CLERK)[1] == b"%PDF-light"


def test_slip_and_statement_are_two_documents_of_one_settlement(ground: Ground) -> None:
    settlement = printable(ground)
    assert settlement_to_print(ground.site, ground.site.store.read(), settlement.case)
    slip = slip_order(ground.site, ground.site.store.read(), settlement.id)
    kept(ground, light(slip))
    kept(ground, light(statement(ground, settlement)))
    found = documents_of(ground.site.store.read(), Owner(OwnerKind.STAY, settlement.case.id))
    assert [one.kind for one in found] == [DocumentKind.STATEMENT, DocumentKind.PAYMENT_SLIP]


def test_a_package_goes_along_as_pdf_and_as_zip_with_bill_and_checklist(ground: Ground) -> None:
    stay, db = ground.discharged(), ground.site.store.read()
    with pytest.raises(NotFound) as refused:
        manual_order(ground.site, db, stay.ref)
    assert refused.value.code == "NO_MANUAL_PACKAGE"
    request = HandOver(case=stay.ref, reason="与职工商定", third_party=True)
    fall_back(ground.site, request, CLERK)
    assert kept(ground, light(manual_order(ground.site, db, stay.ref))).media.endswith("pdf")
    bundle = bundle_order(ground.site, db, stay.ref)
    made = bundle.make()
    assert made == bundle.make()
    assert made.startswith(b"PK")
    with ZipFile(BytesIO(made)) as files:
        assert files.namelist() == ["manual.pdf", "bill.xlsx", "checklist.txt"]
        sheet = CalamineWorkbook.from_filelike(BytesIO(files.read("bill.xlsx")))
    first = sheet.get_sheet_by_name("费用明细").to_python()[1]
    assert first[6:9] == [12.0, 10.0, 2.0]
    assert kept(ground, light(bundle, made)).media == "application/zip"


def test_an_opinion_said_otherwise_is_another_document(ground: Ground) -> None:
    stay, db = ground.admitted(), ground.site.store.read()
    first = kept(ground, light(referral_order(ground.site, db, stay.id, OPINION)))
    same = kept(ground, light(referral_order(ground.site, db, stay.id, OPINION)))
    other = replace(OPINION, opinion="建议转专科医院")
    changed = kept(ground, light(referral_order(ground.site, db, stay.id, other)))
    assert first == same
    assert changed.id != first.id
    with pytest.raises(BadInput) as refused:
        referral_order(ground.site, db, stay.id, replace(OPINION, physician=" "))
    assert refused.value.field == "physician"


def test_a_days_sheet_pressed_twice_is_one_and_another_with_other_sums(ground: Ground) -> None:
    first = kept(ground, light(day_end_order(office.closed())))
    later = office.closed().as_of.replace(second=41)
    beside = replace(office.closed(), as_of=later, head=None)
    assert kept(ground, light(day_end_order(beside))) == first
    other = replace(office.closed(), waiting=9)
    assert kept(ground, light(day_end_order(other))).id != first.id


def test_an_entry_sheet_is_printed_for_its_own_fitting_alone(ground: Ground) -> None:
    shop = fitting_ground(ground)
    fitting = fitted(shop)
    settlement = settled(shop, fitting.ref)
    db = shop.site.store.read()
    [sheet] = sheets_of(db, shop.site.vault, fitting.id)
    assert entry_sheet_order(shop.site, db, sheet.id, of=fitting.ref).title == "配置结算录入单"
    with pytest.raises(NotFound) as refused:
        entry_sheet_order(shop.site, db, sheet.id, of=replace(fitting.ref, id="other"))
    assert refused.value.code == "UNKNOWN_ENTRY_SHEET"
    assert statement(shop, settlement).title == "辅助器具配置费用结算单"
    assert statement(shop, settlement).owner.kind is OwnerKind.FITTING


def test_a_month_is_printed_once_it_was_claimed(ground: Ground) -> None:
    db = ground.site.store.read()
    for ordered in (claim_form_order, reconciliation_order):
        with pytest.raises(Conflict) as refused:
            ordered(ground.site, db, NOVEMBER)
        assert refused.value.code == "CLAIM_NOT_SENT"
    printable(ground)
    delivered(ground)
    ground.clock.now = DECEMBER
    claim = claimed(ground)
    form = claim_form_order(ground.site, db, NOVEMBER)
    assert (form.subject, form.edition) == (claim.id, "")
    report = reconciliation_order(ground.site, db, NOVEMBER)
    ground.clock.pass_time(hours=1)
    later = reconciliation_order(ground.site, db, NOVEMBER)
    assert report.edition != later.edition
