"""The law of a bill, from the packs as they are shipped."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from edge.core.adjudication import BillRules, LineReason, adjudicate, bill_rules, ruled_by_law
from edge.core.catalogue import ByBenefit, CostKind
from edge.core.rules import Pack, Rulebook
from edge.core.verification import Service
from tests.core.bills import bill, line, row
from tests.core.desk import rulebook

TIANJIN, BEIJING, ZHEJIANG, JILIN, SICHUAN = "120000", "110000", "330000", "220000", "510000"
NEVER_DIRECT = frozenset({CostKind.MEAL, CostKind.TRAVEL})


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
    assert given.regions == ByBenefit(TIANJIN, TIANJIN, BEIJING)
    assert given.excluded == NEVER_DIRECT


def test_within_a_province_all_catalogues_are_the_provinces() -> None:
    assert rules(JILIN, JILIN).regions == ByBenefit(JILIN, JILIN, JILIN)
    assert rules(SICHUAN, SICHUAN).regions == ByBenefit(SICHUAN, SICHUAN, SICHUAN)


def test_each_reason_names_the_article_of_the_pack_that_governs_it() -> None:
    given = rules(TIANJIN, BEIJING)
    assert given.articles.medical[LineReason.IN_SCOPE] == "津 第二十三条"
    assert given.articles.medical[LineReason.OUT_OF_CATALOGUE] == "津 第二十四条"
    assert given.articles.medical[LineReason.EXCLUDED] == "津 第三条"
    assert given.articles.device[LineReason.IN_SCOPE] == "京 二(三)"
    assert given.articles.device[LineReason.DEVICE_OVER_LIMIT] == "京 二(三)"


def test_a_bill_for_a_device_follows_the_paying_regions_pack_throughout() -> None:
    given = rules(TIANJIN, BEIJING, Service.DEVICE)
    assert given.articles.medical[LineReason.EXCLUDED] == "京 二(三)"
    assert given.articles.medical[LineReason.IN_SCOPE] == "津 第二十三条"
    assert given.excluded == NEVER_DIRECT


def test_every_reason_that_a_line_can_have_has_an_article() -> None:
    for region in (TIANJIN, BEIJING, ZHEJIANG, JILIN, SICHUAN):
        for benefit in (
            rules(region, region).articles.medical,
            rules(region, TIANJIN).articles.rehab,
            rules(TIANJIN, region).articles.device,
        ):
            assert set(benefit) == set(LineReason) - {LineReason.REVERSED}
            assert all(benefit.values())


def test_before_a_packs_first_day_the_national_rules_govern() -> None:
    given = rules(TIANJIN, BEIJING, on=date(2024, 6, 1))
    assert given.articles.device[LineReason.IN_SCOPE] == "客户规则"
    assert given.regions.device == BEIJING


@pytest.mark.parametrize(
    ("whose", "region"),
    [
        ("treatment", TIANJIN),
        ("treatment_medical_insurance", TIANJIN),
        ("insured", BEIJING),
    ],
)
@pytest.mark.parametrize("benefit", ["medical", "rehab", "device"])
def test_a_pack_says_in_words_whose_catalogue_governs_a_benefit(
    benefit: str, whose: str, region: str
) -> None:
    book = Rulebook([_saying(pack, f"catalogue.{benefit}", whose) for pack in rulebook().packs])
    given = bill_rules(
        book,
        treatment_region=TIANJIN,
        insured_region=BEIJING,
        service=Service.INPATIENT_MEDICAL,
        on=date(2025, 8, 1),
    )
    assert getattr(given.regions, benefit) == region


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


def _saying(pack: Pack, key: str, value: str) -> Pack:
    dated = {**pack.dated}
    dated[key] = tuple(
        (since, replace(rule, value=value) if rule else None) for since, rule in dated.get(key, ())
    )
    return replace(pack, dated=dated)
