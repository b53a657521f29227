"""The law of a bill, from the packs as they are shipped."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from edge.core.adjudication import BillRules, LineReason, adjudicate, bill_rules, ruled_by_law
from edge.core.catalogue import ByBenefit, CostKind, Insurance, RegionalList
from edge.core.rules import Pack, Rulebook, Value
from edge.core.verification import Service
from tests.core.bills import bill, line, row
from tests.core.desk import rulebook

TIANJIN, BEIJING, ZHEJIANG, JILIN, SICHUAN = "120000", "110000", "330000", "220000", "510000"
SHANDONG = "370000"
NEVER_DIRECT = {CostKind.MEAL, CostKind.TRAVEL}


def lists(*regions: str, insurance: Insurance = Insurance.WORK_INJURY) -> ByBenefit[RegionalList]:
    medical, rehab, device = (RegionalList(region, insurance) for region in regions)
    return ByBenefit(medical, rehab, device)


def rules(
    treated_in: str,
    insured_in: str,
    service: Service = Service.INPATIENT_MEDICAL,
    on: date = date(2025, 8, 1),
) -> BillRules:
    return bill_rules(
        rulebook(), treatment_region=treated_in, insured_region=insured_in, service=service, on=on
    )


def test_care_follows_the_treatment_regions_catalogue_and_devices_the_insured_regions() -> None:
    given = rules(TIANJIN, BEIJING)
    assert given.lists == lists(TIANJIN, TIANJIN, BEIJING)
    assert set(given.excluded) == NEVER_DIRECT


def test_within_a_province_all_catalogues_are_the_provinces() -> None:
    assert rules(JILIN, JILIN).lists == lists(JILIN, JILIN, JILIN)
    assert rules(SHANDONG, SHANDONG).lists == lists(SHANDONG, SHANDONG, SHANDONG)


def test_sichuan_rules_care_by_its_medical_insurance_list_and_its_guests_by_the_other() -> None:
    home = rules(SICHUAN, SICHUAN).lists
    medical = RegionalList(SICHUAN, Insurance.MEDICAL)
    assert (home.medical, home.rehab) == (medical, medical)
    guest = rules(SICHUAN, TIANJIN).lists
    assert guest == lists(SICHUAN, SICHUAN, TIANJIN)
    assert rules(TIANJIN, SICHUAN).lists == lists(TIANJIN, TIANJIN, SICHUAN)


def test_a_line_is_ruled_by_the_list_that_governs_and_not_by_another_of_the_region() -> None:
    rows = [
        row("A", region=SICHUAN, insurance=Insurance.WORK_INJURY, price_cap_fen=100),
        row("A", region=SICHUAN, insurance=Insurance.MEDICAL, price_cap_fen=300),
        row("B", region=SICHUAN, insurance=Insurance.WORK_INJURY),
    ]
    whole = replace(bill([line("1", "A")], rows), treatment_region=SICHUAN)
    assert ruled_by_law(whole, rulebook()).fund_fen == 300
    guest = replace(whole, insured_region=TIANJIN)
    assert ruled_by_law(guest, rulebook()).fund_fen == 100
    strange = replace(whole, lines=(line("1", "B"),))
    assert [one.code for one in ruled_by_law(strange, rulebook()).refused] == ["UNKNOWN_CODE"]


def test_the_shares_of_a_list_are_left_to_the_worker_only_where_the_pack_says_so() -> None:
    assert not rules(SICHUAN, SICHUAN).co_payments
    given = bill([line("1", "A")], [row("A", co_payment_share=Decimal("0.1"))])
    home = replace(given, treatment_region=SICHUAN)
    assert ruled_by_law(home, rulebook()).fund_fen == 1000
    book = Rulebook([_saying(pack, "bill.co_payments", value=True) for pack in rulebook().packs])
    ruling = ruled_by_law(home, book)
    assert (ruling.fund_fen, ruling.personal.over_standard) == (900, 100)
    [one] = ruling.lines
    assert (one.reason, one.article) == (LineReason.CO_PAYMENT, "法无明文")
    assert ruled_by_law(given, book).fund_fen == 1000, "no other pack speaks of shares"


def test_each_reason_names_the_article_of_the_pack_that_governs_it() -> None:
    given = rules(TIANJIN, BEIJING)
    assert given.articles.medical[LineReason.IN_SCOPE] == "津 第二十三条"
    assert given.articles.medical[LineReason.OUT_OF_CATALOGUE] == "津 第二十四条"
    assert given.excluded == dict.fromkeys(NEVER_DIRECT, "津 第三条")
    assert given.articles.device[LineReason.IN_SCOPE] == "京 二(三)"
    assert given.articles.device[LineReason.DEVICE_OVER_LIMIT] == "京 二(三)"


def test_a_bill_for_a_device_follows_the_paying_regions_pack_throughout() -> None:
    given = rules(TIANJIN, BEIJING, Service.DEVICE)
    assert given.excluded == dict.fromkeys(NEVER_DIRECT, "京 二(三)")
    assert given.articles.medical[LineReason.IN_SCOPE] == "津 第二十三条"


@pytest.mark.parametrize(
    ("region", "meal", "travel"),
    [
        (SICHUAN, "川 第二十一条", "川 第二十一条"),
        (SHANDONG, "鲁 第十六条", "鲁 第十六条"),
        (JILIN, "法无明文", "吉办 第十八条"),
    ],
)
def test_each_excluded_kind_names_its_own_article(region: str, meal: str, travel: str) -> None:
    given = bill([line("1", "M"), line("2", "T")], [row("M", "meal"), row("T", "travel")])
    home = replace(given, treatment_region=region, insured_region=region)
    ruling = ruled_by_law(home, rulebook())
    assert [one.article for one in ruling.lines] == [meal, travel]
    assert ruling.personal.excluded == ruling.total_fen


def test_every_reason_that_a_line_can_have_has_an_article() -> None:
    for region in (TIANJIN, BEIJING, ZHEJIANG, JILIN, SICHUAN):
        for benefit in (
            rules(region, region).articles.medical,
            rules(region, TIANJIN).articles.rehab,
            rules(TIANJIN, region).articles.device,
        ):
            assert set(benefit) == set(LineReason) - {LineReason.REVERSED, LineReason.EXCLUDED}
            assert all(benefit.values())


def test_before_a_packs_first_day_the_national_rules_govern() -> None:
    given = rules(TIANJIN, BEIJING, on=date(2024, 6, 1))
    assert given.articles.device[LineReason.IN_SCOPE] == "客户规则"
    assert given.lists.device == RegionalList(BEIJING)


@pytest.mark.parametrize(
    ("whose", "governing"),
    [
        ("treatment", RegionalList(TIANJIN)),
        ("treatment_medical_insurance", RegionalList(TIANJIN, Insurance.MEDICAL)),
        ("insured", RegionalList(BEIJING)),
    ],
)
@pytest.mark.parametrize("benefit", ["medical", "rehab", "device"])
def test_a_pack_says_in_words_whose_catalogue_governs_a_benefit(
    benefit: str, whose: str, governing: RegionalList
) -> None:
    book = Rulebook(
        [_saying(pack, f"catalogue.{benefit}", value=whose) for pack in rulebook().packs]
    )
    given = bill_rules(
        book,
        treatment_region=TIANJIN,
        insured_region=BEIJING,
        service=Service.INPATIENT_MEDICAL,
        on=date(2025, 8, 1),
    )
    assert getattr(given.lists, benefit) == governing


def test_a_bill_is_ruled_by_the_law_of_its_own_regions_service_and_day() -> None:
    given = bill(
        [line("1", "M"), line("2", "D")], [row("M", "meal"), row("D", "device", price_cap_fen=1)]
    )
    for treated_in, insured_in in product((TIANJIN, BEIJING), repeat=2):
        for service in (Service.DEVICE, Service.INPATIENT_MEDICAL):
            whole = replace(
                given, treatment_region=treated_in, insured_region=insured_in, service=service
            )
            law = rules(treated_in, insured_in, service, whole.admitted_on)
            assert ruled_by_law(whole, rulebook()) == adjudicate(whole, law)
            lines = tuple(replace(one, date=date(2025, 8, 2)) for one in whole.lines)
            whole = replace(whole, admitted_on=date(2025, 8, 1), discharged_on=None, lines=lines)
            law = rules(treated_in, insured_in, service, whole.admitted_on)
            assert ruled_by_law(whole, rulebook()) == adjudicate(whole, law)


def test_a_device_that_was_not_approved_names_the_article_on_approval_if_there_is_one() -> None:
    asked = rules(BEIJING, TIANJIN).articles.device
    assert asked[LineReason.DEVICE_NOT_APPROVED] == "津 第十九条"
    silent = rules(SICHUAN, SICHUAN).articles.device
    assert silent[LineReason.DEVICE_NOT_APPROVED] == "川 第二十一条"
    assert silent[LineReason.DEVICE_NOT_APPROVED] == silent[LineReason.OUT_OF_CATALOGUE]


def _saying(pack: Pack, key: str, *, value: Value) -> Pack:
    dated = {**pack.dated}
    dated[key] = tuple(
        (since, replace(rule, value=value) if rule else None) for since, rule in dated.get(key, ())
    )
    return replace(pack, dated=dated)
