"""The client tells answers from silence, keeps its deadline whatever hangs, and trusts no proxy."""

import socket
import threading

import pytest

from edge.codec import encode
from sync.envelope import new_key, sign
from sync.errors import PlatformMisplaced, PlatformUnreachable, PlatformUnsure
from sync.outcome import Accepted, NeedsPerson, NotReceived, RetryAt, Unknown
from sync.platform import Deadlines, Platform
from sync.question import Question
from tests.sync.far_end import FarEnd, answering
from tests.sync.sender import FACILITY, START, Sender, line_to, message

QUICK = Deadlines(ask_s=0.3, deliver_s=0.3)


def question(id_number: str = "510100198001010019", **changes: str) -> Question:
    fields = {"id": "q-1", "operator": "desk-1", "name": "张合成", "service": "inpatient_medical"}
    return Question(**{**fields, **changes}, id_number=id_number, moment="admission", at=START)


def test_the_register_answers_with_facts_their_date_and_a_proof(line: Platform) -> None:
    answer = line.ask(question())
    assert answer.facts["worker"] == {
        "id_number": "510100198001010019",
        "name": "张合成",
        "insured_region": "510000",
        "insured_city": "510100",
        "suspended": False,
        "determinations": [],
    }
    assert answer.facts["facility"]["id"] == FACILITY
    assert answer.facts["filing"]["id"] == "F-SC-0001"
    assert answer.facts["contribution"] == {"status": "paying", "as_of": "2026-11-01"}
    assert answer.facts["notice"] is None
    assert answer.as_of == START
    assert b"F-SC-0001" in answer.proof


def test_a_fitting_is_answered_with_its_notice(line: Platform) -> None:
    answer = line.ask(question(service="device"))
    assert answer.facts["notice"]["items"][0]["code"] == "D-0001"


def test_a_paper_that_does_not_exist_is_answered_as_absent(line: Platform) -> None:
    answer = line.ask(question(service="device", filing="F-none", notice="N-none"))
    assert (answer.facts["filing"], answer.facts["notice"]) == (None, None)


def test_a_person_unknown_to_the_platform_leaves_it_unsure(line: Platform) -> None:
    with pytest.raises(PlatformUnsure) as unsure:
        line.ask(question("510100190001010016"))
    assert unsure.value.code == "PLATFORM_UNSURE"
    assert "未查到" in unsure.value.text
    assert unsure.value.next_action


@pytest.mark.parametrize(
    ("asked", "worker"), [("q-1", "370100196902280037"), ("q-0", "510100198001010019")]
)
def test_an_answer_to_another_question_or_about_somebody_else_is_not_believed(
    sender: Sender, asked: str, worker: str
) -> None:
    facts = {
        "question": asked,
        "facility": {"id": FACILITY},
        "worker": {"id_number": worker},
        "source": {"as_of": START.isoformat()},
    }
    body = encode(facts)
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with answering(reply) as url, line_to(url, sender) as line, pytest.raises(PlatformUnsure):
        line.ask(question())


@pytest.mark.parametrize("do", ["garbage", "huge"])
def test_an_unreadable_answer_leaves_it_unsure(line: Platform, far: FarEnd, do: str) -> None:
    far.play({"on": "verifications", "do": do})
    with pytest.raises(PlatformUnsure):
        line.ask(question())


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "down"},
        {"do": "error", "status": 500},
        {"do": "error", "status": 503},
        {"do": "busy"},
        {"do": "truncated"},
        {"do": "lose_ack"},
    ],
)
def test_a_platform_in_trouble_is_unreachable(
    line: Platform, far: FarEnd, fault: dict[str, object]
) -> None:
    far.play(fault)
    with pytest.raises(PlatformUnreachable) as silent:
        line.ask(question())
    assert silent.value.code == "PLATFORM_UNREACHABLE"
    assert line.ask(question())


@pytest.mark.parametrize("fault", [{"do": "delay", "seconds": 30}, {"do": "drip", "seconds": 0.05}])
def test_the_deadline_holds_for_the_whole_call_even_when_bytes_keep_dripping(
    sender: Sender, far: FarEnd, fault: dict[str, object]
) -> None:
    far.play({**fault, "times": 0})
    with line_to(far.url, sender, QUICK) as line:
        with pytest.raises(PlatformUnreachable):
            line.ask(question())
        assert isinstance(line.deliver("m-1", sign(message("m-1"), sender.key)), Unknown)


def test_nobody_listening_means_that_nothing_was_sent(sender: Sender) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with line_to(url, sender) as line:
        outcome = line.deliver("m-1", sign(message("m-1"), sender.key))
        assert isinstance(outcome, RetryAt)
        assert (outcome.reason.code, outcome.whole_platform) == ("PLATFORM_UNREACHABLE", True)
        assert isinstance(line.status_of("m-1", b""), Unknown)


def test_a_delivered_message_is_known_by_its_receipt(
    line: Platform, far: FarEnd, sender: Sender
) -> None:
    payload = sign(message("m-1"), sender.key)
    assert line.status_of("m-1", payload) == NotReceived()
    outcome = line.deliver("m-1", payload)
    assert isinstance(outcome, Accepted)
    assert line.status_of("m-1", payload) == outcome == line.deliver("m-1", payload)
    assert far.kept_ids() == ["m-1"]
    assert far.kept()[0].signed.encode() == payload


@pytest.mark.parametrize("do", ["down", "lose_ack", "garbage", "truncated", "huge"])
def test_what_was_sent_without_a_readable_answer_is_unknown(
    line: Platform, far: FarEnd, sender: Sender, do: str
) -> None:
    payload = sign(message("m-1"), sender.key)
    far.play({"on": "messages", "do": do})
    assert isinstance(line.deliver("m-1", payload), Unknown)
    kept = do != "down"
    assert isinstance(line.status_of("m-1", payload), Accepted if kept else NotReceived)


def test_a_receipt_for_other_bytes_is_not_ours(line: Platform, sender: Sender) -> None:
    line.deliver("m-1", sign(message("m-1"), sender.key))
    other = sign(message("m-1", body={"service": "other"}), sender.key)
    standing = line.status_of("m-1", other)
    assert isinstance(standing, Unknown)
    assert standing.reason.code == "RECEIPT_MISMATCH"
    refused = line.deliver("m-1", other)
    assert isinstance(refused, NeedsPerson)
    assert refused.reason.code == "MESSAGE_ID_REUSED"


def test_a_packed_answer_is_not_unpacked(sender: Sender) -> None:
    packed = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxyz"
    with answering(packed) as url, line_to(url, sender) as line:
        assert isinstance(line.deliver("m-1", b"x"), Unknown)


def test_a_redirect_is_not_followed(sender: Sender, far: FarEnd) -> None:
    moved = f"HTTP/1.1 307 Moved\r\nLocation: {far.url}/v1/messages\r\nContent-Length: 0\r\n\r\n"
    with answering(moved.encode()) as url, line_to(url, sender) as line:
        outcome = line.deliver("m-1", sign(message("m-1"), sender.key))
    assert isinstance(outcome, Unknown)
    assert far.kept() == ()


def test_an_unregistered_key_is_refused_and_leaves_no_trace(far: FarEnd, sender: Sender) -> None:
    with (
        Platform(far.url, facility=FACILITY, key=new_key(), clock=sender.clock) as stranger,
        pytest.raises(PlatformUnsure),
    ):
        stranger.ask(question())
    with line_to(far.url, sender) as line:
        outcome = line.deliver("m-1", sign(message("m-1"), new_key()))
    assert isinstance(outcome, NeedsPerson)
    assert outcome.reason.code == "BAD_SIGNATURE"
    assert far.kept() == ()


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.1/", "http://platform.example/", "ftp://127.0.0.1/", "127.0.0.1", "http://"],
)
def test_identities_do_not_travel_in_the_clear(sender: Sender, url: str) -> None:
    with pytest.raises(PlatformMisplaced), line_to(url, sender):
        pass


def test_closing_cuts_what_is_under_way(sender: Sender, far: FarEnd) -> None:
    far.play({"do": "delay", "seconds": 60, "times": 0})
    raised: list[BaseException] = []
    with line_to(far.url, sender, Deadlines(ask_s=60, deliver_s=60)) as line:

        def ask() -> None:
            try:
                line.ask(question())
            except PlatformUnreachable as cut:
                raised.append(cut)

        asking = threading.Thread(target=ask)
        asking.start()
    asking.join()
    assert len(raised) == 1
    with pytest.raises(PlatformUnreachable):
        line.ask(question())
    line.close()


def test_many_desks_ask_at_once(line: Platform) -> None:
    answered: list[str] = []

    def ask(desk: int) -> None:
        answer = line.ask(question(id=f"q-{desk}"))
        answered.append(answer.facts["worker"]["name"])

    desks = [threading.Thread(target=ask, args=[desk]) for desk in range(12)]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()
    assert answered == ["张合成"] * 12
