"""Heads are signed when they are due, told once, and on a broken ledger no money moves."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from edge.core.audit import BrokenLink
from edge.core.errors import EdgeError, Fault
from edge.core.reversal import Reversal
from edge.loops.keeper import Keeper
from edge.steps.charge import charge
from edge.steps.fall_back import Request as HandOver
from edge.steps.fall_back import fall_back
from edge.steps.reverse import reverse
from edge.steps.settle import Request, settle
from edge.steps.sign_head import sign_head
from edge.steps.verify_ledger import Witness, verify_ledger
from edge.store.keys import create_keys, load_keys
from edge.store.ledger import Ledger, heads_kept
from edge.store.settlements import Settlement
from sync.envelope import Kind, open_signed
from sync.ledger_head import open_head
from sync.relay import Relay
from tests.steps.colleagues import CLERK, request, settled, staffed
from tests.steps.conftest import Ground, line


def heads(ground: Ground) -> int:
    return heads_kept(ground.site.store.read())


def entries(ground: Ground, count: int) -> None:
    with ground.site.store.transaction() as db:
        for number in range(count):
            ground.site.ledger.enter(
                db, kind="test", operator="甲", subject=str(number), now=ground.clock()
            )


def test_a_head_is_signed_after_so_many_entries_or_an_hour_and_never_for_none(
    ground: Ground,
) -> None:
    assert not sign_head(ground.site, rows=1)
    entries(ground, 4)
    assert not sign_head(ground.site, rows=5)
    entries(ground, 1)
    assert sign_head(ground.site, rows=5)
    assert not sign_head(ground.site, rows=5)
    ground.clock.pass_time(hours=3)
    assert not sign_head(ground.site)  # nothing was entered since
    entries(ground, 1)
    assert sign_head(ground.site)  # the head before is three hours old
    entries(ground, 1)
    ground.clock.pass_time(minutes=59, seconds=59)
    assert not sign_head(ground.site)
    ground.clock.pass_time(seconds=1)
    assert sign_head(ground.site)
    assert heads(ground) == 3


def test_a_clock_set_back_puts_no_head_off(ground: Ground) -> None:
    entries(ground, 1)
    ground.clock.pass_time(hours=1)
    assert sign_head(ground.site)
    ground.clock.pass_time(hours=-6)
    entries(ground, 1)
    assert sign_head(ground.site)


def test_the_platform_is_told_of_a_head_as_it_is_kept(ground: Ground) -> None:
    entries(ground, 2)
    sign_head(ground.site, rows=1)
    [message] = ground.site.outbox.messages(ground.site.store.read())
    assert (message.kind, message.order_key) == (Kind.LEDGER_HEAD, "ledger")
    Relay(ground.site.store, ground.site.outbox, ground.platform, ground.clock).run_once()
    ring = {ground.keys.signing.kid: ground.keys.signing.public()}
    [sent] = ground.platform.received.values()
    [kept] = ground.site.store.read().query("select seq, signed from ledger_heads")
    assert kept["signed"].decode() in open_signed(sent, ring).body.decode()
    head = open_head(kept["signed"], ring)
    assert (head.seq, head.at) == (2, ground.clock())


def test_a_head_is_kept_and_told_together_or_not_at_all(ground: Ground) -> None:
    entries(ground, 2)
    ground.site.store.read().execute(
        "create trigger full before insert on outbox begin select raise(abort, 'disk full'); end"
    )
    with pytest.raises(Fault):
        sign_head(ground.site, rows=1)
    assert heads(ground) == 0


@pytest.mark.parametrize("change", ["update ledger_heads set seq = 9", "delete from ledger_heads"])
def test_a_signed_head_is_never_changed_or_deleted(ground: Ground, change: str) -> None:
    entries(ground, 2)
    sign_head(ground.site, rows=1)
    with pytest.raises(Fault):
        ground.site.store.read().execute(change)


def test_a_silent_platform_is_told_and_is_no_fault_of_the_ledger(ground: Ground) -> None:
    entries(ground, 2)
    assert verify_ledger(ground.site).platform is Witness.HAS_NONE
    ground.platform.down = True
    report = verify_ledger(ground.site)
    assert (report.ok, report.platform) == (True, Witness.SILENT)
    assert verify_ledger(ground.site, ask_platform=False).platform is Witness.NOT_ASKED


def test_a_head_that_our_key_did_not_sign_is_not_believed(ground: Ground) -> None:
    entries(ground, 2)
    create_keys(ground.site.settings.data / "others")
    stranger = Ledger(load_keys(ground.site.settings.data / "others"))
    ground.platform.head = stranger.head(ground.site.store.read(), ground.clock())
    report = verify_ledger(ground.site)
    assert (report.ok, report.platform) == (True, Witness.NOT_OURS)


def test_on_a_broken_ledger_nothing_moves_money(ground: Ground) -> None:
    staffed(ground)
    before = settled(ground, ground.discharged().id)
    stay = ground.discharged()
    broken(ground)
    money: list[Callable[[], object]] = [
        partial(settle, ground.site, Request(case=stay.ref, key="k2"), CLERK),
        partial(reverse, ground.site, request(before.id), CLERK),
        partial(
            fall_back,
            ground.site,
            HandOver(case=stay.ref, reason="与职工商定", third_party=True),
            CLERK,
        ),
    ]
    tables = ("settlements", "reversals", "manual_packages", "outbox")
    counts = [ground.count(table) for table in tables]
    for move in money:
        with pytest.raises(EdgeError) as refused:
            move()
        assert refused.value.code == "LEDGER_BROKEN"
    assert [ground.count(table) for table in tables] == counts
    # Receipts are given again, and the ward goes on.
    assert settle(ground.site, Request(case=before.case, key="k1"), CLERK) == before
    charge(ground.site, stay.id, (line("2"),), CLERK)

    mended(ground)
    assert isinstance(settle(ground.site, Request(case=stay.ref, key="k2"), CLERK), Settlement)
    assert isinstance(reverse(ground.site, request(before.id), CLERK), Reversal)


def broken(ground: Ground) -> None:
    db = ground.site.store.read()
    db.execute("drop trigger ledger_is_never_changed")
    db.execute("update ledger set operator = operator || '乙' where seq = 2")
    found = ground.site.ledger.verify(db)
    assert found == BrokenLink(2, "changed after it was written")


def mended(ground: Ground) -> None:
    db = ground.site.store.read()
    db.execute("update ledger set operator = replace(operator, '乙', '') where seq = 2")
    assert ground.site.ledger.verify(db) is None


def test_the_keeper_signs_and_survives_a_full_disk(ground: Ground) -> None:
    told: list[str] = []
    signed: list[int] = []
    keeper = Keeper(ground.site, on_told=told.append, on_head=lambda: signed.append(1))
    entries(ground, 1)
    ground.clock.pass_time(hours=1)
    db = ground.site.store.read()
    db.execute(
        "create trigger full before insert on ledger_heads"
        " begin select raise(abort, 'disk full'); end"
    )
    keeper.run_once()
    assert (signed, ground.log.told[-1]) == (
        [],
        ("warning", "keeper.failed", {"code": "STORE_UNAVAILABLE"}),
    )
    db.execute("drop trigger full")
    keeper.start()
    keeper.stop()
    assert (told, signed, heads(ground)) == ([], [1], 1)


def test_a_second_hour_is_a_second_head_for_the_platform(ground: Ground) -> None:
    for _ in range(3):
        entries(ground, 1)
        ground.clock.pass_time(seconds=timedelta(hours=1).total_seconds())
        assert sign_head(ground.site)
    kinds = [m.kind for m in ground.site.outbox.messages(ground.site.store.read())]
    assert kinds == [Kind.LEDGER_HEAD] * 3
