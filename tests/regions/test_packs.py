"""The shipped packs load; what is wrong in a pack is refused, naming file and key."""

import hashlib
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from edge.core.errors import BadRule, NotFound
from edge.core.rules import CUSTOMER, KEYS, Scope
from edge.packs import list_packs, load, show
from edge.packs.shown import in_words
from tests.core.desk import REGIONS, rulebook

DOCS = REGIONS.parents[1] / "docs" / "packs.md"
GOOD = """
[pack]
region = "990000"
name = "某省"
version = "1"
covers = ["cross_province"]

[[instrument]]
short = "某"
title = "某省办法"
starts = 2024-01-01
article = "某 第一条"
"""
NATIONAL = (REGIONS / "national" / "rules.toml").read_text(encoding="utf-8")
RULES = NATIONAL[NATIONAL.index("[local]") :].replace("0001-01-01", "2024-01-01")
RULES = re.sub(r"(municipalities|intra_province) = .*\n", "", RULES)


def packs(tmp_path: Path, text: str) -> Path:
    """Return a folder with the national pack and one more."""
    shutil.copytree(REGIONS / "national", tmp_path / "national")
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "rules.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_pack_is_read_with_its_title_hash_and_term(tmp_path: Path) -> None:
    text = GOOD + "term = { months = 6 }\n" + RULES
    book = load(packs(tmp_path, text))
    pack = book.governing("990000", on=date(2024, 1, 1), cross_province=True)
    assert pack.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert pack.instruments[0].ends == date(2024, 6, 30)
    hours = pack.needed("settlement.hours", on=date(2024, 1, 1))
    assert (hours.value, hours.article, hours.title) == (48, CUSTOMER, CUSTOMER)


def test_a_cited_instrument_gives_the_title_and_a_value_may_give_its_own(tmp_path: Path) -> None:
    cited = RULES.replace(
        'admitted_within_validity = [{ from = 2024-01-01, value = true, article = "客户规则" }]',
        'admitted_within_validity = [{ from = 2024-01-01, value = true, article = "某 第二条" }]',
    ).replace(
        'hours = [{ from = 2024-01-01, value = 48, article = "客户规则" }]',
        'hours = [{ from = 2024-01-01, value = 24, article = "某 第三条", title = "另文" },'
        ' { from = 2025-01-01, value = 36, article = "法无明文" }]',
    )
    book = load(packs(tmp_path, GOOD + cited))
    pack = book.governing("990000", on=date(2024, 1, 1), cross_province=True)
    assert pack.needed("stay.admitted_within_validity", on=date(2024, 1, 1)).title == "某省办法"
    assert pack.needed("settlement.hours", on=date(2024, 12, 31)).title == "另文"
    assert pack.needed("settlement.hours", on=date(2025, 1, 1)).title == "某省办法"


def test_a_value_may_count_for_one_scope_only(tmp_path: Path) -> None:
    both = GOOD.replace('["cross_province"]', '["cross_province", "intra_province"]')
    rules = RULES.replace(
        "[services]",
        '[services]\nintra_province = [{ from = 2024-01-01, value = ["device"],'
        ' article = "客户规则" }]',
    ).replace(
        'rehab = [{ from = 2024-01-01, value = "treatment", article = "客户规则" }]',
        'rehab = [{ from = 2024-01-01, value = "treatment", article = "客户规则",'
        ' scope = "cross_province" }, { from = 2024-01-01, value = "province",'
        ' article = "客户规则", scope = "intra_province" }]',
    )
    book = load(packs(tmp_path, both + rules))
    values = {
        crosses: book.governing("990000", on=date(2024, 1, 1), cross_province=crosses)
        .needed("catalogue.rehab", on=date(2024, 1, 1))
        .value
        for crosses in (True, False)
    }
    assert values == {True: "treatment", False: "province"}
    shown = [(row.key, row.scope, row.value) for row in show(book, "990000")]
    assert ("catalogue.rehab", "跨省", "就医地") in shown
    assert ("catalogue.rehab", "省内", "本省") in shown
    assert ("catalogue.medical", "", "就医地") in shown
    assert len([row for row in shown if row[0] == "catalogue.medical"]) == 1


ONE = '[{ from = 2024-01-01, value = %s, article = "客户规则" }]\n'


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("[pack]", "[pack", "pack"),
        ("[stay]", "[local]", "local"),
        ("[pack]", "[pact]", "pack"),
        ('version = "1"', "version = 1", "pack.version"),
        ('version = "1"', 'version = " "', "pack.version"),
        ('version = "1"', 'edition = "1"', "pack.edition"),
        ('version = "1"\n', "", "pack.version"),
        ('"990000"', '"99"', "pack.region"),
        ('covers = ["cross_province"]', 'covers = ["world"]', "pack.covers"),
        ('covers = ["cross_province"]', "covers = []", "pack.covers"),
        ('covers = ["cross_province"]', "covers = [[1]]", "pack.covers"),
        (
            'covers = ["cross_province"]',
            'covers = ["cross_province", "cross_province"]',
            "pack.covers",
        ),
        ("[[instrument]]", "[instrument]", "instrument"),
        ("starts = 2024-01-01", 'starts = "2024-01-01"', "instrument.starts"),
        ("starts = 2024-01-01", "starts = 2024-01-01T00:00:00Z", "instrument.starts"),
        ("starts = 2024-01-01", "starts = 2024-01-02", "local.area"),
        ("starts = 2024-01-01", "starts = 2024-01-01\nterm = { days = 0 }", "instrument.term"),
        ('value = ["identity", "filing"]', 'value = ["identity"]', "verification.at_admission"),
        ("value = true", "value = false", "filing.required"),
        ("[settlement]\nhours", "[settlement]\nminutes", "settlement.minutes"),
        ("[fault]", "hours = 1\nhours = [\n2,\n]\n[fault]", "verification.hours"),
        ("[fault]", "[fault]\nmanual.x = 1", "fault.manual"),
        ("[settlement]", "[settlement]\nhour = 3", "settlement.hour"),
        ("hours = [", "hours = 48 # [", "settlement.hours"),
        ("value = 48", "value = 0", "settlement.hours"),
        ("value = 48", "value = true", "settlement.hours"),
        ("value = 48", 'value = "48"', "settlement.hours"),
        ("value = 48,", "value = 48, unit = 1,", "settlement.hours.unit"),
        ("value = 48, article", "value = 48, title", "settlement.hours"),
        ("value = 48,", "", "settlement.hours"),
        ("value = { days = 7 }", "value = { weeks = 1 }", "filing.warn_before"),
        ("value = { days = 7 }", "value = { days = 7, months = 1 }", "filing.warn_before"),
        ("value = { days = 7 }", "value = 7", "filing.warn_before"),
        ('value = ["card", "e_card"]', 'value = ["card", "card"]', "credential.accepted"),
        ('value = ["card", "e_card"]', 'value = ["passport"]', "credential.accepted"),
        ('value = ["card", "e_card"]', 'value = "card"', "credential.accepted"),
        (
            "[filing]",
            "[filing]\nvalidity.referral = " + ONE % '"forever"',
            "filing.validity.referral",
        ),
        ("[local]", "[local]\nown_areas = " + ONE % '["22"]', "local.own_areas"),
        ("[local]", "[local]\nmunicipalities = " + ONE % '["310000"]', "local.municipalities"),
        (
            "[services]",
            "[services]\nintra_province = " + ONE % '["device"]',
            "services.intra_province",
        ),
        ('"inpatient_rehab", "device"]', '"inpatient_rehab"]', "catalogue.device"),
        ("device_over_limit", "# device_over_limit", "bill.device_over_limit"),
        ("[rehab", "[rehab", "rehab.cap.referral"),
        (
            "[settlement]\nhours = [{",
            "[settlement]\nhours = [{ from = 2024-01-01 }, {",
            "settlement.hours",
        ),
        (
            "[settlement]\nhours = [{",
            "[settlement]\nhours = [{ from = 2030-01-01 }, {",
            "settlement.hours",
        ),
        (
            "[settlement]\nhours = [{",
            '[settlement]\nhours = [{ from = 2025-01-01, scope = "intra_province" }, {',
            "settlement.hours",
        ),
        ("[settlement]\nhours", "[settlement]\n# hours", "settlement.hours"),
        (
            'value = 48, article = "客户规则"',
            'value = 48, article = "津 第一条"',
            "settlement.hours",
        ),
    ],
)
def test_what_is_wrong_in_a_pack_is_named(tmp_path: Path, old: str, new: str, key: str) -> None:
    text = GOOD + RULES
    if key == "rehab.cap.referral":
        text += "[rehab.cap]\nreferral = " + ONE % "{ days = 60 }"
    assert old in text
    with pytest.raises(BadRule) as raised:
        load(packs(tmp_path, text.replace(old, new, 1)))
    assert raised.value.field == ("some/rules.toml: " + key if key else "some/rules.toml")


def test_rules_on_devices_need_devices(tmp_path: Path) -> None:
    text = GOOD + RULES.replace('"inpatient_rehab", "device"]', '"inpatient_rehab"]')
    text = re.sub(r"(?m)^(device|device_over_limit) = .*\n", "", text)
    with pytest.raises(BadRule, match=r"device\.approved_items"):
        load(packs(tmp_path, text))


def test_two_packs_of_one_region_are_refused(tmp_path: Path) -> None:
    folder = packs(tmp_path, GOOD + RULES)
    shutil.copytree(folder / "some", folder / "twin")
    with pytest.raises(BadRule, match=r"twin/rules\.toml: pack\.region"):
        load(folder)


def test_without_a_national_pack_nothing_is_loaded(tmp_path: Path) -> None:
    shutil.copytree(REGIONS / "tianjin", tmp_path / "tianjin")
    with pytest.raises(BadRule, match=r"national/rules\.toml"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('article = "客户规则" }]', 'article = "法无明文" }]', "local.area"),
        ("starts = 0001-01-01", "starts = 0001-01-01\nterm = { years = 1 }", "instrument.term"),
        ('covers = ["cross_province", "intra', 'covers = ["intra', "services.cross_province"),
    ],
)
def test_the_national_pack_is_the_customers_and_has_no_end(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    (tmp_path / "national").mkdir()
    text = NATIONAL.replace(old, new, 1)
    (tmp_path / "national" / "rules.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadRule) as raised:
        load(tmp_path)
    assert raised.value.field == f"national/rules.toml: {key}"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRule) as raised:
        load(tmp_path / "nowhere")
    assert raised.value.code == "NO_PACKS"


def test_a_region_without_rules_is_named_and_hidden_folders_are_left_alone(
    tmp_path: Path,
) -> None:
    folder = packs(tmp_path, GOOD + RULES)
    (folder / ".cache").mkdir()
    assert load(folder).packs
    (folder / "empty").mkdir()
    with pytest.raises(BadRule, match=r"empty/rules\.toml"):
        load(folder)


def test_strict_terms_are_handed_to_the_book() -> None:
    assert load(REGIONS, strict_terms=True).strict_terms
    assert not rulebook().strict_terms


def test_the_list_names_every_region_once() -> None:
    listed = {pack.region: pack for pack in list_packs(rulebook())}
    assert {"000000", "110000", "120000"} <= set(listed)
    assert listed["110000"].place == "beijing"
    assert listed["000000"].covers == (Scope.CROSS_PROVINCE, Scope.INTRA_PROVINCE)
    assert listed["120000"].instruments[0].ends == date(2025, 3, 31)
    assert all(pack.rules > 30 for pack in listed.values())


def test_a_region_is_shown_rule_by_rule_beside_another() -> None:
    rows = {row.key: row for row in show(rulebook(), "tianjin", "北京市")}
    referral = rows["filing.validity.referral"]
    assert (referral.value, referral.article) == ("60 天", "津 第十一条")
    assert referral.beside == "6 个月（京 二(二)）"
    assert rows["rehab.cap.referral"].beside == ""
    assert list(rows) == [key for key in KEYS if key in rows]


def test_a_region_is_shown_beside_one_of_another_scope() -> None:
    rows = show(rulebook(), "000000", "120000")
    assert {row.beside for row in rows if row.key == "settlement.hours"} == {"48（津 第二十五条）"}


def test_an_unknown_region_cannot_be_shown() -> None:
    with pytest.raises(NotFound) as raised:
        show(rulebook(), "999999")
    assert raised.value.code == "UNKNOWN_PACK"


def test_every_choice_can_be_said_in_words() -> None:
    assert [word for key in KEYS.values() for word in key.choices if in_words(word) == word] == []
    assert in_words(value=True) == "是"
    assert in_words(value=False) == "否"
    assert in_words(("card", "e_card")) == "社会保障卡、电子社会保障卡"


def test_every_key_is_described_with_its_kind_and_no_other() -> None:
    page = DOCS.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_.]+)` \| ([A-Z]+) \| (✓?) ", page, re.MULTILINE)
    described = {key: (kind, bool(required)) for key, kind, required in rows}
    assert described == {k: (known.kind.name, known.required) for k, known in KEYS.items()}
    choices = {key: re.findall(r"`([a-z_]+)`", row) for key, row in _choices(page).items()}
    assert choices == {key: list(known.choices) for key, known in KEYS.items()}


def _choices(page: str) -> dict[str, str]:
    rows = re.findall(r"^\| `([a-z_.]+)` \|.*\|([^|]*)\|$", page, re.MULTILINE)
    return dict(rows)
