"""The rehearsed platform keeps once, refuses with reasons, and remembers across its own crash."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from edge.codec import encode
from simulators.platform.answers import SENTENCES, Absent, Later, Receipt, Refusal
from simulators.platform.checks import Head
from simulators.platform.faults import Fault, Faults, Script, load_script
from simulators.platform.intake import Intake
from simulators.platform.journal import Journal
from simulators.platform.register import SAMPLE, load_register
from sync.envelope import Envelope, Kind, SigningKey, new_key, sign
from sync.standing import StandingQuestion, sign_standing
from tests.sync.far_end import FarEnd
from tests.sync.sender import FACILITY, START, HeldClock, message, story

OTHER_KEY = new_key()


@pytest.fixture
def journal() -> Journal:
    """Return a journal in memory."""
    return Journal()


def intake_of(key: SigningKey, journal: Journal) -> Intake:
    keys = {FACILITY: key.public(), "SC0001": OTHER_KEY.public()}
    return Intake(load_register(), keys, journal, HeldClock())


@pytest.fixture
def tell(key: SigningKey, journal: Journal) -> Callable[..., Receipt | Refusal | Later]:
    """Return a function that hands envelopes to one platform and returns its last answer."""
    intake = intake_of(key, journal)

    def tell(*envelopes: Envelope, by: SigningKey = key) -> Receipt | Refusal | Later:
        return [intake.receive(sign(envelope, by)) for envelope in envelopes][-1]

    return tell


Tell = Callable[..., Receipt | Refusal | Later]


def settlement(body: object, message_id: str = "s") -> Envelope:
    return message(message_id, kind=Kind.SETTLEMENT, body=body)


def test_the_same_bytes_get_the_same_receipt(tell: Tell, journal: Journal) -> None:
    first = tell(message("m-1"))
    assert isinstance(first, Receipt)
    assert tell(message("m-1")) == first
    assert len(journal.kept()) == 1


def test_the_same_id_with_other_bytes_is_refused_and_the_first_receipt_stands(
    tell: Tell, key: SigningKey, journal: Journal
) -> None:
    tell(message("m-1"))
    refused = tell(message("m-1", body={"service": "other"}))
    assert isinstance(refused, Refusal)
    assert refused.code == "MESSAGE_ID_REUSED"
    assert isinstance(intake_of(key, journal).standing("m-1"), Receipt)


@pytest.mark.parametrize(("early", "before"), [(1, 0), (2, 0), (3, 0), (3, 2)])
def test_a_step_before_its_time_is_put_off_until_its_predecessors_came(
    tell: Tell, early: int, before: int
) -> None:
    whole = story("stay-1")
    for one in whole[:before]:
        tell(one)
    assert tell(whole[early]) == Later(code="OUT_OF_ORDER", id=whole[early].id)
    assert all(isinstance(tell(one), Receipt) for one in whole)


def test_a_stay_is_opened_once(tell: Tell) -> None:
    tell(message("m-1"))
    for kind in (Kind.ADMISSION, Kind.FITTING):
        assert tell(message("m-2", kind=kind)) == Refusal(code="ALREADY_OPEN", id="m-2")


def test_a_cancelled_admission_takes_no_lines_and_a_discharged_one_is_not_cancelled(
    tell: Tell,
) -> None:
    assert tell(message("m-0", kind=Kind.CANCELLATION)) == Later(code="OUT_OF_ORDER", id="m-0")
    tell(message("m-1"))
    assert isinstance(tell(message("m-2", kind=Kind.CANCELLATION)), Receipt)
    for kind in (Kind.CHARGES, Kind.DISCHARGE):
        said = tell(message("m-3", kind=kind, body={"lines": []}))
        assert said == Refusal(code="CANCELLED", id="m-3")
    tell(message("n-1", stay="stay-2"))
    tell(message("n-2", stay="stay-2", kind=Kind.DISCHARGE))
    said = tell(message("n-3", stay="stay-2", kind=Kind.CANCELLATION))
    assert said == Refusal(code="ALREADY_DISCHARGED", id="n-3")


def test_what_belongs_to_no_stay_comes_in_any_order(tell: Tell) -> None:
    assert isinstance(tell(message("m-1", stay="2026-11", kind=Kind.CLAIM)), Receipt)


def head(seq: int, mac: str = "A" * 64) -> Envelope:
    body = {"seq": seq, "mac": mac, "signed": f"signed {seq}"}
    return message(f"h-{seq}-{mac[:4]}", stay="ledger", kind=Kind.LEDGER_HEAD, body=body)


def test_heads_of_a_ledger_that_grows_are_kept_and_the_newest_is_given_back(
    tell: Tell, key: SigningKey, journal: Journal
) -> None:
    assert intake_of(key, journal).ledger_head("TJ0001") is None
    assert isinstance(tell(head(5), head(9), head(9, "A" * 64)), Receipt)
    kept = intake_of(key, journal).ledger_head("TJ0001")
    assert kept == Head(seq=9, mac="A" * 64, signed="signed 9")
    assert intake_of(key, journal).ledger_head("BJ0001") is None


@pytest.mark.parametrize("other", [head(8), head(9, "B" * 64)])
def test_a_head_that_no_honest_ledger_can_have_is_refused(tell: Tell, other: Envelope) -> None:
    tell(head(5), head(9))
    refused = tell(other)
    assert refused == Refusal(code="HEAD_CONFLICT", id=other.id, field="seq")
    assert isinstance(tell(head(10, "C" * 64)), Receipt)


@pytest.mark.parametrize(("seq", "mac", "field"), [(0, "A" * 64, "seq"), (1, "a" * 64, "mac")])
def test_a_head_that_is_none_is_refused(tell: Tell, seq: int, mac: str, field: str) -> None:
    refused = tell(head(seq, mac))
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.field) == ("BAD_FIELD", field)


def test_a_fitting_is_settled_without_a_discharge(tell: Tell) -> None:
    totals = {"total_fen": 1, "fund_fen": 1, "personal_fen": 0}
    told = tell(message("f", kind=Kind.FITTING), settlement(totals))
    assert isinstance(told, Receipt)


def test_a_stay_is_settled_once_until_it_is_reversed(tell: Tell) -> None:
    again = settlement({"total_fen": 1, "fund_fen": 1, "personal_fen": 0}, "s-2")
    reversal = message("r", kind=Kind.REVERSAL, body={"original": "stay-1-s"})
    twice = message("r-2", kind=Kind.REVERSAL, body={"original": "stay-1-s"})
    manual = message("x", kind=Kind.MANUAL, body={})
    tell(*story("stay-1"))
    assert tell(again) == Refusal(code="ALREADY_SETTLED", id="s-2")
    assert tell(manual) == Refusal(code="ALREADY_SETTLED", id="x")
    assert isinstance(tell(reversal), Receipt)
    assert tell(twice) == Refusal(code="NOT_SETTLED", id="r-2", field="original")
    assert isinstance(tell(again), Receipt)
    assert tell(twice) == Refusal(code="NOT_SETTLED", id="r-2", field="original")


def test_a_reversal_waits_for_the_settlement_it_reverses(tell: Tell) -> None:
    tell(*story("stay-1")[:3])
    reversal = message("r", kind=Kind.REVERSAL, body={"original": "stay-1-s"})
    assert tell(reversal) == Later(code="OUT_OF_ORDER", id="r")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"fund_fen": 199}, "TOTAL_MISMATCH", "total_fen"),
        ({"personal": {"excluded": 99}}, "TOTAL_MISMATCH", "personal"),
        ({"total_fen": 301, "fund_fen": 201}, "TOTAL_MISMATCH", "lines.amount_fen"),
        ({"fund_fen": 201, "personal_fen": 99}, "TOTAL_MISMATCH", "lines.fund_fen"),
        ({"total_fen": "300"}, "BAD_FIELD", "total_fen"),
        ({"total_fen": 300.5}, "BAD_FIELD", "total_fen"),
        ({"lines": [{"id": "1"}]}, "BAD_FIELD", "lines[0].amount_fen"),
    ],
)
def test_a_bill_that_does_not_add_up_is_refused_with_the_field(
    tell: Tell, body: dict[str, object], code: str, field: str
) -> None:
    tell(*story("stay-1")[:3])
    right = json.loads(story("stay-1")[3].body)
    assert tell(settlement({**right, **body})) == Refusal(code=code, id="s", field=field)


def test_wrong_lines_are_named_one_by_one(tell: Tell) -> None:
    tell(*story("stay-1")[:3])
    line = {"amount_fen": 3, "fund_fen": 2, "personal_fen": 1}
    lines = [{"id": "1", **line}, {"id": "2", **line, "fund_fen": 0}, {"id": "1", **line}]
    refused = tell(settlement({"total_fen": 9, "fund_fen": 6, "personal_fen": 3, "lines": lines}))
    assert isinstance(refused, Refusal)
    found = [(line.id, line.code) for line in refused.lines]
    assert found == [("1", "DUPLICATE_LINE"), ("2", "LINE_MISMATCH")]


def test_charges_with_a_repeated_line_are_refused(tell: Tell) -> None:
    tell(message("a"))
    line = {"id": "1", "amount_fen": 1}
    refused = tell(message("c", kind=Kind.CHARGES, body={"lines": [line, line]}))
    assert isinstance(refused, Refusal)
    assert refused.code == "LINES_REFUSED"


def test_one_facility_cannot_speak_for_another_nor_from_another_region(
    tell: Tell, key: SigningKey, journal: Journal
) -> None:
    forged = tell(message("m-1"), by=OTHER_KEY)
    assert forged == Refusal(code="WRONG_SIGNER", field="facility")
    assert intake_of(key, journal).standing("m-1") == Absent("m-1")
    assert isinstance(tell(message("m-1")), Receipt)
    moved = replace(message("m-2"), treatment_region="510000")
    assert tell(moved) == Refusal(code="WRONG_REGION", id="m-2", field="treatment_region")
    nobody = replace(message("m-3"), facility="XX0000")
    assert tell(nobody) == Refusal(code="UNKNOWN_FACILITY", field="facility")


def test_a_refusal_is_remembered_until_the_message_is_taken(
    key: SigningKey, journal: Journal
) -> None:
    intake = intake_of(key, journal)
    settled = story("stay-1")[3]
    doubled = message("stay-2", kind=Kind.MANUAL, body={})
    for one in story("stay-1"):
        intake.receive(sign(one, key))
    assert isinstance(intake.receive(sign(doubled, key)), Refusal)
    assert isinstance(intake.standing("stay-2"), Refusal)
    reversal = message("r", kind=Kind.REVERSAL, body={"original": settled.id})
    intake.receive(sign(reversal, key))
    assert isinstance(intake.receive(sign(doubled, key)), Receipt)
    assert isinstance(intake.standing("stay-2"), Receipt)


def test_what_was_acknowledged_survives_a_crash_and_a_torn_line_does_not_count(
    tmp_path: Path, key: SigningKey
) -> None:
    path = tmp_path / "platform.jsonl"
    with closing(Journal(path)) as journal:
        intake = intake_of(key, journal)
        receipts = [intake.receive(sign(one, key)) for one in story("stay-1")]
    path.write_bytes(path.read_bytes()[:-10])
    with closing(Journal(path)) as journal:
        intake = intake_of(key, journal)
        assert [intake.standing(one.id) for one in story("stay-1")[:3]] == receipts[:3]
        assert isinstance(intake.standing("stay-1-s"), Absent)
        assert isinstance(intake.receive(sign(story("stay-1")[3], key)), Receipt)
    with closing(Journal(path)) as journal:
        assert len(journal.kept()) == 4


def test_every_code_has_its_sentences_in_both_languages() -> None:
    for code, sentence in SENTENCES.items():
        assert all(sentence), code


def test_the_sample_register_reads_and_a_misspelt_key_is_an_error(tmp_path: Path) -> None:
    register = load_register()
    assert len(register.workers) == 6
    misspelt = tmp_path / "register.toml"
    misspelt.write_text(SAMPLE.read_text(encoding="utf-8").replace("suspended", "suspendet"))
    with pytest.raises(ValueError, match="suspendet"):
        load_register(misspelt)
    as_json = tmp_path / "register.json"
    as_json.write_bytes(encode(register.model_dump(mode="json")))
    assert load_register(as_json) == register


def test_the_sample_persons_have_valid_but_invented_numbers() -> None:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    for worker in load_register().workers:
        total = sum(int(n) * w for n, w in zip(worker.id_number[:17], weights, strict=True))
        assert "10X98765432"[total % 11] == worker.id_number[17]
        assert "合成" in worker.name


def test_a_fault_strikes_where_and_as_often_as_the_script_says(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text('[[fault]]\non = "messages"\ndo = "down"\ntimes = 2\n', encoding="utf-8")
    faults = Faults(load_script(path))
    struck = [faults.strike(place) for place in ("status", "messages", "messages", "messages")]
    assert [fault and fault.do for fault in struck] == [None, "down", "down", None]
    assert faults.left() == []


def test_chances_repeat_with_their_seed() -> None:
    script = Script(seed=7, fault=(Fault(do="down", times=0, chance=0.3),))
    runs = []
    for _ in range(2):
        faults = Faults(script)
        runs.append([bool(faults.strike("messages")) for _ in range(200)])
    assert runs[0] == runs[1]
    assert 30 < sum(runs[0]) < 90


def test_an_unknown_fault_is_an_error() -> None:
    with pytest.raises(ValueError, match="explode"):
        Script.model_validate({"fault": [{"do": "explode"}]})


def test_a_rehearsal_is_steered_and_watched_over_http(far: FarEnd) -> None:
    script = {"fault": [{"on": "messages", "do": "down", "times": 2}]}
    status, played = _call(far, "POST", "/sim/faults", script)
    assert (status, played["faults"][0]["left"]) == (200, 2)
    assert _call(far, "GET", "/sim/faults") == (200, played)
    assert _call(far, "POST", "/sim/faults", {"fault": [{"do": "explode"}]})[0] == 422
    assert _call(far, "POST", "/sim/faults", {}) == (200, {"faults": []})
    assert _call(far, "GET", "/sim/messages") == (200, {"messages": []})


def _call(far: FarEnd, method: str, path: str, body: object = None) -> tuple[int, Any]:
    host = far.url.removeprefix("http://")
    with closing(HTTPConnection(host)) as connection:
        headers = {"content-type": "application/json"}
        connection.request(method, path, encode(body) if body is not None else None, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def test_what_became_of_a_message_is_told_to_the_facility_that_sent_it_alone(
    key: SigningKey,
) -> None:
    other = new_key()
    keys = {FACILITY: key.public(), "SC0001": other.public()}
    intake = Intake(load_register(), keys, Journal(), HeldClock())
    intake.receive(sign(message("m-1"), key))
    asked = StandingQuestion(id="m-1", at=START)
    assert isinstance(intake.asked_about(sign_standing(asked, FACILITY, key)), Receipt)
    assert intake.asked_about(sign_standing(asked, "SC0001", other)) == Absent("m-1")
    forged = intake.asked_about(sign_standing(asked, FACILITY, other))
    assert isinstance(forged, Refusal)
    assert (forged.code, forged.id) == ("WRONG_SIGNER", "")
    nonsense = intake.asked_about(b"m-1")
    assert isinstance(nonsense, Refusal)
    assert nonsense.code == "BAD_SIGNATURE"
