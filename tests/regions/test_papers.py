"""The checklists of manual reimbursement: each service has one, each cites its own region."""

from pathlib import Path

import pytest

from edge.core.errors import BadRule
from edge.core.rules import CUSTOMER
from edge.core.verification import Service
from edge.packs.papers import papers_of
from tests.core.desk import REGIONS, rulebook

PLACES = sorted({pack.place for pack in rulebook().packs})


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("service", Service)
def test_every_service_has_a_list_with_one_original_bill(place: str, service: Service) -> None:
    papers = papers_of(REGIONS, place, service)
    [bill] = [paper for paper in papers if paper.is_bill]
    assert bill.original
    assert all(paper.zh and paper.en for paper in papers)
    assert not any(paper.asked_back for paper in papers)


@pytest.mark.parametrize("place", PLACES)
def test_a_list_cites_its_own_regions_text_or_the_customer(place: str) -> None:
    shorts = {one.short for p in rulebook().packs if p.place == place for one in p.instruments}
    for service in Service:
        for paper in papers_of(REGIONS, place, service):
            assert paper.article == CUSTOMER or paper.article.partition(" ")[0] in shorts


def names(place: str, service: Service) -> list[str]:
    return [paper.zh for paper in papers_of(REGIONS, place, service)]


def test_sichuan_names_the_originals_of_its_article_23() -> None:
    inpatient = names("sichuan", Service.INPATIENT_MEDICAL)
    assert inpatient[:4] == [
        "住院收费专用票据（含电子票据）",
        "出院病情证明书",
        "手术记录",
        "检查报告单",
    ]
    assert names("sichuan", Service.INPATIENT_REHAB) == [*inpatient, "康复治疗方案"]
    assert names("sichuan", Service.OUTPATIENT_MEDICAL)[1] == "明确记载伤害部位的门诊诊断病情证明书"


def test_where_a_region_has_no_list_the_national_one_counts() -> None:
    for place, service in (
        ("tianjin", Service.INPATIENT_MEDICAL),
        ("sichuan", Service.DEVICE),
    ):
        assert papers_of(REGIONS, place, service) == papers_of(REGIONS, "national", service)


LIST = """
[[checklist]]
services = ["inpatient_medical"]
article = "客户规则"
papers = [{ zh = "票据", en = "bill", original = true, bill = true }]
"""


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("[[checklist]]", "[[checklist]", "some/manual.toml: checklist"),
        ("inpatient_medical", "surgery", "some/manual.toml: checklist[0].services[0]"),
        ("bill = true", "receipt = true", "some/manual.toml: checklist[0].papers[0].receipt"),
        ('article = "客户规则"', "", "some/manual.toml: checklist[0].article"),
    ],
)
def test_what_is_wrong_in_a_list_is_named(tmp_path: Path, old: str, new: str, field: str) -> None:
    assert old in LIST
    (tmp_path / "some").mkdir()
    (tmp_path / "some/manual.toml").write_text(LIST.replace(old, new), encoding="utf-8")
    with pytest.raises(BadRule) as raised:
        papers_of(tmp_path, "some", Service.INPATIENT_MEDICAL)
    assert raised.value.field == field


def test_a_missing_national_list_and_a_service_without_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadRule) as raised:
        papers_of(tmp_path, "some", Service.DEVICE)
    assert raised.value.field == "national/manual.toml"
    (tmp_path / "national").mkdir()
    (tmp_path / "national/manual.toml").write_text(LIST, encoding="utf-8")
    with pytest.raises(BadRule) as raised:
        papers_of(tmp_path, "some", Service.DEVICE)
    assert raised.value.field == "national/manual.toml: checklist"
