"""An office whose platform is a gateway of numbered transactions; its campuses need not know it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from edge.office.asking import Asking
from edge.office.handing import Handing, Manner
from edge.office.passing import Passing
from edge.office.worker import Worker
from sync.ask import AskLine
from sync.dispatch import PageQuestion
from sync.envelope import new_key, sign
from sync.errors import PlatformUnreachable, PlatformUnsure
from sync.group import ask_on_the_wire, ask_subject, read_reply
from sync.line import Call, Line, Reply, Silence
from sync.outcome import Accepted, NeedsPerson, NotReceived, classify
from sync.platform import Platform, Wire
from tests.office.ground import EAST, START, WEST, Office, message, story
from tests.sync.far_end import FarEnd
from tests.sync.sender import PATIENT
from tests.sync.test_platform import question


@dataclass
class Overheard:
    """The line to the platform; ``paths`` are what was called, in order."""

    line: Line
    paths: list[str] = field(default_factory=list)

    def call(self, call: Call) -> Reply | Silence:
        """Make a call."""
        self.paths.append(call.path)
        return self.line.call(call)

    def close(self) -> None:
        """Leave it to whoever made it."""


@dataclass(frozen=True, slots=True)
class Through:
    """What a campus asks by: the office's own answering, without a stream between."""

    asking: Asking

    def request(self, subject: str, body: bytes, deadline_s: float) -> bytes | Silence:  # noqa: ARG002 - the office has its share
        """Ask, and return the answer."""
        told = self.asking.answer(subject, body, 0.0)
        return Silence(sent=True, what="nobody") if told is None else told

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Gatewayed:
    """The office before its gateway: a worker, and a campus's platform behind the office."""

    office: Office
    line: Overheard
    worker: Worker
    platform: Platform
    asking: Asking

    def run(self, rounds: int = 6) -> None:
        """Take in, relay and publish."""
        for _ in range(rounds):
            self.worker.take()
            self.worker.relay()
            self.worker.publish()


@pytest.fixture
def gatewayed(office: Office) -> Iterator[Gatewayed]:
    line = Overheard(office.line)
    handing = Handing(line, office.clock, Manner(numbered=True, deadline_s=5.0))  # type: ignore[arg-type]
    passing = Passing(books=office.books, platform_keys={}, clock=office.clock, log=office.log)
    asking = Asking(
        line=line,  # type: ignore[arg-type]
        books=office.books,
        vault=office.vault,
        campuses=office.campuses,
        passing=passing,
        clock=office.clock,
        numbered=True,
    )
    wire = Wire(deadlines=PATIENT, line=AskLine(Through(asking), EAST))
    with Platform("", facility=EAST, key=office.keys[EAST], clock=office.clock, wire=wire) as far:
        yield Gatewayed(office, line, office.another_worker(handing=handing), far, asking)


def test_messages_go_as_transactions_one_at_a_time_in_order_and_answers_come_home(
    gatewayed: Gatewayed, far: FarEnd
) -> None:
    said = gatewayed.office.said(*story("stay-1"), *story("stay-2", WEST))
    gatewayed.run(12)
    assert gatewayed.line.paths == ["/gateway/6201"] * 8
    for stay in ("stay-1", "stay-2"):
        kept = [one.receipt.id for one in far.kept() if one.order_key == stay]
        assert kept == [one.id for one in story(stay)]
    assert {one.signed.encode() for one in far.kept()} == {one.body for one in said}
    for _, receipt, _ in gatewayed.office.post.published:
        told = classify(receipt.status, receipt.headers, receipt.body, START)
        assert isinstance(told, Accepted)
    assert len(gatewayed.office.heard(EAST)) == len(gatewayed.office.heard(WEST)) == 4


@pytest.mark.parametrize("fault", ["lose_ack", "truncated", "garbage", "down", "busy"])
def test_whatever_the_gateway_does_each_is_received_once(
    gatewayed: Gatewayed, far: FarEnd, fault: str
) -> None:
    far.play({"on": "messages", "do": fault, "times": 2})
    gatewayed.office.said(*story("stay-1"))
    for _ in range(8):
        gatewayed.run(2)
        gatewayed.office.clock.pass_time(minutes=6)
    assert far.kept_ids() == [one.id for one in story("stay-1")]
    assert set(gatewayed.office.states().values()) == {"accepted"}


def test_a_refusal_and_an_earlier_one_that_is_missing_come_home_in_our_own_words(
    gatewayed: Gatewayed, far: FarEnd
) -> None:
    admission, charges, *_ = story("stay-1")
    gatewayed.office.said(charges, message("m-1", stay="stay-2"))
    gatewayed.run()
    gatewayed.office.said(message("m-2", stay="stay-2"))
    gatewayed.run()
    told = {
        receipt.id: classify(receipt.status, receipt.headers, receipt.body, START)
        for _, receipt, _ in gatewayed.office.post.published
    }
    assert isinstance(told["m-2"], NeedsPerson)
    assert gatewayed.office.heard()[0] == (charges.id, 409)
    gatewayed.office.said(admission)
    gatewayed.run()
    gatewayed.office.clock.pass_time(minutes=10)
    gatewayed.run()
    assert far.kept_ids() == ["m-1", admission.id, charges.id]


@pytest.mark.usefixtures("far")
def test_a_campus_asks_in_our_protocol_and_the_office_in_the_gateways(
    gatewayed: Gatewayed,
) -> None:
    campus, keys = gatewayed.platform, gatewayed.office.keys
    assert campus.ask(question()).facts["worker"]["name"] == "张合成"
    with pytest.raises(PlatformUnsure) as unsure:
        campus.ask(question("510100190001010016"))
    assert "未查到" in unsure.value.text
    with pytest.raises((PlatformUnreachable, PlatformUnsure)):  # there is no agency behind it
        campus.collect(PageQuestion(id="q", at=START, after=0))
    signed = sign(message("m-1"), keys[EAST])
    assert campus.status_of("m-1", signed) == NotReceived()
    assert gatewayed.line.paths == [
        *("/gateway/6101", "/gateway/6101", "/gateway/6301", "/gateway/6202")
    ]
    gatewayed.office.said(message("m-1"))
    gatewayed.run()
    asked = len(gatewayed.line.paths)
    assert isinstance(campus.status_of("m-1", signed), Accepted)
    assert len(gatewayed.line.paths) == asked  # answered from the books


def test_a_question_that_names_nothing_is_not_asked_and_a_strangers_is_refused(
    gatewayed: Gatewayed, far: FarEnd
) -> None:
    for torn in (b"x", b"a.b.c", b"a.e30.c"):
        told = asked(gatewayed, Call("POST", "/v1/verifications", torn, 5.0))
        assert told == Reply(400, {}, b"")
    assert gatewayed.line.paths == []
    stranger = Platform(
        far.url,
        facility=EAST,
        key=new_key(),
        clock=gatewayed.office.clock,
        wire=Wire(deadlines=PATIENT, line=AskLine(Through(gatewayed.asking), EAST)),
    )
    with stranger, pytest.raises(PlatformUnsure):
        stranger.ask(question())


def asked(gatewayed: Gatewayed, call: Call) -> Reply | Silence:
    told = gatewayed.asking.answer(ask_subject(EAST), ask_on_the_wire(call), 0.0)
    assert told is not None
    return read_reply(told)
