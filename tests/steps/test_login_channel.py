"""The login channel: what is typed is never sent, and its number is brought back once."""

import pytest

from edge.core.entry_sheet import EntrySheet, SheetKind, SheetState
from edge.core.errors import BadInput, Conflict, Fault, NotFound
from edge.core.fitting import Channel, Fitting
from edge.core.settlement import Blocked
from edge.steps.bring_back import confirm, show_sheets, withdraw
from edge.steps.fall_back import Request as HandOver
from edge.steps.fall_back import fall_back
from edge.steps.replay import Same, replay
from edge.steps.settle import Request, settle
from edge.store.entry_sheets import add_sheet, load_sheet, sheets_of, waiting_sheets
from edge.store.ledger import latest
from edge.store.operators import Role
from edge.store.settlements import Settlement
from sync.envelope import Kind
from tests.steps.colleagues import SECOND, hire, reversed_by_both, settled
from tests.steps.conftest import PERSON, Ground
from tests.steps.fittings import CLERK, fitted, fitting_ground, opened


@pytest.fixture
def shop(ground: Ground) -> Ground:
    """Return a facility in Tianjin, whose fittings are typed into the national site."""
    return fitting_ground(ground)


def sheets(ground: Ground, fitting: Fitting) -> list[EntrySheet]:
    return sheets_of(ground.site.store.read(), ground.site.vault, fitting.id)


def settled_by_hand(ground: Ground) -> tuple[Fitting, Settlement, EntrySheet]:
    fitting = fitted(ground)
    receipt = settled(ground, fitting.ref)
    [sheet] = sheets(ground, fitting)
    return fitting, receipt, sheet


def staff(ground: Ground) -> None:
    hire(ground, "出院员", Role.FITTING)
    hire(ground, SECOND, Role.FINANCE)


def test_what_is_typed_is_never_sent_and_has_a_sheet_instead(shop: Ground) -> None:
    fitting, receipt, sheet = settled_by_hand(shop)
    assert fitting.channel is Channel.LOGIN
    assert shop.count("outbox") == 0
    assert (receipt.message_id, receipt.entry_sheet_id) == (None, sheet.id)
    assert (sheet.kind, sheet.state) == (SheetKind.SETTLEMENT, SheetState.WAITING)
    values = {field.label: field.value for field in sheet.fields}
    assert values["公民身份号码"] == PERSON.number
    assert values["协议机构（名称）"] == "测试医院"
    assert values["基金支付（元）"] == "18,000.00"
    assert replay(shop.site, receipt.id) == Same()


def test_the_database_itself_lets_nothing_be_both_sent_and_typed(shop: Ground) -> None:
    fitting, _, sheet = settled_by_hand(shop)
    with pytest.raises(Fault, match="not sent as well"), shop.site.store.transaction() as db:
        shop.site.send(db, Kind.SETTLEMENT, fitting, CLERK, {})
    sent = fitting_ground(shop, region="330000")
    sent.platform.facts = {**sent.platform.facts, "notice": None}
    other = opened(sent, "PZ2")
    forged = EntrySheet(id="x", case=other.ref, kind=sheet.kind, fields=(), made_at=sheet.made_at)
    with pytest.raises(Fault, match="not typed as well"):
        add_sheet(shop.site.store.read(), shop.site.vault, forged)


def test_sheet_and_settlement_are_one(shop: Ground) -> None:
    fitting = fitted(shop)
    shop.site.store.read().execute(
        "create trigger full before insert on ledger begin select raise(abort, 'disk full'); end"
    )
    with pytest.raises(Fault):
        settle(shop.site, Request(case=fitting.ref, key="k1"), CLERK)
    assert sheets(shop, fitting) == []


def test_the_number_is_brought_back_once_by_whom_and_when(shop: Ground) -> None:
    _, _, sheet = settled_by_hand(shop)
    assert waiting_sheets(shop.site.store.read(), shop.site.vault, limit=9) == [sheet]
    shop.clock.pass_time(hours=2)
    closed = confirm(shop.site, sheet.id, "QG-2026-1", CLERK)
    assert (closed.state, closed.confirmation) == (SheetState.CONFIRMED, "QG-2026-1")
    assert (closed.closed_by, closed.closed_at) == (CLERK, shop.clock.now)
    assert load_sheet(shop.site.store.read(), shop.site.vault, sheet.id) == closed
    assert waiting_sheets(shop.site.store.read(), shop.site.vault, limit=9) == []
    before = shop.count("ledger")
    assert confirm(shop.site, sheet.id, "QG-2026-1", "另一人") == closed
    assert shop.count("ledger") == before
    with pytest.raises(Conflict) as refused:
        confirm(shop.site, sheet.id, "QG-2026-2", CLERK)
    assert refused.value.code == "ENTRY_SHEET_STATE"


def test_one_number_closes_one_sheet(shop: Ground) -> None:
    _, _, first = settled_by_hand(shop)
    confirm(shop.site, first.id, "QG-1", CLERK)
    shop.platform.facts = {
        **shop.platform.facts,
        "notice": {**shop.platform.facts["notice"], "id": "N2"},
    }
    fitting = fitted(shop, number="PZ2")
    settled(shop, fitting.ref, "k2")
    [second] = sheets(shop, fitting)
    with pytest.raises(Conflict) as refused:
        confirm(shop.site, second.id, "QG-1", CLERK)
    assert refused.value.code == "CONFIRMATION_TAKEN"
    with pytest.raises(BadInput):
        confirm(shop.site, second.id, " ", CLERK)


def test_showing_a_sheet_enters_that_the_person_was_shown(shop: Ground) -> None:
    fitting, _, sheet = settled_by_hand(shop)
    assert show_sheets(shop.site, fitting.id, CLERK) == [sheet]
    [entry] = latest(shop.site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.operator) == ("identity.shown", CLERK)
    with pytest.raises(NotFound):
        show_sheets(shop.site, "nowhere", CLERK)
    with pytest.raises(NotFound) as refused:
        confirm(shop.site, "nowhere", "QG-1", CLERK)
    assert refused.value.code == "UNKNOWN_ENTRY_SHEET"


def test_a_settlement_is_reversed_by_hand_too_once_it_is_known_to_be_typed(shop: Ground) -> None:
    staff(shop)
    fitting, receipt, sheet = settled_by_hand(shop)
    with pytest.raises(Conflict) as refused:
        reversed_by_both(shop, receipt.id)
    assert refused.value.code == "ENTRY_SHEET_WAITING"

    confirm(shop.site, sheet.id, "QG-1", CLERK)
    undone = reversed_by_both(shop, receipt.id)
    _, back = sheets(shop, fitting)
    assert (undone.message_id, undone.entry_sheet_id) == (None, back.id)
    assert back.kind is SheetKind.REVERSAL
    assert back.fields[0].value == "QG-1"
    assert shop.count("outbox") == 0
    confirm(shop.site, back.id, "QG-2", CLERK)
    again = settled(shop, fitting.ref, "k2")
    assert [one.kind for one in sheets(shop, fitting)] == [
        SheetKind.SETTLEMENT,
        SheetKind.REVERSAL,
        SheetKind.SETTLEMENT,
    ]
    assert replay(shop.site, again.id) == Same()


def test_what_was_never_typed_is_withdrawn_and_has_nothing_to_take_back(shop: Ground) -> None:
    staff(shop)
    fitting, receipt, sheet = settled_by_hand(shop)
    with pytest.raises(BadInput):
        withdraw(shop.site, sheet.id, " ", CLERK)
    gone = withdraw(shop.site, sheet.id, "全国系统停机，未录入", CLERK)
    assert (gone.state, gone.note) == (SheetState.WITHDRAWN, "全国系统停机，未录入")
    assert load_sheet(shop.site.store.read(), shop.site.vault, sheet.id) == gone
    with pytest.raises(Conflict):
        confirm(shop.site, sheet.id, "QG-1", CLERK)
    undone = reversed_by_both(shop, receipt.id)
    assert (undone.message_id, undone.entry_sheet_id) == (None, None)
    assert sheets(shop, fitting) == [gone]


def test_nothing_is_typed_or_sent_of_a_fitting_that_went_to_manual(shop: Ground) -> None:
    fitting = fitted(shop)
    shop.platform.down = True
    package = fall_back(shop.site, HandOver(case=fitting.ref, reason="网络中断"), CLERK)
    assert package.ground.article == "津 第二十九条"
    assert (shop.count("outbox"), shop.count("entry_sheets")) == (0, 0)
    with pytest.raises(Conflict):
        settle(shop.site, Request(case=fitting.ref, key="k1"), CLERK)


def test_a_blocked_settlement_leaves_no_sheet(shop: Ground) -> None:
    fitting = fitted(shop)
    shop.platform.down = True
    assert isinstance(settle(shop.site, Request(case=fitting.ref, key="k1"), CLERK), Blocked)
    assert sheets(shop, fitting) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("delete from entry_sheets", "never deleted"),
        ("update entry_sheets set made_at = ''", "never altered|closed once"),
        ("update entry_sheets set state = 'waiting', confirmation = null", "closed once"),
    ],
)
def test_the_database_itself_keeps_what_was_laid_down(shop: Ground, change: str, why: str) -> None:
    _, _, sheet = settled_by_hand(shop)
    confirm(shop.site, sheet.id, "QG-1", CLERK)
    with pytest.raises(Fault, match=why):
        shop.site.store.read().execute(change)
