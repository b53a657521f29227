"""The papers of a monthly claim, and its day, as each region's text names them."""

from pathlib import Path

import pytest

from edge.core.errors import BadRule
from edge.core.verification import Service
from edge.packs.claim_papers import claim_lists
from tests.house.source import ROOT

REGIONS = ROOT / "config/regions"
PLACES = ("tianjin", "sichuan", "shandong", "jilin", "beijing", "national")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("service", Service)
def test_every_service_has_its_papers_with_an_article(place: str, service: Service) -> None:
    lists = claim_lists(REGIONS, place, service)
    papers = (*lists.by_claim, *lists.by_settlement)
    assert papers
    assert all(paper.zh and paper.en and paper.article for paper in papers)


def test_sichuan_asks_for_the_papers_of_article_23() -> None:
    lists = claim_lists(REGIONS, "sichuan", Service.INPATIENT_MEDICAL)
    [form] = lists.by_claim
    assert (form.copies, form.sealed) == (2, True)
    assert [(p.zh[:6], p.signed, p.original, p.uploaded) for p in lists.by_settlement] == [
        ("住院医疗费用", True, True, False),
        ("住院收费专用", False, True, False),
        ("出院病情证明", False, True, False),
        ("手术记录", False, True, False),
        ("检查报告单", False, True, False),
        ("费用明细", False, False, True),
        ("病案首页", False, False, True),
        ("医嘱", False, False, True),
    ]
    assert {p.article for p in (form, *lists.by_settlement)} == {"川 第二十三条"}


def test_sichuan_rehab_adds_the_plan_and_outpatient_its_own() -> None:
    medical = claim_lists(REGIONS, "sichuan", Service.INPATIENT_MEDICAL)
    rehab = claim_lists(REGIONS, "sichuan", Service.INPATIENT_REHAB)
    assert [p.zh for p in rehab.by_settlement] == [
        *(p.zh for p in medical.by_settlement),
        "康复治疗方案",
    ]
    visit = claim_lists(REGIONS, "sichuan", Service.OUTPATIENT_MEDICAL)
    assert [p.zh for p in visit.by_settlement if p.uploaded] == ["治疗清单", "处方", "检查报告单"]
    assert "明确记载伤害部位的门诊诊断病情证明书" in [p.zh for p in visit.by_settlement]


def test_regions_that_list_nothing_use_the_customers_list() -> None:
    for place in ("shandong", "beijing"):
        assert claim_lists(REGIONS, place, Service.DEVICE) == claim_lists(
            REGIONS, "national", Service.DEVICE
        )


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("x", "national/claim.toml"),
        ("[[list]]\nservices = []\n", "national/claim.toml: list[0].article"),
        ("list = []\n[due]\nday = 10\narticle = 'x'", "national/claim.toml: due"),
        ("list = []", "national/claim.toml: list"),
        ("list = []\nmore = 1", "national/claim.toml: more"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, field: str) -> None:
    (tmp_path / "national").mkdir()
    (tmp_path / "national/claim.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadRule) as told:
        claim_lists(tmp_path, "sichuan", Service.DEVICE)
    assert told.value.field == field
