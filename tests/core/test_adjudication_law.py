"""The law of a bill, from the packs as they are shipped."""

from datetime import date

from edge.core.adjudication import BillRules, LineReason, bill_rules
from edge.core.catalogue import ByBenefit, CostKind
from edge.core.verification import Service
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
