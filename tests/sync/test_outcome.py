"""Every answer of the platform is read as exactly one outcome."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.outcome import (
    RETRY_AFTER_MAX,
    TEXT_MAX,
    Accepted,
    NeedsPerson,
    NotReceived,
    RetryAt,
    Unknown,
    classify,
    classify_standing,
    speaks_of,
)

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
SHA = "ab" * 32
RECEIPT = json.dumps(
    {
        "state": "accepted",
        "id": "m-1",
        "sha256": SHA,
        "receipt": "R0000000001",
        "received_at": "2026-11-22T01:00:00Z",
        "added_in_a_later_version": True,
    }
).encode()
REFUSAL = json.dumps(
    {
        "state": "rejected",
        "id": "m-1",
        "code": "LINES_REFUSED",
        "text": "部分明细未通过校验",
        "text_en": "some lines cannot stand",
        "next_action": "改正",
        "next_action_en": "correct it",
        "field": "lines",
        "lines": [{"id": "7", "code": "LINE_MISMATCH", "field": "amount_fen", "text": "不符"}],
    }
).encode()
LATER = json.dumps({"state": "later", "code": "OUT_OF_ORDER", "text": "前序未到"}).encode()
ABSENT = json.dumps({"state": "not_received", "id": "m-1"}).encode()
HTML = "<html>维护中</html>".encode()


@pytest.mark.parametrize(
    ("status", "body", "outcome", "code"),
    [
        (200, RECEIPT, Accepted, None),
        (201, RECEIPT, Accepted, None),
        (200, REFUSAL, NeedsPerson, "LINES_REFUSED"),
        (200, LATER, RetryAt, "OUT_OF_ORDER"),
        (200, HTML, Unknown, "UNREADABLE_ANSWER"),
        (200, b"", Unknown, "UNREADABLE_ANSWER"),
        (200, b"{}", Unknown, "UNREADABLE_ANSWER"),
        (200, RECEIPT[: len(RECEIPT) // 2], Unknown, "UNREADABLE_ANSWER"),
        (200, RECEIPT.replace(b"R0000000001", b""), Unknown, "UNREADABLE_ANSWER"),
        (200, b'{"state":"accepted","id":"m-1"}', Unknown, "UNREADABLE_ANSWER"),
        (204, b"", Unknown, "UNREADABLE_ANSWER"),
        (302, HTML, Unknown, "UNREADABLE_ANSWER"),
        (302, RECEIPT, Unknown, "UNREADABLE_ANSWER"),
        (422, RECEIPT, Unknown, "UNREADABLE_ANSWER"),
        (422, REFUSAL, NeedsPerson, "LINES_REFUSED"),
        (403, REFUSAL, NeedsPerson, "LINES_REFUSED"),
        (400, HTML, NeedsPerson, "HTTP_400"),
        (413, b"", NeedsPerson, "HTTP_413"),
        (401, HTML, RetryAt, "HTTP_401"),
        (403, HTML, RetryAt, "HTTP_403"),
        (404, HTML, RetryAt, "HTTP_404"),
        (408, b"", RetryAt, "HTTP_408"),
        (409, LATER, RetryAt, "OUT_OF_ORDER"),
        (409, HTML, Unknown, "UNREADABLE_ANSWER"),
        (409, REFUSAL, Unknown, "UNREADABLE_ANSWER"),
        (425, b"", RetryAt, "HTTP_425"),
        (429, b"", RetryAt, "HTTP_429"),
        (429, REFUSAL, RetryAt, "HTTP_429"),
        (503, HTML, RetryAt, "HTTP_503"),
        (500, b"", Unknown, "UNREADABLE_ANSWER"),
        (500, REFUSAL, Unknown, "UNREADABLE_ANSWER"),
        (502, HTML, Unknown, "UNREADABLE_ANSWER"),
        (504, HTML, Unknown, "UNREADABLE_ANSWER"),
        (599, b"", Unknown, "UNREADABLE_ANSWER"),
        (100, b"", Unknown, "UNREADABLE_ANSWER"),
    ],
)
def test_an_answer_is_read_by_its_status_and_its_words(
    status: int, body: bytes, outcome: type, code: str | None
) -> None:
    read = classify(status, {}, body, NOW)
    assert type(read) is outcome
    if not isinstance(read, Accepted):
        assert read.reason.code == code


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("Sun, 22 Nov 2026 01:02:00 GMT", 120),
        ("Sun, 22 Nov 2026 01:02:00 -0000", 120),
        ("Sun, 22 Nov 2015 01:02:00 GMT", 0),
        ("-5", 0),
        ("soon", 0),
        ("²", 0),
        ("", 0),
        ("Sun, 99 Nov 2026 01:02:00 GMT", 0),
        ("9" * 400, RETRY_AFTER_MAX.total_seconds()),
        ("Sun, 22 Nov 2099 01:02:00 GMT", RETRY_AFTER_MAX.total_seconds()),
    ],
)
def test_retry_after_is_honoured_within_bounds(header: str, seconds: float) -> None:
    for name in ("Retry-After", "retry-after"):
        read = classify(429, {name: header}, b"", NOW)
        assert isinstance(read, RetryAt)
        assert (read.at, read.whole_platform) == (NOW + timedelta(seconds=seconds), True)


def test_an_answer_about_one_message_does_not_quiet_the_others() -> None:
    for status, body in ((409, LATER), (500, b"")):
        read = classify(status, {}, body, NOW)
        assert isinstance(read, RetryAt | Unknown)
        assert not read.whole_platform


def test_a_refusal_keeps_its_lines_and_loses_what_a_log_must_not_show() -> None:
    refusal = json.loads(REFUSAL)
    refusal |= {"text": "坏\x1b[31m行\n" + "长" * 2000, "code": "rm -rf"}
    read = classify(422, {}, json.dumps(refusal).encode(), NOW)
    assert isinstance(read, NeedsPerson)
    assert read.lines[0].id == "7"
    assert read.lines[0].code == "LINE_MISMATCH"
    assert read.reason.code == "PLATFORM_REFUSAL"
    assert read.reason.text.isprintable()
    assert len(read.reason.text) <= TEXT_MAX


@pytest.mark.parametrize(
    ("status", "body", "standing"),
    [
        (200, RECEIPT, Accepted),
        (422, REFUSAL, NeedsPerson),
        (404, ABSENT, NotReceived),
        (404, HTML, Unknown),
        (200, ABSENT, Unknown),
        (410, ABSENT, Unknown),
        (400, HTML, Unknown),
        (429, b"", Unknown),
        (503, b"", Unknown),
        (500, b"", Unknown),
        (409, LATER, Unknown),
        (200, HTML, Unknown),
    ],
)
def test_only_the_platforms_own_word_ends_an_unknown_outcome(
    status: int, body: bytes, standing: type
) -> None:
    assert type(classify_standing(status, {}, body, NOW)) is standing


def test_a_receipt_counts_only_for_the_message_and_the_bytes_it_names() -> None:
    receipt = classify(200, {}, RECEIPT, NOW)
    assert speaks_of(receipt, message_id="m-1", sha256=SHA)
    assert not speaks_of(receipt, message_id="m-2", sha256=SHA)
    assert not speaks_of(receipt, message_id="m-1", sha256="cd" * 32)
    refusal = classify(422, {}, REFUSAL, NOW)
    assert speaks_of(refusal, message_id="m-1", sha256=SHA)
    assert not speaks_of(refusal, message_id="m-2", sha256=SHA)


@given(
    status=st.integers(100, 599),
    body=st.sampled_from([RECEIPT, REFUSAL, LATER, ABSENT, HTML]) | st.binary(max_size=200),
    retry_after=st.text(max_size=40),
)
@settings(max_examples=300, deadline=None)
def test_no_answer_escapes_and_only_a_receipt_accepts(
    status: int, body: bytes, retry_after: str
) -> None:
    read = classify(status, {"retry-after": retry_after}, body, NOW)
    assert isinstance(read, Accepted | NeedsPerson | RetryAt | Unknown)
    if isinstance(read, Accepted):
        assert (body, status // 100) == (RECEIPT, 2)
    if isinstance(read, RetryAt | Unknown):
        assert NOW <= read.at <= NOW + RETRY_AFTER_MAX
