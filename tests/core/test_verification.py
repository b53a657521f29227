"""A verdict gives every reason, in order, in both languages, and is the contract's JSON."""

import json
from dataclasses import replace
from datetime import date, datetime

import pytest

from edge import codec
from edge.core.credential import CredentialKind
from edge.core.errors import BadInput
from edge.core.verification import (
    Basis,
    Code,
    Credential,
    Decision,
    Device,
    Emergency,
    Facts,
    FilingStatus,
    Moment,
    Notice,
    NoticeItem,
    Service,
    Source,
    WarningCode,
)
from edge.core.verification.reasons import Finding
from edge.core.verification.sentences import _SENTENCES, next_step, next_step_en, told
from edge.core.verification.warned import warned, warning_en
from tests.core.desk import FILING, SOUND, at, codes, discharged, verdict


def test_a_sound_case_is_direct() -> None:
    given = verdict(SOUND)
    assert given.decision is Decision.DIRECT
    assert [reason.code for reason in given.reasons] == [Code.VERIFIED_ONLINE]
    assert given.warnings == ()
    assert given.settle_by is None


def test_reasons_come_strongest_first_then_by_code() -> None:
    worst = replace(
        SOUND,
        third_party=True,
        facility=replace(SOUND.facility, direct=False, suspended=True),
        credential=Credential(),
        filing=replace(FILING, valid_to=date(2024, 5, 31), destination="510100"),
    )
    assert list(codes(worst).items()) == [
        ("FACILITY_NOT_DIRECT", "refuse"),
        ("FILING_DESTINATION_MISMATCH", "refuse"),
        ("FILING_EXPIRED", "refuse"),
        ("FACILITY_SUSPENDED", "manual"),
        ("THIRD_PARTY_LIABILITY", "manual"),
        ("CREDENTIAL_REQUIRED", "hold"),
        ("VERIFIED_ONLINE", "direct"),
    ]
    assert verdict(worst).decision is Decision.REFUSE


def test_a_local_worker_ends_the_judgement() -> None:
    here = replace(SOUND.facility, region="120000", city="120110", direct=False)
    local = replace(SOUND, facility=here, third_party=True, filing=None)
    local = discharged(local, discharged="2024-06-05 10:00", settled="2024-06-05 11:00")
    given = verdict(local)
    assert [(r.code, r.effect) for r in given.reasons] == [(Code.LOCAL_WORKER, Decision.LOCAL)]
    assert given.settle_by is None
    assert given.warnings == ()


def test_every_code_has_its_sentences_and_a_next_step_for_every_effect() -> None:
    assert {code for code, _ in _SENTENCES} == set(Code)
    for (code, variant), sentence in _SENTENCES.items():
        for effect in Decision:
            step = next_step(sentence.mend, effect)
            assert step.endswith("。"), (code, variant)
            assert next_step_en(step, effect).isascii(), (code, variant)
            assert next_step_en(step, effect), (code, variant)
        assert sentence.zh != sentence.en


def test_a_next_step_of_another_release_has_no_english() -> None:
    assert next_step_en("照旧办理。", Decision.DIRECT) == ""
    assert next_step_en("以核验结果为准办理。", Decision.DIRECT) == "go by what was verified"


@pytest.mark.parametrize("code", WarningCode)
def test_a_warning_is_read_in_english_with_what_it_names(code: WarningCode) -> None:
    blanks = {"last": "2024-06-30", "given": "2025-01-01", "allowed": "2024-12-31", "region": "TJ"}
    warning = warned(code, **blanks)
    english = warning_en(warning)
    assert english.isascii()
    assert [one for one in blanks.values() if one in english] == [
        one for one in blanks.values() if one in warning.text
    ]
    assert warning_en(replace(warning, text="旧的说法")) == "旧的说法"


def test_sentences_name_days_as_shanghai_has_them() -> None:
    blanks = {"approved": at("2024-06-01 00:30"), "started": at("2024-05-31 23:00")}
    zh, en, _ = told(Finding(Code.FILING_MISSING, "late", blanks))
    assert "2024-06-01 00:30" in zh
    assert "2024-05-31 23:00" in en


def test_sentences_name_a_service_in_their_own_language() -> None:
    zh, en, _ = told(Finding(Code.SERVICE_OUT_OF_SCOPE, blanks={"service": Service.DEVICE}))
    assert zh.startswith("辅助器具配置")
    assert en.startswith("devices")


def test_no_sentence_names_the_person() -> None:
    other = replace(SOUND.credential, id_number="330101197901013012", name="孙乙")
    text = codec.encode(verdict(replace(SOUND, credential=other))).decode()
    assert "赵甲" not in text
    assert "孙乙" not in text
    assert "33010119790101" not in text


def test_a_verdict_is_the_contracts_json() -> None:
    settled = discharged(SOUND, discharged="2024-06-05 10:00", settled="2024-06-05 11:00")
    given = json.loads(codec.encode(verdict(settled)))
    assert list(given) == ["decision", "packs", "reasons", "settle_by", "warnings"]
    assert given["settle_by"] == "2024-06-07T10:00:00+08:00"
    assert sorted(given["reasons"][0]) == ["article", "code", "effect", "next", "text", "text_en"]
    assert [pack["side"] for pack in given["packs"]] == ["insured", "treatment"]
    assert sorted(given["packs"][0]) == ["region", "sha256", "side", "version"]


def test_a_warning_is_a_code_and_a_text() -> None:
    long = replace(FILING, valid_to=date(2026, 4, 30))
    given = json.loads(codec.encode(verdict(replace(SOUND, filing=long))))
    assert [sorted(warning) for warning in given["warnings"]] == [["code", "text"]]
    assert given["warnings"][0]["code"] == "FILING_EXCEEDS_PACK"


def test_the_time_to_settle_is_told_in_shanghai_whatever_offset_was_sent() -> None:
    settled = replace(
        discharged(SOUND, discharged="2024-06-05 10:00", settled="2024-06-05 11:00"),
        discharged_at=datetime.fromisoformat("2024-06-05T02:00:00+00:00"),
    )
    assert codec.plain(verdict(settled))["settle_by"] == "2024-06-07T10:00:00+08:00"


def test_facts_leave_out_what_is_null_false_or_empty() -> None:
    least = b"""{"facility": {"region": "330000"}, "worker": {"insured_region": "120000"},
        "service": "inpatient_medical", "moment": "admission", "at": "2024-06-01T09:00:00+08:00"}"""
    nulls = b"""{"facility": {"region": "330000", "city": null, "kinds": null},
        "worker": {"insured_region": "120000", "name": null, "id_number": null,
        "insured_city": null}, "service": "inpatient_medical", "moment": "admission",
        "at": "2024-06-01T09:00:00+08:00", "emergency": null, "filing": null, "notice": null,
        "contribution": null, "devices": null}"""
    assert codec.encode(verdict(codec.decode(least, Facts))) == codec.encode(
        verdict(codec.decode(nulls, Facts))
    )
    assert codes(codec.decode(least, Facts)) == {
        "FACILITY_NOT_DIRECT": "refuse",
        "FACILITY_TYPE_MISMATCH": "refuse",
        "CREDENTIAL_REQUIRED": "hold",
        "PLATFORM_UNREACHABLE": "hold",
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [('"service": "surgery"', "service"), ('"at": "2024-06-31T09:00:00+08:00"', "at")],
)
def test_what_facts_cannot_be_names_its_field(change: str, field: str) -> None:
    given = f"""{{"facility": {{"region": "330000"}}, "worker": {{"insured_region": "120000"}},
        "service": "device", "moment": "fitting", "at": "2024-06-01T09:00:00+08:00", {change}}}"""
    with pytest.raises(BadInput) as raised:
        codec.decode(given, Facts)
    assert raised.value.field == field


def test_identity_needs_both_numbers() -> None:
    unread = replace(SOUND.credential, id_number="")
    unknown = replace(SOUND.worker, id_number=None)
    assert codes(replace(SOUND, credential=unread))["IDENTITY_UNPROVEN"] == "hold"
    assert codes(replace(SOUND, worker=unknown))["IDENTITY_UNPROVEN"] == "hold"


@pytest.mark.parametrize("written", ["赵 甲", " 赵甲\u3000", "赵甲"])
def test_spaces_in_a_name_are_typing(written: str) -> None:
    assert "IDENTITY_UNPROVEN" not in codes(
        replace(SOUND, credential=replace(SOUND.credential, name=written))
    )


@pytest.mark.parametrize("dot", "·•‧∙⋅・･．.")
def test_dots_in_a_name_are_typing(dot: str) -> None:
    worker = replace(SOUND.worker, name="阿依古丽·买买提")
    card = replace(SOUND.credential, name=f"阿依古丽{dot}买买提")
    assert "IDENTITY_UNPROVEN" not in codes(replace(SOUND, worker=worker, credential=card))


@pytest.mark.parametrize(
    "card", [replace(SOUND.credential, id_number=""), replace(SOUND.credential, name="赵佳")]
)
def test_a_clerk_s_reason_takes_the_doubt_away(card: Credential) -> None:
    doubted, confirmed = card, replace(card, confirmed="查验身份证件，系同一人")
    assert codes(replace(SOUND, credential=doubted))["IDENTITY_UNPROVEN"] == "hold"
    assert verdict(replace(SOUND, credential=confirmed)).decision == "direct"
    blank = replace(card, confirmed="  ")
    assert codes(replace(SOUND, credential=blank))["IDENTITY_UNPROVEN"] == "hold"


def test_no_reason_makes_another_number_this_worker_s() -> None:
    other = replace(SOUND.credential, id_number="330101197901013012", confirmed="系同一人")
    assert codes(replace(SOUND, credential=other))["IDENTITY_MISMATCH"] == "hold"


def test_another_number_with_another_name_is_both() -> None:
    other = Credential(kind=CredentialKind.CARD, id_number="330101197901013012", name="孙乙")
    given = codes(replace(SOUND, credential=other))
    assert given["IDENTITY_MISMATCH"] == given["IDENTITY_UNPROVEN"] == "hold"


def test_a_list_without_a_moment_is_stale() -> None:
    given = verdict(replace(SOUND, source=Source(basis=Basis.LIST)))
    assert [reason.code for reason in given.reasons] == [Code.LIST_STALE]
    assert "没有时间" in given.reasons[0].text


def test_a_visit_is_judged_on_its_own_day_however_late_it_is_settled() -> None:
    visit = replace(
        SOUND,
        service=Service.DEVICE,
        at=at("2024-06-01 09:00"),
        filing=replace(FILING, device_until=date(2024, 6, 1)),
    )
    late = discharged(visit, discharged="2024-06-01 10:00", settled="2024-09-01 10:00")
    assert codes(late) == {"SETTLEMENT_OVERDUE": "direct", "VERIFIED_ONLINE": "direct"}


def test_an_emergency_admission_that_was_promised_may_still_be_filed() -> None:
    promised = replace(
        SOUND,
        filing=None,
        emergency=Emergency.EMERGENCY,
        admission_decision=Decision.PROVISIONAL,
    )
    settled = discharged(promised, discharged="2024-06-05 10:00", settled="2024-06-09 10:00")
    assert codes(settled)["FILING_MISSING"] == "hold"
    assert codes(promised)["FILING_MISSING"] == "manual"


def test_an_emergency_finds_no_cure_for_a_facility_of_the_wrong_kind() -> None:
    wrong = replace(SOUND, facility=replace(SOUND.facility, kinds=()))
    assert codes(wrong)["FACILITY_TYPE_MISMATCH"] == "refuse"
    assert codes(replace(wrong, emergency=Emergency.EMERGENCY)) == {
        "FACILITY_TYPE_MISMATCH": "manual",
        "VERIFIED_ONLINE": "direct",
    }


def test_a_facility_not_chosen_is_by_hand_in_an_emergency() -> None:
    elsewhere = replace(SOUND, filing=replace(FILING, facilities=("HZ999",)))
    assert codes(elsewhere)["FILING_FACILITY_NOT_CHOSEN"] == "refuse"
    urgent = replace(elsewhere, emergency=Emergency.FORCE_MAJEURE)
    assert codes(urgent)["FILING_FACILITY_NOT_CHOSEN"] == "manual"


def test_a_notice_without_service_years_asks_for_none() -> None:
    fitting = replace(
        SOUND,
        service=Service.DEVICE,
        moment=Moment.FITTING,
        notice=Notice(items=(NoticeItem(code="P1"), NoticeItem(code="P2", service_years=3))),
        devices=(
            Device(code="P1", last_fitted_on=date(2024, 5, 31)),
            Device(code="P2"),
        ),
    )
    assert codes(fitting) == {"VERIFIED_ONLINE": "direct"}


def test_a_filing_without_a_first_day_counts_from_its_approval() -> None:
    undated = replace(FILING, valid_from=None, valid_to=None)
    last = replace(SOUND, filing=undated, at=at("2025-04-30 12:00"))
    assert "FILING_EXPIRED" not in codes(last)
    assert codes(replace(last, at=at("2025-05-01 00:00")))["FILING_EXPIRED"] == "refuse"


def test_a_filing_without_any_day_is_open() -> None:
    undated = replace(FILING, valid_from=None, valid_to=None, approved_at=None)
    assert codes(replace(SOUND, filing=undated, at=at("2035-01-01 12:00"))) == {
        "VERIFIED_ONLINE": "direct"
    }


def test_rehab_beyond_its_cap_is_told() -> None:
    filing = replace(FILING, rehab_until=date(2025, 12, 31))
    given = verdict(replace(SOUND, service=Service.INPATIENT_REHAB, filing=filing))
    assert [warning.code for warning in given.warnings] == [WarningCode.FILING_EXCEEDS_PACK]


def test_a_device_filing_beyond_sixty_days_is_told() -> None:
    filing = replace(FILING, device_until=date(2024, 6, 30))
    fitting = replace(
        SOUND, service=Service.DEVICE, moment=Moment.FITTING, filing=filing, notice=Notice()
    )
    assert [w.code for w in verdict(fitting).warnings] == [WarningCode.FILING_EXCEEDS_PACK]
    on_time = replace(fitting, filing=replace(filing, device_until=date(2024, 6, 29)))
    assert verdict(on_time).warnings == ()


def test_a_pending_filing_in_an_emergency_carries_no_risk_of_being_late() -> None:
    pending = replace(FILING, status=FilingStatus.PENDING, approved_at=None)
    calm = verdict(replace(SOUND, filing=pending))
    urgent = verdict(replace(SOUND, filing=pending, emergency=Emergency.EMERGENCY))
    assert [warning.code for warning in calm.warnings] == [WarningCode.LATE_APPROVAL_RISK]
    assert urgent.warnings == ()
