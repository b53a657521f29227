"""The seam between campus and office: what one writes the other reads, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import group
from sync.errors import BadEnvelope
from sync.line import Call, Cause, Reply, Silence


def test_messages_of_one_stay_have_one_subject_and_of_two_stays_two() -> None:
    subject = group.up_subject("TJ0001", "stay-1")
    assert subject == group.up_subject("TJ0001", "stay-1")
    assert subject != group.up_subject("TJ0001", "stay-2")
    assert group.facility_of(subject) == "TJ0001"
    assert subject.startswith(group.up_subjects("TJ0001")[:-1])
    past = group.again_subject("TJ0001", "stay-1")
    assert group.facility_of(past) == "TJ0001"
    assert past.startswith(group.again_subjects("TJ0001")[:-1])


@pytest.mark.parametrize("facility", ["", "TJ.0001", "TJ 1", "*", ">", "津一", "x" * 41])
def test_a_facility_that_would_be_a_wildcard_has_no_subject(facility: str) -> None:
    for make in (group.receipt_subject, group.ask_subject, group.up_subjects):
        with pytest.raises(BadEnvelope, match="FACILITY_TOKEN"):
            make(facility)


@pytest.mark.parametrize("subject", ["", "up.TJ0001", "up.TJ0001.a.b", "in.TJ0001.a", "up.*.a"])
def test_another_subject_is_nobodys(subject: str) -> None:
    assert group.facility_of(subject) is None


@given(
    status=st.integers(100, 599),
    body=st.text().map(str.encode),
    headers=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
)
def test_a_receipt_comes_back_as_it_was(status: int, body: bytes, headers: dict[str, str]) -> None:
    receipt = group.GroupReceipt(id="m-1", status=status, headers=headers, body=body)
    assert group.read_receipt(group.receipt_on_the_wire(receipt)) == receipt


@given(content=st.binary(), deadline_s=st.floats(0.1, 60))
def test_a_question_comes_back_as_it_was(content: bytes, deadline_s: float) -> None:
    call = Call("POST", "/v1/inbox", content, deadline_s, {"content-type": "application/jose"})
    assert group.read_ask(group.ask_on_the_wire(call)) == call


@given(body=st.binary())
def test_a_reply_comes_back_as_it_was(body: bytes) -> None:
    reply = Reply(206, {"content-range": "bytes 0-1/2"}, body)
    assert group.read_reply(group.reply_on_the_wire(reply)) == reply


@pytest.mark.parametrize("cause", Cause)
def test_silence_says_what_it_was(cause: Cause) -> None:
    silence = Silence(sent=False, what="ConnectError", cause=cause)
    assert group.read_reply(group.reply_on_the_wire(silence)) == silence


@pytest.mark.parametrize("torn", [b"", b"{}", b"[]", b"\xff", b'{"heard":"reply","status":200}'])
def test_what_cannot_be_read_is_refused_or_no_answer(torn: bytes) -> None:
    with pytest.raises(BadEnvelope, match="BAD_RECEIPT"):
        group.read_receipt(torn)
    with pytest.raises(BadEnvelope, match="BAD_ASK"):
        group.read_ask(torn)
    assert group.read_reply(torn) == Silence(sent=True, what="unreadable")


def test_a_question_whose_body_is_torn_is_refused() -> None:
    whole = group.ask_on_the_wire(Call("GET", "/v1/x", b"body", 1.0))
    with pytest.raises(BadEnvelope, match="BAD_ASK"):
        group.read_ask(whole.replace(b"Ym9keQ==", b"Ym9keQ="))
