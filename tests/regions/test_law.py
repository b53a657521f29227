"""The register of the law is whole and true: every clause, real keys, cases that show them."""

import re
import shutil
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from edge.core.adjudication import BillRules, bill_rules
from edge.core.errors import BadRule
from edge.core.rules import Pack, Rulebook, Scope
from edge.core.verification import Service
from edge.packs import run_case
from edge.packs.law import HEADER_KEYS, Entry, Law, LawText, Mark, entries_of, read_law
from edge.packs.law_page import law_page
from edge.packs.numbering import Structure, numeral
from tests.core.desk import REGIONS, rulebook
from tests.regions.test_cases import cases
from tests.regions.test_changed_law import BILLS_ONLY, NO_VERDICT, otherwise

CONFIG = REGIONS.parent
ROOT = CONFIG.parent


@cache
def law() -> Law:
    return read_law(CONFIG)


def test_the_page_is_what_the_data_gives() -> None:
    assert (ROOT / "docs/law.md").read_text(encoding="utf-8") == law_page(CONFIG)


def test_every_instrument_is_registered_whole() -> None:
    sizes = {text.short: len(text.entries) for text in law().texts}
    assert sizes == {"京": 19, "吉办": 32, "吉规": 58, "鲁": 65, "川": 67, "津": 92}


RULES = [
    pytest.param(text, entry, id=f"{text.short}-{entry.number}")
    for text in law().texts
    for entry in text.entries
    if entry.mark is Mark.RULE
]


@pytest.mark.parametrize(("text", "entry"), RULES)
def test_the_cases_of_an_entry_show_each_of_its_keys(text: LawText, entry: Entry) -> None:
    shown = [case for case in cases() if case.file.startswith(f"{text.region}/")]
    named = [case for case in shown if case.name in entry.cases]
    for key in entry.keys:
        if key in HEADER_KEYS or not key.startswith(NO_VERDICT):
            book = Rulebook(without(pack, key, text.region) for pack in rulebook().packs)
            assert any(failure for case in named for failure in run_case(case, book)), key
        else:
            assert entry.tests, key


def without(pack: Pack, key: str, region: str) -> Pack:
    """Return the pack with that rule otherwise, when it is the region's."""
    if pack.place != region:
        return pack
    if key == "instrument.starts":
        return replace(pack, starts=pack.starts - timedelta(days=1))
    if key == "instrument.term":
        return replace(pack, instruments=tuple(replace(one, ends=None) for one in pack.instruments))
    dated = tuple((since, rule and otherwise(rule)) for since, rule in pack.dated.get(key, ()))
    return replace(pack, dated={**pack.dated, key: dated})


BILL_KEYS = [
    pytest.param(pack, key, id=f"{pack.place}-{pack.scope}-{key}")
    for pack in rulebook().packs
    for key, dated in pack.dated.items()
    if dated and key.startswith(BILLS_ONLY)
]


@pytest.mark.parametrize(("pack", "key"), BILL_KEYS)
def test_a_rule_of_the_bill_that_changes_changes_a_bill(pack: Pack, key: str) -> None:
    cited_otherwise = tuple(
        (since, rule and replace(rule, article="他 第一条")) for since, rule in pack.dated[key]
    )
    changed = replace(pack, dated={**pack.dated, key: cited_otherwise})
    book = Rulebook(changed if one is pack else one for one in rulebook().packs)
    assert bills(book, pack) != bills(rulebook(), pack)


def bills(book: Rulebook, pack: Pack) -> list[BillRules]:
    """Return the rules of bills on either side of the region's border, or within it."""
    other = "330000" if pack.scope is Scope.CROSS_PROVINCE else pack.region
    on = max(pack.starts, date(2026, 1, 1))
    return [
        bill_rules(book, treatment_region=here, insured_region=there, service=service, on=on)
        for here, there in ((pack.region, other), (other, pack.region))
        for service in (Service.INPATIENT_MEDICAL, Service.DEVICE)
    ]


def test_every_test_that_is_named_exists() -> None:
    named = {test for text in law().texts for entry in text.entries for test in entry.tests}
    assert [test for test in sorted(named) if not _exists(test)] == []


def _exists(test: str) -> bool:
    path, _, function = test.partition("::")
    file = ROOT / path
    return file.exists() and f"def {function}(" in file.read_text(encoding="utf-8")


def test_every_place_is_named_and_what_is_built_exists() -> None:
    named = {name for text in law().texts for entry in text.entries for name in entry.at}
    assert named == set(law().places)
    built = [place.built for place in law().places.values() if place.built]
    assert [path for path in built if not (ROOT / path).exists()] == []


def test_an_article_is_found_by_the_number_that_rules_cite() -> None:
    tianjin = next(text for text in law().texts if text.short == "津")
    numbers = [entry.number for entry in entries_of(tianjin, "津 第十条")]
    assert numbers == ["第十条第一款", "第十条第二款"]
    assert [entry.number for entry in entries_of(tianjin, "津 附件1")] == ["附件1"]


def test_a_text_is_numbered_by_its_structure() -> None:
    text = Structure(
        parts=("通知", "二(一)"),
        articles=11,
        annexes=1,
        paragraphs={"第二条": 2},
        items={"第二条第一款": 1, "二(一)": 1, "第二条第一款(一)": 1},
        notes={"附件1": 1},
    )
    head = ("通知", "二(一)", "二(一)1", "第一条", "第二条第一款", "第二条第一款(一)")
    assert text.numbers()[:8] == (*head, "第二条第一款(一)1", "第二条第二款")
    assert text.numbers()[-3:] == ("第十一条", "附件1", "附件1备注1")
    assert text.stray() == ""


def test_a_number_that_is_divided_but_not_there_is_told() -> None:
    assert Structure(articles=1, paragraphs={"第二条": 2}).stray() == "第二条"
    assert Structure(articles=1, paragraphs={"第一条": 2}, items={"第一条": 2}).stray() == "第一条"


def test_numbers_are_written_as_the_law_writes_them() -> None:
    assert [numeral(n) for n in (1, 9, 10, 11, 20, 43)] == [
        "一",
        "九",
        "十",
        "十一",
        "二十",
        "四十三",
    ]


def one_region(tmp_path: Path) -> Path:
    """Return a folder of configuration with Beijing and the national pack only."""
    for name in ("national", "beijing"):
        shutil.copytree(REGIONS / name, tmp_path / "regions" / name)
    (tmp_path / "law").mkdir()
    for name in ("places.toml", "beijing.toml"):
        shutil.copy(CONFIG / "law" / name, tmp_path / "law")
    return tmp_path


def entry_of(page: str, number: str) -> str:
    found = re.search(
        rf'\[\[entry\]\]\nnumber = "{re.escape(number)}"\n(?s:.*?)(?=\n\[\[|\n#|\Z)', page
    )
    assert found
    return found[0]


WHY = 'why = { zh = "依据和目的", en = "basis and purpose only" }\n'


@pytest.mark.parametrize(
    ("number", "old", "new", "field"),
    [
        ("二(二)", 'number = "二(二)"', 'number = "二(九)"', "二(九)"),
        ("二(二)", 'number = "二(二)"', 'number = "二(一)"', "二(一)"),
        ("二(二)", "", "", "二(三)第一款"),
        ("末段", "", "", "末段"),
        ("首段", 'mark = "none"', 'mark = "desk"', "首段"),
        ("首段", 'mark = "none"', 'mark = "rule"', "首段"),
        ("首段", 'mark = "none"', 'mark = "law"', "entry[0].mark"),
        ("首段", 'mark = "none"', 'mark = "none"\nkeys = ["local.area"]', "首段"),
        ("首段", 'mark = "none"', 'mark = "none"\nat = ["upload"]', "首段"),
        ("首段", 'mark = "none"', 'mark = "none"\nnote = "?"', "entry[0].note"),
        ("首段", WHY, "", "首段"),
        ("首段", 'zh = "依据和目的"', 'zh = ""', "首段"),
        ("二(一)1", "register", "nowhere", "二(一)1"),
        ("二(一)1", '"filing_office", "register"', '"upload"', "二(一)1"),
        ("二(三)第二款", '"bill.excluded"', '"bill.meals"', "二(三)第二款"),
        ("二(三)第二款", '"bill.excluded"', '"device.notice_checked"', "二(三)第二款"),
        ("二(三)第二款", '"bill.excluded"', '"bill.non_injury"', "京 二(三)"),
        ("末段", '"instrument.starts"', '"local.area"', "京 末段"),
        ("二(三)第三款", "北京职工在北京就医：本地结算", "没有的案例", "二(三)第三款"),
    ],
)
def test_what_is_wrong_in_the_register_is_named(
    tmp_path: Path, number: str, old: str, new: str, field: str
) -> None:
    config = one_region(tmp_path)
    path = config / "law" / "beijing.toml"
    page = path.read_text(encoding="utf-8")
    entry = entry_of(page, number)
    assert old in entry
    path.write_text(page.replace(entry, entry.replace(old, new) if old else ""), encoding="utf-8")
    with pytest.raises(BadRule) as raised:
        read_law(config)
    assert raised.value.field == f"law/beijing.toml: {field}"


@pytest.mark.parametrize(
    ("file", "old", "new", "field"),
    [
        ("beijing", "[instrument]", "[instrument", "instrument"),
        ("beijing", 'short = "京"', 'short = "津"', "instrument"),
        ("beijing", '"二(三)" = 3', '"二(四)" = 3', "structure 二(四)"),
        ("beijing", '"二(三)" = 3', '"二(三)" = 2', "二(三)第三款"),
        ("beijing", 'region = "beijing"', 'area = "beijing"', "instrument.region"),
        ("places", 'built = "edge/steps/open_fitting.py"', "later = false", "fitting"),
        ("places", 'side = "desk"', 'side = "rule"', "arrival"),
        ("places", 'name = "charges"', 'name = "arrival"', "arrival"),
        ("places", "[[place]]", "[[places]]", "places"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(
    tmp_path: Path, file: str, old: str, new: str, field: str
) -> None:
    config = one_region(tmp_path)
    path = config / "law" / f"{file}.toml"
    page = path.read_text(encoding="utf-8")
    assert old in page
    path.write_text(page.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadRule) as raised:
        read_law(config)
    assert raised.value.field == f"law/{file}.toml{f': {field}' if field else ''}"


def test_a_text_more_than_its_structure_is_named(tmp_path: Path) -> None:
    config = one_region(tmp_path)
    path = config / "law" / "beijing.toml"
    page = path.read_text(encoding="utf-8")
    path.write_text(page + "\n" + entry_of(page, "首段"), encoding="utf-8")
    with pytest.raises(BadRule, match=re.escape("law/beijing.toml: 首段")):
        read_law(config)


def test_an_instrument_without_a_register_is_named(tmp_path: Path) -> None:
    config = one_region(tmp_path)
    (config / "law" / "beijing.toml").unlink()
    with pytest.raises(BadRule, match="law: 京"):
        read_law(config)


def test_a_text_that_is_registered_twice_is_named(tmp_path: Path) -> None:
    law_folder = one_region(tmp_path) / "law"
    shutil.copy(law_folder / "beijing.toml", law_folder / "twin.toml")
    with pytest.raises(BadRule, match="law: 京"):
        read_law(tmp_path)


def test_a_register_without_places_is_named(tmp_path: Path) -> None:
    config = one_region(tmp_path)
    (config / "law" / "places.toml").unlink()
    with pytest.raises(BadRule, match=re.escape("law/places.toml")):
        read_law(config)
