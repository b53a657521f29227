"""Who may send, what is not taken, and that a thing is done once whatever the line does."""

from dataclasses import replace

import pytest

from edge.core.stay import Stay, StayState
from edge.hl7.answering import answer
from edge.store.operators import Scope
from edge.store.stays import stay_numbered
from edge.store.tokens import create_token, set_pace
from simulators.card import synthetic_person
from sync.envelope import Kind
from tests.hl7.conftest import NUMBER, Bench
from tests.steps.conftest import PERSON

PID = f"PID|||{PERSON.number}^^^^NI"
VISIT = f"PV1{'|' * 19}{NUMBER}"
ADMITS = (PID, VISIT, "ACC||||||||左手", f"IN1{'|' * 14}VERIFICATION{'|' * 22}认定1")
LEAVES = f"{VISIT}{'|' * 26}20261120093000"
LINE = "FT1||1||20261120||CG|DRUG|||1|12.00|12.00||WC"


def stay_of(bench: Bench) -> Stay | None:
    return stay_numbered(bench.ground.site.store.read(), NUMBER)


def told(bench: Bench) -> list[Kind]:
    """Return what the platform is told of the stay, in order."""
    stay = stay_of(bench)
    assert stay
    site = bench.ground.site
    of_case = sorted(site.outbox.of_case(site.store.read(), stay.id), key=lambda one: one.id)
    return [message.kind for message in of_case]


def refused(said: list[str], code: str, ours: str, place: str) -> None:
    assert said[1].startswith(f"MSA|{code}")
    error = said[2].split("|")
    assert (error[5], error[7]) == (ours, place)
    assert " / " in error[8]
    assert "~" in error[8]


def test_a_stranger_is_not_heard(bench: Bench) -> None:
    refused(bench.say(*ADMITS, token="no-such"), "AR", "LOGIN_REQUIRED", "MSH-8")
    assert stay_of(bench) is None


def test_a_token_does_only_what_its_scopes_allow(bench: Bench) -> None:
    site = bench.ground.site
    with site.store.transaction() as db:
        token = create_token(db, fresh="t2", name="LIS", scopes={Scope.CHARGE}, at=site.clock())
    refused(bench.say(*ADMITS, token=token), "AR", "GRANT_MISSING", "MSH-8")
    assert stay_of(bench) is None


def test_a_token_is_held_to_its_pace(bench: Bench) -> None:
    with bench.ground.site.store.transaction() as db:
        set_pace(db, "HIS", 1)
    bench.say(*ADMITS)
    refused(bench.say(*ADMITS, control="2"), "AR", "TOO_MANY_CALLS", "")
    assert told(bench) == [Kind.ADMISSION]


@pytest.mark.parametrize(
    ("head", "code", "place"),
    [
        ({"version": "3.0"}, "HL7_VERSION", "MSH-12"),
        ({"event": "ADT^A02"}, "HL7_EVENT", "MSH-9"),
        ({"processing": "T"}, "HL7_PROCESSING", "MSH-11"),
        ({"control": ""}, "HL7_FIELD_MISSING", "MSH-10"),
    ],
)
def test_what_no_resending_mends_is_rejected(
    bench: Bench, head: dict[str, str], code: str, place: str
) -> None:
    refused(bench.say(*ADMITS, **head), "AR", code, place)
    assert stay_of(bench) is None


@pytest.mark.parametrize("given", [b"", b"hello", b"MSH|^~\\&|\xff\xfe", b"MSH|" + b"\rA" * 6000])
def test_what_is_no_message_is_rejected_without_a_name(bench: Bench, given: bytes) -> None:
    said = answer(bench.counter, given).decode()
    assert "MSA|AR\r" in said
    assert "HL7_UNREADABLE" in said


@pytest.mark.parametrize("missing", range(len(ADMITS)))
def test_an_admission_without_a_segment_names_the_field_and_admits_nobody(
    bench: Bench, missing: int
) -> None:
    kept = [segment for n, segment in enumerate(ADMITS) if n != missing]
    place = ["PID-3", "PV1-19", "ACC-8", "IN1-14"][missing]
    refused(bench.say(*kept), "AE", "HL7_FIELD_MISSING", place)
    assert stay_of(bench) is None


def test_a_message_about_another_patient_is_refused(bench: Bench) -> None:
    other = f"PID|||{synthetic_person(3).number}^^^^NI"
    refused(bench.say(other, *ADMITS[1:]), "AE", "HL7_PATIENT", "PID-3")
    bench.say(*ADMITS)
    said = bench.say(other, LEAVES, event="ADT^A03", control="2")
    refused(said, "AE", "HL7_PATIENT", "PID-3")
    assert PERSON.number not in "".join(said)


def test_a_refusal_of_a_step_names_the_field_of_the_message(bench: Bench) -> None:
    wrong = ADMITS[3].replace("VERIFICATION", "no-such")
    refused(bench.say(*ADMITS[:3], wrong), "AE", "UNKNOWN_VERIFICATION", "IN1-14")
    bench.say(*ADMITS)
    before = f"{VISIT}{'|' * 26}20261120093000+0900"
    said = bench.say(before, event="ADT^A03", control="2")
    refused(said, "AE", "DISCHARGE_MOMENT", "PV1-45")
    assert told(bench) == [Kind.ADMISSION]


@pytest.mark.parametrize("moment", ["20261120", "2026-11-20", "20261340093000", "yesterday"])
def test_a_moment_of_another_form_is_refused(bench: Bench, moment: str) -> None:
    bench.say(*ADMITS)
    said = bench.say(f"{VISIT}{'|' * 26}{moment}", event="ADT^A03", control="2")
    refused(said, "AE", "HL7_FIELD", "PV1-45")
    assert told(bench) == [Kind.ADMISSION]


def test_a_control_id_with_other_content_is_refused(bench: Bench) -> None:
    bench.say(*ADMITS)
    refused(bench.say(LEAVES, event="ADT^A03"), "AE", "CONTROL_ID_REUSED", "MSH-10")
    stay = stay_of(bench)
    assert stay
    assert stay.state is StayState.ADMITTED


def test_an_answer_is_remembered_for_ninety_days(bench: Bench) -> None:
    bench.say(*ADMITS)
    bench.ground.clock.pass_time(days=90)
    bench.say(VISIT, LINE, event="DFT^P03", control="2")
    assert bench.ground.count("hl7_answers") == 2
    bench.ground.clock.pass_time(days=1)
    bench.say(VISIT, event="ADT^A08", control="3")
    assert bench.ground.count("hl7_answers") == 2


def test_what_was_refused_may_come_again_under_its_id(bench: Bench) -> None:
    refused(bench.say(*ADMITS[1:]), "AE", "HL7_FIELD_MISSING", "PID-3")
    assert bench.say(*ADMITS)[1].startswith("MSA|AA|1|")


def test_a_deed_whose_answer_was_lost_with_us_is_not_done_twice(bench: Bench) -> None:
    def forget() -> None:
        with bench.ground.site.store.transaction() as db:
            db.execute("delete from hl7_answers")

    story = [
        (ADMITS, "ADT^A01"),
        ((VISIT, LINE), "DFT^P03"),
        ((LEAVES,), "ADT^A03"),
    ]
    for segments, event in story:
        first = bench.say(*segments, event=event)
        forget()
        again = bench.say(*segments, event=event)
        forget()
        assert (first[1][:8], again[1][:8]) == ("MSA|AA|1", "MSA|AA|1")
    assert bench.ground.count("stays") == 1
    assert told(bench) == [Kind.ADMISSION, Kind.DISCHARGE]


def test_an_admission_that_was_none_is_cancelled_once_and_the_platform_told(bench: Bench) -> None:
    bench.say(*ADMITS)
    for control in ("2", "3"):
        assert "|AA|" in bench.say(VISIT, event="ADT^A11", control=control)[1]
    stay = stay_of(bench)
    assert stay
    assert stay.state is StayState.CANCELLED
    assert told(bench) == [Kind.ADMISSION, Kind.CANCELLATION]
    said = bench.say(VISIT, LINE, event="DFT^P03", control="4")
    refused(said, "AE", "STAY_STATE", "PV1-19")


def test_an_admission_with_charges_is_not_cancelled(bench: Bench) -> None:
    bench.say(*ADMITS)
    bench.say(VISIT, LINE, event="DFT^P03", control="2")
    said = bench.say(VISIT, event="ADT^A11", control="3")
    refused(said, "AE", "STAY_CHARGED", "PV1-19")
    assert told(bench) == [Kind.ADMISSION]


def test_what_a_later_message_leaves_out_stays_as_it_was(bench: Bench) -> None:
    bench.say(*ADMITS, "DG1|||S62.6^骨折")
    moved = VISIT.replace("PV1|||", "PV1|||三病区^^8")
    assert "|AA|" in bench.say(moved, event="ADT^A08", control="2")[1]
    stay = stay_of(bench)
    assert stay
    assert (stay.bedside.ward, stay.bedside.bed, stay.bedside.diagnosis) == ("三病区", "8", "骨折")
    assert bench.changed == [stay.id] * 2


def test_a_plan_that_cannot_be_moves_nobody(bench: Bench) -> None:
    bench.say(*ADMITS)
    moved = VISIT.replace("PV1|||", "PV1|||三病区^^8")
    said = bench.say(moved, "PV2|||||||||20261101", event="ADT^A08", control="2")
    refused(said, "AE", "PLANNED_DAY", "PV2-9")
    stay = stay_of(bench)
    assert stay
    assert stay.bedside.ward == ""


def test_a_site_that_only_rehearses_takes_test_messages(bench: Bench) -> None:
    site = bench.ground.site
    desk = site.settings.desk.model_copy(update={"simulated": True})
    rehearsing = replace(site, settings=site.settings.model_copy(update={"desk": desk}))
    bench.counter = replace(bench.counter, site=rehearsing)
    assert "|AA|" in bench.say(*ADMITS, processing="T")[1]


def test_the_unforeseen_is_answered_and_logged_without_the_message(bench: Bench) -> None:
    bench.counter = replace(bench.counter, changed=dict[str, str]().__getitem__)
    refused(bench.say(*ADMITS), "AE", "INTERNAL", "")
    assert PERSON.number not in repr(bench.ground.log)
