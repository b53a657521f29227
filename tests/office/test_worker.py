"""A worker: each envelope kept once, relayed unchanged and in order, answered to its campus."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest

from edge.codec import Raw
from edge.core.errors import Fault
from edge.office.books import Books
from edge.office.schema import STEPS, bring_up
from sync.envelope import Kind, new_key, sign
from sync.outcome import Accepted, NeedsPerson, classify
from tests.office.ground import EAST, START, WEST, Office, head, message, story
from tests.postgres import Postgres
from tests.sync.far_end import FarEnd


def test_a_stay_goes_to_the_platform_in_order_and_every_answer_goes_home(
    office: Office, far: FarEnd
) -> None:
    said = office.said(*story("stay-1"), *story("stay-2", WEST))
    office.run(rounds=6)
    assert [one.receipt.id for one in far.kept() if one.order_key == "stay-1"] == [
        "stay-1-admission",
        "stay-1-charges",
        "stay-1-discharge",
        "stay-1-settlement",
    ]
    assert {one.signed.encode() for one in far.kept()} == {one.body for one in said}
    assert set(office.states().values()) == {"accepted"}
    assert office.post.acknowledged == [one.sequence for one in said]
    assert len(office.heard(EAST)) == len(office.heard(WEST)) == 4


def test_a_campus_reads_the_receipt_as_it_would_read_the_platform(
    office: Office, far: FarEnd
) -> None:
    [sent] = office.said(message("m-1"))
    office.run()
    office.said(message("m-2"))
    office.run()
    answers = {
        receipt.id: classify(receipt.status, receipt.headers, receipt.body, START)
        for _, receipt, _ in office.post.published
    }
    accepted = answers["m-1"]
    assert isinstance(accepted, Accepted)
    assert isinstance(answers["m-2"], NeedsPerson)
    assert far.kept()[0].receipt.sha256 == accepted.sha256
    assert sent.body.decode() == far.kept()[0].signed


def test_what_comes_twice_is_kept_once_and_told_once(office: Office, far: FarEnd) -> None:
    sent = office.said(message("m-1"))
    office.run()
    office.post.waiting += sent  # the stream had not heard our acknowledgement
    office.run()
    assert far.kept_ids() == ["m-1"]
    assert len(office.rows("envelopes")) == 1
    assert office.heard() == [("m-1", 200)]


def test_twice_in_one_batch_is_once(office: Office, far: FarEnd) -> None:
    office.said(message("m-1"), message("m-1"), message("m-2", stay="stay-2"))
    office.run()
    assert far.kept_ids() == ["m-1", "m-2"]


def test_a_campus_that_lost_its_receipt_is_answered_again(office: Office, far: FarEnd) -> None:
    office.said(message("m-1"))
    office.run()
    office.said(message("m-1"))
    office.run()
    assert far.kept_ids() == ["m-1"]
    assert office.heard() == [("m-1", 200), ("m-1", 200)]
    assert [one[2] for one in office.post.published] == ["m-1.1", "m-1.2"]


@pytest.mark.usefixtures("far")
def test_a_refused_message_that_is_sent_again_is_asked_again(office: Office) -> None:
    second = message("m-2")
    office.said(message("m-1"))
    office.run()
    for _ in range(2):
        office.said(second)
        office.run()
    assert [status for id_, status in office.heard() if id_ == "m-2"] == [422, 422]
    assert office.states()["m-2"] == "rejected"


def test_a_message_that_waits_for_an_earlier_one_is_handed_over_later(
    office: Office, far: FarEnd
) -> None:
    admission, charges, *_ = story("stay-1")
    office.said(charges)
    office.run()
    assert office.states() == {"stay-1-charges": "pending"}
    assert office.heard() == [("stay-1-charges", 409)]
    office.said(admission)
    office.run()
    office.clock.pass_time(minutes=10)
    office.run()
    assert far.kept_ids() == ["stay-1-admission", "stay-1-charges"]


@pytest.mark.parametrize("fault", ["lose_ack", "truncated", "garbage", "down", "error", "busy"])
def test_whatever_the_line_does_each_is_received_once(
    office: Office, far: FarEnd, fault: str
) -> None:
    far.play({"on": "messages", "do": fault, "times": 3})
    office.said(*story("stay-1"), *story("stay-2", WEST))
    for _ in range(12):
        office.run(rounds=2)
        office.clock.pass_time(minutes=10)
    assert sorted(far.kept_ids()) == sorted(office.states())
    assert len(far.kept_ids()) == 8
    assert set(office.states().values()) == {"accepted"}
    assert len(office.heard(EAST)) == len(office.heard(WEST)) == 4


def test_while_the_platform_rests_nothing_is_sent(office: Office, far: FarEnd) -> None:
    far.play({"on": "messages", "do": "busy", "times": 1, "retry_after": "60"})
    office.said(message("m-1"))
    office.run()
    office.clock.pass_time(seconds=30)
    office.run()
    assert far.kept_ids() == []
    office.clock.pass_time(seconds=31)
    office.run()
    assert far.kept_ids() == ["m-1"]


def test_two_workers_never_hold_two_messages_of_one_stay(office: Office, far: FarEnd) -> None:
    office.said(*story("stay-1"), *story("stay-2"), *story("stay-3"))
    office.worker.take()
    second = office.another_worker()
    with ThreadPoolExecutor(2) as two:
        for _ in range(8):
            list(two.map(lambda one: one.relay(), (office.worker, second)))
    kept = far.kept()
    for stay in ("stay-1", "stay-2", "stay-3"):
        order = [one.receipt.id for one in kept if one.order_key == stay]
        assert order == [one.id for one in story(stay)]
    assert len(kept) == 12


def test_what_another_worker_has_under_way_is_passed_over(office: Office, far: FarEnd) -> None:
    office.said(*story("stay-1"), message("m-1", stay="stay-2"))
    office.worker.take()
    with ThreadPoolExecutor(1) as other:

        def meanwhile(point: str) -> None:
            if point == "after claim":
                assert other.submit(office.another_worker().relay).result() == 0

        assert office.another_worker(crash=meanwhile).relay() == 2
    assert far.kept_ids() == ["stay-1-admission", "m-1"]


@pytest.mark.parametrize("what", ["key", "subject", "facility", "bytes", "type", "stranger"])
def test_what_its_campus_did_not_sign_stands_in_quarantine(
    office: Office, far: FarEnd, what: str
) -> None:
    envelope = message("m-1")
    signed = sign(envelope, office.keys[EAST])
    bad = {
        "key": office.sent(sign(envelope, new_key()), envelope),
        "subject": office.sent(signed, message("m-1", facility=WEST)),
        "facility": office.sent(sign(message("m-1", facility=WEST), office.keys[EAST]), envelope),
        "bytes": office.sent(signed[:-4] + b"AAAA", envelope),
        "type": office.sent(b"", envelope),
        "stranger": office.sent(signed, message("m-1", facility="TJ9999")),
    }[what]
    office.post.waiting.append(bad)
    office.run()
    office.post.waiting.append(bad)
    office.run()
    assert far.kept_ids() == []
    assert office.states() == {}
    [row] = office.rows("quarantine")
    assert (row["times"], row["code"]) == (
        2,
        {"facility": "WRONG_CAMPUS", "stranger": "CAMPUS_UNKNOWN"}.get(what, "BAD_SIGNATURE"),
    )
    # A stranger could park a real message by a forged one: only what was signed is refused aloud.
    assert {status for _, status in office.heard()} == ({422} if what == "facility" else set())


def test_an_old_id_that_says_something_else_is_refused_and_the_first_stands(
    office: Office, far: FarEnd
) -> None:
    office.said(message("m-1"))
    office.run()
    office.said(message("m-1", body={"service": "outpatient_medical"}))
    office.said(message("m-1", facility=WEST))
    office.run()
    assert far.kept_ids() == ["m-1"]
    assert {row["code"] for row in office.rows("quarantine")} == {"MESSAGE_ID_REUSED"}
    assert office.heard(EAST)[-1] == office.heard(WEST)[-1] == ("m-1", 422)
    assert office.states() == {"m-1": "accepted"}


def test_heads_that_grow_are_kept_and_one_told_late_is_no_alarm(office: Office) -> None:
    key = office.keys[EAST]
    late = head("h-1", 5, key, at=START, mac=b"\5" * 32)
    office.said(head("h-2", 9, key, at=START + timedelta(hours=1)), late)
    office.said(head("h-3", 9, key, at=START + timedelta(hours=2)))
    office.worker.take()
    assert [row["seq"] for row in office.rows("heads")] == [5, 9]
    assert office.rows("quarantine") == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Kind.REVERSAL, {"original": "m\x000"}),
        (Kind.REVERSAL, {}),
        (Kind.SETTLEMENT, {"fund_fen": 10**30}),
        (Kind.SETTLEMENT, {"fund_fen": "1"}),
        (Kind.CLAIM, {"month": "x\x00", "fund_fen": 1}),
        (Kind.LEDGER_HEAD, {"seq": 2**63, "mac": "0" * 64, "signed": ""}),
    ],
)
def test_what_the_books_could_not_hold_stands_aside_and_holds_up_nobody(
    office: Office, far: FarEnd, kind: Kind, body: object
) -> None:
    office.said(message("m-0", kind, body=body), message("m-1", stay="stay-2"))
    office.run()
    assert far.kept_ids() == ["m-1"]
    assert [row["code"] for row in office.rows("quarantine")] == ["UNREADABLE_BODY"]
    assert office.heard()[0] == ("m-0", 422)


@pytest.mark.parametrize(
    ("seq", "mac", "code"), [(9, b"\2" * 32, "HEAD_CHANGED"), (4, b"\1" * 32, "HEAD_CUT")]
)
def test_a_ledger_that_was_changed_or_cut_is_seen_here(
    office: Office, far: FarEnd, seq: int, mac: bytes, code: str
) -> None:
    key = office.keys[EAST]
    office.said(head("h-1", 9, key))
    office.run()
    office.said(head("h-2", seq, key, mac=mac, at=START + timedelta(hours=1)))
    office.run()
    assert [row["code"] for row in office.rows("quarantine")] == [code]
    assert office.heard() == [("h-1", 200), ("h-2", 422)]
    assert far.kept_ids() == ["h-1"]


def test_a_head_beside_another_signature_is_forged(office: Office) -> None:
    honest = head("h-1", 9, office.keys[EAST])
    body = honest.body.replace(b'"seq":9', b'"seq":12')
    assert body != honest.body
    office.said(message("h-1", Kind.LEDGER_HEAD, stay="ledger", body=Raw(body)))
    office.worker.take()
    assert [row["code"] for row in office.rows("quarantine")] == ["HEAD_FORGED"]


def test_a_campus_whose_stay_is_refused_holds_up_no_other(office: Office, far: FarEnd) -> None:
    office.said(message("m-0"), message("m-1"), message("m-2", stay="b"))
    office.run()
    assert far.kept_ids() == ["m-0", "m-2"]
    assert office.states()["m-1"] == "rejected"


def test_without_its_books_the_office_acknowledges_nothing(office: Office, far: FarEnd) -> None:
    office.said(message("m-1"))
    gone = office.another_worker(books=Books("host=/nowhere dbname=x"))
    with pytest.raises(Fault, match="BOOKS_UNAVAILABLE"):
        gone.take()
    assert office.post.acknowledged == []
    office.run()
    assert far.kept_ids() == ["m-1"]


@pytest.mark.usefixtures("far")
def test_a_receipt_that_the_stream_did_not_take_is_published_later(office: Office) -> None:
    office.said(message("m-1"))
    office.worker.take()
    office.worker.relay()
    office.post.away = True
    assert office.worker.publish() == 0
    assert office.worker.take() is None
    office.post.away = False
    assert office.worker.publish() == 1
    assert office.worker.publish() == 0
    assert office.heard() == [("m-1", 200)]


@pytest.mark.usefixtures("far")
def test_no_identity_stands_in_the_books(office: Office) -> None:
    canary = "510100198001010019"
    office.said(message("m-1", body={"id_number": canary, "name": "张合成"}))
    office.post.waiting.append(office.sent(b"x" + canary.encode(), message("m-2")))
    office.run()
    for table in ("envelopes", "receipts", "quarantine", "campuses", "heads"):
        shown = repr([dict(row) for row in office.rows(table)])
        assert canary not in shown
        assert "合成" not in shown


def test_what_was_changed_in_the_books_is_not_sent_and_holds_up_its_stay_alone(
    office: Office, far: FarEnd
) -> None:
    office.said(message("m-1"), message("m-2", stay="stay-2"))
    office.worker.take()
    db = office.books.read()
    db.execute("alter table envelopes disable trigger all")
    db.execute("update envelopes set lines_sealed = '\\x00' where id = 'm-1'")
    db.execute("alter table envelopes enable trigger all")
    office.run()
    assert far.kept_ids() == ["m-2"]
    assert {row["id"]: row["code"] for row in office.rows("envelopes")}["m-1"] == "SEAL_BROKEN"


@pytest.mark.parametrize(
    "statement",
    [
        "delete from envelopes",
        "truncate envelopes",
        "update envelopes set lines_sealed = '\\x00'",
        "update envelopes set facility = 'TJ0002'",
        "update envelopes set state = 'pending', answered_at = null",
        "delete from quarantine",
        "update heads set seq = 3",
        "delete from heads",
    ],
)
@pytest.mark.usefixtures("far")
def test_what_came_is_neither_deleted_nor_altered(office: Office, statement: str) -> None:
    office.said(message("m-1"), head("h-1", 1, office.keys[EAST]))
    office.run()
    with pytest.raises(Fault, match="BOOKS_UNAVAILABLE"):
        office.books.read().execute(statement)
    assert office.states() == {"m-1": "accepted", "h-1": "accepted"}


def test_books_of_a_later_release_are_left_alone(cluster: Postgres) -> None:
    with closing(Books(cluster.new_database())) as books:
        assert bring_up(books) == bring_up(books) == len(STEPS)
        books.read().execute("update version set number = 99")
        with pytest.raises(Fault, match="BOOKS_NEWER"):
            bring_up(books)
