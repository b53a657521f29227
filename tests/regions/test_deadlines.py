"""The days that a region's text names are data, beside its rules, and each cites its article."""

from pathlib import Path

import pytest

from edge.core.errors import BadRule
from edge.core.reminders import Deadline, Duty
from edge.packs.deadlines import claim_deadline, deadlines_of
from edge.shipped import config_folder

REGIONS = config_folder() / "regions"
MONTH_END = Deadline(duty=Duty.MONTH_END, article="客户规则", warn_days=3)
GOOD = '[[deadline]]\nduty = "upload"\nday = 5\nwarn_days = 4\narticle = "x"\n'


def test_jilin_wants_last_month_complete_by_the_fifth_and_sichuan_a_claim_by_the_tenth() -> None:
    fifth = Deadline(duty=Duty.UPLOAD, article="吉规 第二十一条", warn_days=4, day=5)
    tenth = Deadline(duty=Duty.CLAIM, article="川 第二十三条", warn_days=5, day=10)
    assert deadlines_of(REGIONS, "jilin") == (MONTH_END, fifth)
    assert deadlines_of(REGIONS, "sichuan") == (MONTH_END, tenth)


@pytest.mark.parametrize(
    ("place", "due"),
    [
        ("sichuan", (10, "川 第二十三条")),
        ("jilin", (5, "吉规 第二十一条")),
        ("tianjin", None),
        ("shandong", None),
        ("beijing", None),
    ],
)
def test_the_claim_itself_goes_by_the_same_day(place: str, due: tuple[int, str] | None) -> None:
    found = claim_deadline(REGIONS, place)
    assert ((found.day, found.article) if found else None) == due


@pytest.mark.parametrize("place", ["national", "tianjin", "beijing", "shandong"])
def test_elsewhere_only_the_customers_look_at_the_months_end_counts(place: str) -> None:
    assert deadlines_of(REGIONS, place) == (MONTH_END,)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("[[deadline]]", "[[deadline"),
        ("day = 5", "day = 0"),
        ("day = 5", "day = 32"),
        ("day = 5", 'day = "5"'),
        ("day = 5\n", ""),
        ("day = 5", "day = 5\nhour = 1"),
        ("upload", "gift"),
        ("upload", "month_end"),
        ('article = "x"', 'article = " "'),
        ("warn_days = 4", "warn_days = 31"),
        ("warn_days = 4", "warn_days = -1"),
    ],
)
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, good: str, bad: str) -> None:
    (tmp_path / "jilin").mkdir()
    file = tmp_path / "jilin/deadlines.toml"
    file.write_text(GOOD, encoding="utf-8")
    assert len(deadlines_of(tmp_path, "jilin")) == 1
    file.write_text(GOOD.replace(good, bad), encoding="utf-8")
    with pytest.raises(BadRule) as refused:
        deadlines_of(tmp_path, "jilin")
    assert refused.value.field.startswith("jilin/deadlines.toml")
