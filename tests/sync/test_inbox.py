"""What comes down: believed only when signed and ours, kept once, in order, never dropped."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from edge.store.database import Store
from edge.store.migrations import statements
from sync.dispatch import (
    Dispatch,
    DispatchKind,
    Page,
    PageQuestion,
    open_dispatch,
    open_page_question,
    page_on_the_wire,
    read_page,
    sign_dispatch,
    sign_page_question,
)
from sync.envelope import key_ring, new_key, sign_bytes
from sync.errors import BadEnvelope, OutboxConflict, PlatformUnsure, Reason
from sync.inbox import SCHEMA, Inbox, InboxState, Taken
from tests.sync.sender import FACILITY, START, PlaceSealer

KEY = new_key()
RING = key_ring(KEY.public())


class Near:
    """An edge reduced to its inbox."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path)
        self.sealer = PlaceSealer()
        self.inbox = Inbox(self.sealer, RING, facility=FACILITY)
        with self.store.transaction() as db:
            for statement in statements(SCHEMA):
                db.execute(statement)

    def take(self, *signed: bytes, newest: int = 99) -> Taken:
        """Take a page."""
        with self.store.transaction() as db:
            return self.inbox.take(db, Page(signed, newest), START)

    def due(self, after: int = 0) -> Dispatch | None:
        """Return the next dispatch."""
        due = self.inbox.next_due(self.store.read(), after=after)
        assert due is None or isinstance(due[1], Dispatch)
        return due[1] if due else None  # type: ignore[return-value] # asserted

    def apply(self, seq: int) -> None:
        """Write down that this one was applied."""
        with self.store.transaction() as db:
            self.inbox.record_applied(db, f"d-{seq}", START)

    def states(self) -> list[str]:
        """Return the states in order."""
        return [one.state for one in reversed(self.inbox.page(self.store.read()))]


@pytest.fixture
def near(tmp_path: Path) -> Iterator[Near]:
    near = Near(tmp_path / "edge.db")
    yield near
    near.store.close()


def dispatch(seq: int, **other: object) -> Dispatch:
    """Return a synthetic dispatch; ``other`` replaces its fields."""
    fields: dict[str, object] = {
        "id": f"d-{seq}",
        "seq": seq,
        "facility": FACILITY,
        "kind": DispatchKind.PAYMENT,
        "order_key": f"claim-{seq}",
        "moment": START,
        "body": b'{"amount_fen":1}',
    }
    return Dispatch(**{**fields, **other})  # type: ignore[arg-type] # tests name real fields


def signed(seq: int, **other: object) -> bytes:
    """Return a dispatch that the platform signed."""
    return sign_dispatch(dispatch(seq, **other), KEY)


def test_a_dispatch_is_read_as_it_was_signed() -> None:
    assert open_dispatch(signed(1), RING) == dispatch(1)


def test_a_question_is_read_as_it_was_signed() -> None:
    asked = PageQuestion(id="q", at=START, after=7, limit=20)
    assert open_page_question(sign_page_question(asked, FACILITY, KEY), RING) == (FACILITY, asked)
    page = Page((signed(8),), 8)
    assert read_page(page_on_the_wire(asked, page), asked) == page


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one: one[:-9] + (b"B" if one[-9:-8] == b"A" else b"A") + one[-8:],
        lambda one: one.replace(b".", b"..", 1),
        lambda _: b"<html>",
        lambda _: b"",
        lambda _: sign_dispatch(dispatch(1), new_key()),
        lambda _: sign_bytes(b'{"id":"d-1"}', "injury-dispatch+jws", KEY),
        lambda _: sign_dispatch(dispatch(1, id="a b"), KEY),
        lambda _: sign_dispatch(dispatch(1, order_key="x" * 129), KEY),
        lambda _: sign_dispatch(dispatch(1, body=b"[]"), KEY),
        lambda one: sign_bytes(one, "injury-envelope+jws", KEY),
    ],
)
def test_what_is_not_the_platforms_own_word_is_not_read(spoil: object) -> None:
    with pytest.raises(BadEnvelope):
        open_dispatch(spoil(signed(1)), RING)  # type: ignore[operator] # the functions above


def test_an_answer_to_another_question_is_not_believed() -> None:
    asked = PageQuestion(id="q", at=START, after=0, limit=1)
    for body in (
        b"{}",
        b"no json",
        page_on_the_wire(replace(asked, id="p"), Page((), 0)),
        page_on_the_wire(asked, Page((signed(1), signed(2)), 2)),
    ):
        with pytest.raises(PlatformUnsure):
            read_page(body, asked)


def test_each_dispatch_is_kept_once_however_often_it_comes(near: Near) -> None:
    assert near.take(signed(1), signed(2)) == Taken(2)
    assert near.take(signed(1), signed(2), signed(3)) == Taken(1)
    assert near.inbox.cursor(near.store.read()) == 3


def test_any_order_within_a_page_ends_in_the_same_rows(near: Near) -> None:
    for turn, order in enumerate(permutations([1, 2, 3])):
        first = 3 * turn
        assert near.take(*(signed(first + seq) for seq in order)) == Taken(3)
    assert near.inbox.cursor(near.store.read()) == 18


def test_a_gap_is_not_jumped(near: Near) -> None:
    taken = near.take(signed(1), signed(3))
    assert (taken.new, taken.refused and taken.refused.code) == (1, "INBOX_GAP")
    assert near.take(signed(2), signed(3)) == Taken(2)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b"<html>", "BAD_SIGNATURE"),
        (sign_dispatch(dispatch(2), new_key()), "BAD_SIGNATURE"),
        (signed(2, facility="SC0001"), "DISPATCH_OF_ANOTHER"),
        (signed(1, body=b'{"amount_fen":2}'), "DISPATCH_CHANGED"),
        (signed(2, id="d-1"), "DISPATCH_CHANGED"),
    ],
)
def test_a_bad_item_is_refused_and_what_stood_before_it_stays(
    near: Near, bad: bytes, code: str
) -> None:
    near.take(signed(1))
    taken = near.take(bad)
    assert (taken.new, taken.refused and taken.refused.code) == (0, code)
    assert near.states() == ["received"]


def test_a_platform_that_has_less_than_it_sent_is_told(near: Near) -> None:
    near.take(signed(1), signed(2))
    taken = near.take(newest=1)
    assert taken.refused
    assert taken.refused.code == "INBOX_ROLLED_BACK"


def test_what_waits_holds_up_its_own_matter_and_no_other(near: Near) -> None:
    near.take(signed(1, order_key="a"), signed(2, order_key="a"), signed(3, order_key="b"))
    with near.store.transaction() as db:
        near.inbox.record_waiting(db, 1, "UNKNOWN_CLAIM")
    assert near.due(after=1) == dispatch(3, order_key="b")
    near.apply(3)
    assert near.due() == dispatch(1, order_key="a")  # tried again in the next round
    near.apply(1)
    assert near.due() == dispatch(2, order_key="a")


def test_an_unknown_kind_is_kept_shown_and_due_once_it_is_known(near: Near) -> None:
    near.take(signed(1, kind="weather", order_key="a"), signed(2, order_key="a"))
    assert near.states() == ["kept", "received"]
    assert near.due() == dispatch(2, order_key="a")
    known = near.inbox.next_due(near.store.read(), after=0, known=["weather"])
    assert known == (1, dispatch(1, kind="weather", order_key="a"))


def test_a_row_that_was_changed_on_disk_holds_up_only_itself(near: Near) -> None:
    near.take(signed(1), signed(2))
    near.sealer.key = PlaceSealer().key
    due = near.inbox.next_due(near.store.read(), after=0)
    assert due
    assert isinstance(due[1], Reason)
    assert due[1].code == "SEAL_BROKEN"


def test_a_person_sets_aside_what_waits_and_nothing_else(near: Near) -> None:
    near.take(signed(1), signed(2, kind="weather"))
    with near.store.transaction() as db:
        near.inbox.record_waiting(db, 1, "UNKNOWN_CLAIM")
        for name in ("d-1", "d-2"):
            near.inbox.set_aside(db, name, note="已电话处理", operator="财务", now=START)
    first = near.inbox.get(near.store.read(), "d-1")
    assert (first.state, first.note, first.ended_by) == (InboxState.SET_ASIDE, "已电话处理", "财务")
    assert near.due() is None
    for name, code in (("d-1", "DISPATCH_STATE"), ("d-9", "DISPATCH_NOT_FOUND")):
        with pytest.raises(OutboxConflict, match=code), near.store.transaction() as db:
            near.inbox.set_aside(db, name, note="x", operator="财务", now=START)


def test_rows_are_never_deleted_altered_or_applied_twice(near: Near) -> None:
    near.take(signed(1))
    near.apply(1)
    for sql in (
        "delete from inbox",
        "update inbox set kind = 'x'",
        "update inbox set state = 'received', ended_at = null",
    ):
        with pytest.raises(Exception, match=r"never|stays applied"), near.store.transaction() as db:
            db.execute(sql)


def test_nothing_that_came_down_lies_open_on_disk(near: Near) -> None:
    near.take(signed(1, body=b'{"id_number":"510100198001010019"}'))
    body = near.inbox.body(near.store.read(), "d-1")
    assert b"510100198001010019" in body
    wal = near.store.path.with_name("edge.db-wal")
    assert b"510100198001010019" not in near.store.path.read_bytes() + wal.read_bytes()
