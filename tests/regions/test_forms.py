"""How regions call their documents: what the instruments name, and the customer's for the rest."""

from pathlib import Path

import pytest

from edge.core.errors import BadRule
from edge.core.verification import Service
from edge.packs.forms import complaint_article, referral_form, statement_form
from edge.shipped import config_folder

REGIONS = config_folder() / "regions"
FORM = """
[[statement]]
services = ["device"]
article = "客户规则"
title = "单"
signed_by = "工伤职工"
"""


def test_sichuans_statements_have_the_names_and_signers_of_article_23() -> None:
    stay = statement_form(REGIONS, "sichuan", Service.INPATIENT_REHAB)
    visit = statement_form(REGIONS, "sichuan", Service.OUTPATIENT_MEDICAL)
    assert (stay.title, visit.title) == ("住院医疗费用支付结算表", "门诊医疗费用支付结算表")
    assert (stay.article, stay.signed_by) == ("川 第二十三条", "工伤职工本人或近亲属")


def test_elsewhere_the_customers_common_form_counts() -> None:
    for place in ("tianjin", "beijing", "national", "sichuan"):
        assert statement_form(REGIONS, place, Service.DEVICE).title == "辅助器具配置费用结算单"
    assert statement_form(REGIONS, "beijing", Service.INPATIENT_MEDICAL).article == "客户规则"


def test_the_referral_form_and_the_complaints_article_are_the_regions_own() -> None:
    assert referral_form(REGIONS, "sichuan").form == "sichuan_annex_1"
    assert referral_form(REGIONS, "jilin").article == "吉规 第九条"
    assert referral_form(REGIONS, "beijing").article == "客户规则"
    assert complaint_article(REGIONS, "tianjin") == "津 第四十条"
    assert complaint_article(REGIONS, "sichuan") == "客户规则"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[[statement]", "national/documents.toml"),
        (FORM.replace('title = "单"', ""), "national/documents.toml: statement[0].title"),
        (FORM + "colour = 1", "national/documents.toml: statement[0].colour"),
        (FORM, "national/documents.toml: statement"),
    ],
)
def test_a_wrong_file_names_the_key(tmp_path: Path, text: str, field: str) -> None:
    (tmp_path / "national").mkdir()
    (tmp_path / "national/documents.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadRule) as refused:
        statement_form(tmp_path, "some", Service.INPATIENT_MEDICAL)
    assert refused.value.field.startswith(field)


def test_a_region_without_any_file_has_no_referral_form(tmp_path: Path) -> None:
    with pytest.raises(BadRule) as refused:
        referral_form(tmp_path, "some")
    assert refused.value.field == "national/documents.toml: referral"
