"""One contract for every gateway: our protocol alone or in batches, and numbered transactions."""

import json
from collections.abc import Iterator

import httpx2
import pytest

from sync.dialect import DIRECT, Act, Request
from sync.dispatch import PageQuestion
from sync.e_card import CodeQuestion
from sync.envelope import Kind, new_key, sign
from sync.errors import CodeRefused, PlatformUnreachable, PlatformUnsure
from sync.line import Reply
from sync.numbered import TRANSACTIONS, Numbered
from sync.outcome import Accepted, NeedsPerson, NotReceived, RetryAt, Unknown
from sync.platform import Platform, Wire
from sync.relay import Hooks, Pace, Relay
from tests.plain import NO_TLS
from tests.sync.far_end import FarEnd
from tests.sync.sender import FACILITY, START, Sender, line_to, message, no_pause, story
from tests.sync.test_platform import question

WIRES = {
    "direct": Wire(),
    "batches": Wire(batch_max=20),
    "plain batches": Wire(batch_max=20, packs=False),
    "numbered": Wire(dialect=Numbered(FACILITY), batch_max=20),
}
WRONG = {"total_fen": 300, "fund_fen": 200, "personal_fen": 99}


@pytest.fixture(params=WIRES)
def gateway(request: pytest.FixtureRequest, sender: Sender, far: FarEnd) -> Iterator[Platform]:
    """Open a line to the simulator in each way of speaking."""
    with line_to(far.url, sender, wire=WIRES[request.param]) as platform:
        yield platform


def relay_of(sender: Sender, gateway: Platform) -> Relay:
    hooks = Hooks(sleep=no_pause)
    return Relay(sender.store, sender.outbox, gateway, sender.clock, hooks, pace=Pace(senders=4))


def test_a_question_is_answered(gateway: Platform) -> None:
    assert gateway.ask(question()).facts["worker"]["name"] == "张合成"


def test_a_person_unknown_to_it_leaves_it_unsure(gateway: Platform) -> None:
    with pytest.raises(PlatformUnsure) as unsure:
        gateway.ask(question("510100190001010016"))
    assert "未查到" in unsure.value.text


@pytest.mark.parametrize("do", ["down", "error", "busy", "truncated", "lose_ack"])
def test_one_in_trouble_is_unreachable(gateway: Platform, far: FarEnd, do: str) -> None:
    far.play({"on": "verifications", "do": do})
    with pytest.raises(PlatformUnreachable):
        gateway.ask(question())
    assert gateway.ask(question())


def test_an_e_card_is_resolved_once(gateway: Platform, far: FarEnd) -> None:
    code = far.codes.issue("510100198001010019").code
    asked = CodeQuestion(id="q-2", operator="desk-1", code=code, at=START)
    assert gateway.resolve(asked).name == "张合成"
    with pytest.raises(CodeRefused) as used:
        gateway.resolve(asked)
    assert used.value.code == "E_CARD_USED"


def test_a_message_is_known_by_its_receipt(gateway: Platform, sender: Sender) -> None:
    payload = sign(message("m-1"), sender.key)
    assert gateway.status_of("m-1", payload) == NotReceived()
    outcome = gateway.deliver("m-1", payload)
    assert isinstance(outcome, Accepted)
    assert gateway.deliver("m-1", payload) == outcome == gateway.status_of("m-1", payload)
    other = sign(message("m-1", body={"service": "other"}), sender.key)
    refused = gateway.deliver("m-1", other)
    assert isinstance(refused, NeedsPerson)
    assert refused.reason.code == "MESSAGE_ID_REUSED"
    assert isinstance(gateway.status_of("m-1", other), Unknown)


def test_what_became_of_a_message_is_not_told_to_a_strangers_key(
    gateway: Platform, sender: Sender, far: FarEnd
) -> None:
    payload = sign(message("m-1"), sender.key)
    gateway.deliver("m-1", payload)
    with Platform(far.url, facility=FACILITY, key=new_key(), clock=sender.clock) as line:
        assert isinstance(line.status_of("m-1", payload), Unknown)
    assert isinstance(gateway.status_of("m-1", payload), Accepted)


def test_without_an_agency_nothing_comes_down(gateway: Platform) -> None:
    with pytest.raises((PlatformUnreachable, PlatformUnsure)):
        gateway.collect(PageQuestion(id="q", at=START, after=0))


def test_a_refusal_names_its_field_and_lines(gateway: Platform, sender: Sender) -> None:
    line = {"id": "7", "amount_fen": 300, "fund_fen": 200, "personal_fen": 99}
    body = {"total_fen": 300, "fund_fen": 200, "personal_fen": 100, "lines": [line]}
    wrong = message("m-1", kind=Kind.SETTLEMENT, body=body)
    refused = gateway.deliver("m-1", sign(wrong, sender.key))
    assert isinstance(refused, NeedsPerson)
    assert (refused.reason.code, refused.field) == ("LINES_REFUSED", "lines")
    assert [(one.id, one.code) for one in refused.lines] == [("7", "LINE_MISMATCH")]


def test_what_comes_too_early_is_sent_again_later(gateway: Platform, sender: Sender) -> None:
    early = message("m-1", kind=Kind.DISCHARGE, body={})
    outcome = gateway.deliver("m-1", sign(early, sender.key))
    assert isinstance(outcome, RetryAt)
    assert (outcome.reason.code, outcome.whole_platform) == ("OUT_OF_ORDER", False)


def test_a_strangers_signature_is_refused(gateway: Platform, far: FarEnd) -> None:
    outcome = gateway.deliver("m-1", sign(message("m-1"), new_key()))
    assert isinstance(outcome, NeedsPerson)
    assert outcome.reason.code == "BAD_SIGNATURE"
    assert far.kept() == ()


def test_a_reversal_names_its_original(gateway: Platform, sender: Sender, far: FarEnd) -> None:
    undo = message("stay-1-r", kind=Kind.REVERSAL, body={"original": "stay-1-s"})
    sender.put(*story("stay-1"), undo)
    relay_of(sender, gateway).run_once()
    assert far.kept_ids()[-1] == "stay-1-r"


def test_a_refused_message_blocks_only_its_stay(
    gateway: Platform, sender: Sender, far: FarEnd
) -> None:
    first = story("stay-1")
    first[-1] = message("stay-1-s", kind=Kind.SETTLEMENT, body=WRONG)
    sender.put(*first, *story("stay-2"))
    relay_of(sender, gateway).run_once()
    assert sender.state("stay-1-s") == "rejected"
    assert sender.state("stay-2-s") == "accepted"
    assert "stay-1-s" not in far.kept_ids()


@pytest.mark.parametrize("retry_after", ["3600", "Sun, 22 Nov 2026 02:00:00 GMT"])
def test_retry_after_is_honoured(
    gateway: Platform, sender: Sender, far: FarEnd, retry_after: str
) -> None:
    sender.put(message("m-1"))
    far.play({"on": "messages", "do": "busy", "retry_after": retry_after})
    relay = relay_of(sender, gateway)
    relay.run_once()
    sender.clock.forward(seconds=3599)
    assert relay.run_once() == 0
    sender.clock.forward(seconds=1)
    assert relay.run_once() == 1
    assert far.kept_ids() == ["m-1"]


@pytest.mark.parametrize(
    "retry_after",
    ["999999999", "Fri, 01 Jan 2100 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "-1", "soon"],
)
def test_a_platform_whose_clock_is_wrong_cannot_hold_messages_back_for_long(
    gateway: Platform, sender: Sender, far: FarEnd, retry_after: str
) -> None:
    sender.put(message("m-1"))
    far.play({"on": "messages", "do": "busy", "retry_after": retry_after})
    relay = relay_of(sender, gateway)
    relay.run_once()
    sender.clock.forward(seconds=6 * 3600)
    relay.run_once()
    assert far.kept_ids() == ["m-1"]


@pytest.mark.parametrize("do", ["lose_ack", "down", "garbage", "truncated", "huge"])
def test_with_answers_lost_each_message_arrives_once_and_in_order(
    gateway: Platform, sender: Sender, far: FarEnd, do: str
) -> None:
    stays = [f"stay-{n}" for n in range(8)]
    sender.put(*(one for stay in stays for one in story(stay)))
    far.play({"on": "any", "do": do, "times": 0, "chance": 0.3}, seed=5)
    relay = relay_of(sender, gateway)
    for _ in range(200):
        relay.run_once()
        with sender.store.transaction() as db:
            due = sender.outbox.next_due(db, sender.clock())
        if due is None:
            break
        sender.clock.now = max(due, relay.quiet_until() or due)
    for stay in stays:
        kept = [one.receipt.id for one in far.kept() if one.order_key == stay]
        assert kept == [f"{stay}-{step}" for step in "acds"]
    with sender.store.transaction() as db:
        assert sender.outbox.status(db).accepted == 32


# The numbered gateway by itself.

ASKED = Request(act=Act.MESSAGE, id="m-1", content=b"x.y.z", at=START, deadline_s=1)


def output(**said: object) -> Reply:
    whole = {"infcode": 0, "inf_refmsgid": "m-1", "err_msg": "", **said}
    return Reply(200, {}, json.dumps(whole).encode())


def test_every_act_but_a_batch_has_its_number() -> None:
    assert set(TRANSACTIONS) == set(Act) - {Act.BATCH}
    assert len(set(TRANSACTIONS.values())) == len(TRANSACTIONS)


def test_a_transaction_says_number_id_facility_time_and_what_is_signed() -> None:
    call = Numbered(FACILITY).call(ASKED)
    assert json.loads(call.content) == {
        "infno": "6201",
        "msgid": "m-1",
        "fixmedins_code": FACILITY,
        "inf_time": "2026-11-22 09:00:00",
        "infver": "V1.0",
        "input": {"signed": "x.y.z"},
    }


@pytest.mark.parametrize(
    ("said", "status", "state"),
    [
        ({"infcode": -1, "err_msg": "超限"}, 422, "rejected"),
        ({"infcode": -2, "err_msg": "前序未到"}, 409, "later"),
        ({"infcode": -4}, 404, "not_received"),
        ({"infcode": 77, "err_msg": "其他"}, 422, "rejected"),
    ],
)
def test_a_bare_code_and_sentence_is_put_into_our_words(
    said: dict[str, object], status: int, state: str
) -> None:
    reply = Numbered(FACILITY).read(ASKED, output(**said))
    told = json.loads(reply.body)
    assert (reply.status, told["state"]) == (status, state)
    assert told.get("text", "") == said.get("err_msg", "")


@pytest.mark.parametrize(
    "reply",
    [
        output(infcode=0),
        output(inf_refmsgid="m-2", output={"state": "accepted"}),
        Reply(200, {}, b"<html>"),
        Reply(200, {}, b"{}"),
    ],
)
def test_what_is_no_answer_to_this_message_is_none(reply: Reply) -> None:
    read = Numbered(FACILITY).read(ASKED, reply)
    assert (read.status, read.body) == (200, b"")


def test_a_gateway_that_is_busy_and_one_that_fails_are_read_by_status() -> None:
    assert Numbered(FACILITY).read(ASKED, output(infcode=-3)).status == 503
    assert Numbered(FACILITY).read(ASKED, Reply(502, {}, b"x")).status == 502
    assert DIRECT.read(ASKED, Reply(200, {}, b"x")) == Reply(200, {}, b"x")


def test_the_simulators_gateway_refuses_what_is_no_transaction(far: FarEnd) -> None:
    whole = json.loads(Numbered(FACILITY).call(ASKED).content)
    for number, body, status in (
        ("6201", b"x", 400),
        ("6201", json.dumps({**whole, "more": 1}).encode(), 400),
        ("6202", json.dumps(whole).encode(), 400),
        ("9999", json.dumps({**whole, "infno": "9999"}).encode(), 200),
    ):
        answer = httpx2.post(f"{far.url}/gateway/{number}", content=body, verify=NO_TLS)
        assert answer.status_code == status
    assert answer.json()["infcode"] == -1
