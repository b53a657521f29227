"""A campus's questions: put to the office within their deadline, or not put at all."""

from dataclasses import dataclass, field

import pytest

from sync.ask import AskLine
from sync.errors import BadEnvelope
from sync.group import read_ask, reply_on_the_wire
from sync.line import Call, Cause, Reply, Silence

CALL = Call("POST", "/v1/verifications", b"\x00signed", 2.0, {"content-type": "application/jose"})


@dataclass
class Office:
    """Answers with one thing, and remembers what it was asked."""

    says: bytes | Silence
    heard: list[tuple[str, Call, float]] = field(default_factory=list)
    closed: bool = False

    def request(self, subject: str, body: bytes, deadline_s: float) -> bytes | Silence:
        """Answer."""
        self.heard.append((subject, read_ask(body), deadline_s))
        return self.says

    def close(self) -> None:
        """Be closed."""
        self.closed = True


def test_a_call_is_made_as_it_is_within_less_than_its_deadline() -> None:
    reply = Reply(200, {"content-type": "application/json"}, b'{"answer":1}')
    office = Office(reply_on_the_wire(reply))
    line = AskLine(office, "TJ0001")
    assert line.call(CALL) == reply
    [(subject, asked, deadline_s)] = office.heard
    assert (subject, deadline_s) == ("ask.TJ0001", 2.0)
    assert (asked.method, asked.path, asked.content) == (CALL.method, CALL.path, CALL.content)
    assert asked.headers == CALL.headers
    assert 1.5 < asked.deadline_s < deadline_s
    line.close()
    assert office.closed


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (Silence(sent=False, what="nobody"), Silence(sent=False, what="nobody")),
        (
            reply_on_the_wire(Silence(sent=True, what="cut", cause=Cause.OUR_CERTIFICATE)),
            Silence(sent=True, what="cut", cause=Cause.OUR_CERTIFICATE),
        ),
        (b"<html>", Silence(sent=True, what="unreadable")),
        (b"", Silence(sent=True, what="unreadable")),
    ],
)
def test_what_the_office_did_not_hear_or_say_is_silence(
    says: bytes | Silence, told: Silence
) -> None:
    assert AskLine(Office(says), "TJ0001").call(CALL) == told


def test_who_cannot_stand_in_a_subject_asks_nothing() -> None:
    with pytest.raises(BadEnvelope) as wrong:
        AskLine(Office(b""), "TJ.*")
    assert wrong.value.code == "FACILITY_TOKEN"
