"""Identify, verify, admit: what is kept, what is refused, and that nothing is half-written."""

import json
from dataclasses import replace
from typing import Any

import pytest

from edge.case.verdict import Asked
from edge.codec import encode
from edge.core.errors import BadInput, Conflict, NotFound
from edge.core.stay import Bedside, Injury, StayState
from edge.core.verification import Decision, Emergency, Moment, Service
from edge.core.verification import verify as judge
from edge.steps.admit import Admission, admit
from edge.steps.verify import verify
from edge.store.stays import load_stay
from edge.store.verifications import load_verification
from sync.envelope import open_signed
from sync.relay import Relay
from tests.steps.conftest import CLERK, FACTS, PERSON, Ground

INJURY = Injury(determination="认定1", parts="左手")


def test_a_card_is_the_same_person_each_time(ground: Ground) -> None:
    first, second = ground.identified(), ground.identified()
    assert first.person_id == second.person_id
    assert first.id != second.id
    assert ground.count("people") == 1


def test_no_number_and_no_name_lies_in_the_database(ground: Ground) -> None:
    ground.discharged()
    ground.site.store.read().execute("pragma wal_checkpoint(truncate)")
    stored = b"".join(path.read_bytes() for path in ground.site.store.path.parent.glob("edge.db*"))
    assert PERSON.number.encode() not in stored
    assert PERSON.name.encode() not in stored


def test_a_verdict_is_kept_with_its_inputs_and_reads_back_the_same(ground: Ground) -> None:
    verification = ground.verified()
    assert verification.verdict.decision is Decision.DIRECT
    assert verification.basis == "online"
    kept = load_verification(ground.site.store.read(), ground.site.vault, verification.id)
    assert kept == verification
    assert encode(kept.verdict) == encode(verification.verdict)


def test_without_the_platform_nothing_is_guessed(ground: Ground) -> None:
    ground.platform.down = True
    verification = ground.verified()
    assert verification.verdict.decision is Decision.HOLD
    assert [reason.code for reason in verification.verdict.reasons] == ["PLATFORM_UNREACHABLE"]
    assert verification.basis == "none"


def test_a_card_read_too_long_ago_opens_nothing(ground: Ground) -> None:
    identification = ground.identified()
    ground.clock.pass_time(minutes=10, seconds=1)
    asked = Asked(service=Service.INPATIENT_MEDICAL, moment=Moment.ADMISSION)
    with pytest.raises(Conflict) as refused:
        verify(ground.site, identification.id, asked, CLERK)
    assert refused.value.code == "IDENTIFICATION_EXPIRED"


def test_an_identification_that_never_was_is_named(ground: Ground) -> None:
    asked = Asked(service=Service.INPATIENT_MEDICAL, moment=Moment.ADMISSION)
    with pytest.raises(NotFound) as refused:
        verify(ground.site, "nobody", asked, CLERK)
    assert refused.value.code == "UNKNOWN_IDENTIFICATION"


def test_an_admission_is_kept_entered_and_told_together(ground: Ground) -> None:
    stay = ground.admitted()
    assert stay.state is StayState.ADMITTED
    assert (ground.count("stays"), ground.count("outbox")) == (1, 1)
    Relay(ground.site.store, ground.site.outbox, ground.platform, ground.clock).run_once()
    keys = {ground.site.public_key.kid: ground.site.public_key}
    (payload,) = ground.platform.received.values()
    envelope = open_signed(payload, keys)
    assert (envelope.kind, envelope.order_key) == ("admission", stay.id)
    assert json.loads(envelope.body)["id_number"] == PERSON.number


def test_a_person_already_in_hospital_is_not_admitted_twice(ground: Ground) -> None:
    stay = ground.admitted()
    with pytest.raises(Conflict) as refused:
        ground.admitted()
    assert refused.value.code == "STAY_EXISTS"
    assert stay.id in refused.value.next_action.en
    assert (ground.count("stays"), ground.count("outbox")) == (1, 1)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"hospital_number": " "}, "hospital_number"),
        ({"injury": Injury(determination="", parts="左手")}, "injury.determination"),
        ({"injury": Injury(determination="认定1", parts="")}, "injury.parts"),
    ],
)
def test_an_empty_field_is_named_and_nothing_written(
    ground: Ground, wrong: dict[str, Any], field: str
) -> None:
    admission = Admission(verification=ground.verified().id, hospital_number="ZY1", injury=INJURY)
    with pytest.raises(BadInput) as refused:
        admit(ground.site, replace(admission, **wrong), CLERK)
    assert refused.value.field == field
    assert ground.count("stays") == 0


def test_an_admission_in_the_future_is_refused(ground: Ground) -> None:
    verification = ground.verified()
    at = ground.clock.now.replace(year=2027)
    admission = Admission(
        verification=verification.id, hospital_number="ZY1", injury=INJURY, admitted_at=at
    )
    with pytest.raises(BadInput) as refused:
        admit(ground.site, admission, CLERK)
    assert refused.value.code == "ADMISSION_MOMENT"


def test_a_verdict_that_does_not_admit_opens_no_stay(ground: Ground) -> None:
    ground.platform.facts = FACTS | {"worker": FACTS["worker"] | {"suspended": True}}
    verification = ground.verified()
    assert verification.verdict.decision is Decision.MANUAL
    admission = Admission(verification=verification.id, hospital_number="ZY1", injury=INJURY)
    with pytest.raises(Conflict) as refused:
        admit(ground.site, admission, CLERK)
    assert refused.value.code == "NOT_ADMISSIBLE"
    assert (ground.count("stays"), ground.count("outbox")) == (0, 0)


def test_a_platform_that_contradicts_itself_counts_as_silent(ground: Ground) -> None:
    backwards = FACTS["filing"] | {"valid_from": "2027-03-01", "valid_to": "2026-03-02"}
    ground.platform.facts = FACTS | {"filing": backwards}
    verification = ground.verified()
    assert [reason.code for reason in verification.verdict.reasons] == ["PLATFORM_UNREACHABLE"]
    assert [told[1] for told in ground.log.told] == ["platform.contradicts"]


def test_a_stored_verdict_is_computed_again_to_the_same_bytes(ground: Ground) -> None:
    verification = ground.verified()
    kept = load_verification(ground.site.store.read(), ground.site.vault, verification.id)
    again = judge(kept.facts, ground.site.rulebook)
    assert encode(again) == encode(verification.verdict)


KNOWN = [{"number": "认定1", "parts": "左手"}, {"number": "认定2", "parts": "右膝"}]


def test_a_worker_with_several_determinations_is_admitted_under_one_of_them(
    ground: Ground,
) -> None:
    ground.platform.facts = FACTS | {"worker": FACTS["worker"] | {"determinations": KNOWN}}
    verification = ground.verified()
    assert [injury.determination for injury in verification.determinations] == ["认定1", "认定2"]
    kept = load_verification(ground.site.store.read(), ground.site.vault, verification.id)
    assert kept.determinations == verification.determinations

    other = Injury(determination="认定3", parts="左手")
    admission = Admission(verification=verification.id, hospital_number="ZY1", injury=other)
    with pytest.raises(BadInput) as refused:
        admit(ground.site, admission, CLERK)
    assert (refused.value.code, refused.value.field) == ("UNKNOWN_DETERMINATION", "determination")
    assert "认定2" in refused.value.reason.zh

    chosen = Injury(determination="认定2", parts="右膝")
    stay = admit(ground.site, replace(admission, injury=chosen), CLERK)
    assert load_stay(ground.site.store.read(), stay.id).injury == chosen


def test_unreadable_determinations_are_none_and_bar_nothing(ground: Ground) -> None:
    ground.platform.facts = FACTS | {"worker": FACTS["worker"] | {"determinations": [{}]}}
    verification = ground.verified()
    assert verification.determinations == ()
    assert [told[1] for told in ground.log.told] == ["platform.unreadable"]


def test_an_emergency_is_kept_with_its_kind_and_document(ground: Ground) -> None:
    asked = Asked(
        service=Service.INPATIENT_MEDICAL,
        moment=Moment.ADMISSION,
        emergency=Emergency.FORCE_MAJEURE,
    )
    verification = verify(ground.site, ground.identified().id, asked, CLERK)
    admission = Admission(verification=verification.id, hospital_number="ZY1", injury=INJURY)
    with pytest.raises(BadInput) as refused:
        admit(ground.site, admission, CLERK)
    assert refused.value.field == "emergency_document"

    proven = replace(admission, bedside=Bedside(emergency_document="洪水证明"))
    stay = admit(ground.site, proven, CLERK)
    kept = load_stay(ground.site.store.read(), stay.id)
    assert kept.bedside.emergency_document == "洪水证明"
    origin = load_verification(ground.site.store.read(), ground.site.vault, kept.verification_id)
    assert origin.facts.emergency is Emergency.FORCE_MAJEURE
