"""The hospital's codes: said once, all or nothing, and bills that wait go by them at once."""

from datetime import date

import pytest

from edge.core.catalogue import Insurance
from edge.core.errors import BadInput
from edge.steps.charge import charge
from edge.steps.map_codes import MEANINGS_MAX, map_codes
from edge.steps.preview import preview
from edge.store.code_mappings import Meaning, histories, said_last
from edge.store.ledger import latest
from tests.catalogues.shelf import keep_rows, row
from tests.steps.conftest import CLERK, Ground, line

FIRST = date(2026, 1, 1)
REGION = "120000"


def means(hospital: str, code: str | None = "DRUG", first: date = FIRST) -> Meaning:
    return Meaning(hospital_code=hospital, catalogue_code=code, valid_from=first)


def test_a_code_that_is_mapped_mends_the_lines_that_wait(ground: Ground) -> None:
    stay = ground.admitted()
    charge(ground.site, stay.id, [line("1", code="HIS-1")], CLERK)
    assert preview(ground.site, stay.ref).ruling.refused
    mapped = map_codes(ground.site, REGION, [means("HIS-1")], CLERK)
    assert (mapped.kept, len(mapped.changes), mapped.changes[0].before) == (True, 1, None)
    assert preview(ground.site, stay.ref).ruling.refused == ()
    [entry] = latest(ground.site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.subject) == ("codes.mapped", REGION)


def test_the_same_again_changes_nothing_and_another_word_says_what_it_was(ground: Ground) -> None:
    map_codes(ground.site, REGION, [means("HIS-1"), means("HIS-2", "TREAT")], CLERK)
    entries = ground.count("ledger")
    again = map_codes(ground.site, REGION, [means("HIS-1"), means("HIS-2", "TREAT")], CLERK)
    assert (again.kept, again.changes, again.known) == (False, (), 2)
    assert ground.count("ledger") == entries
    later = means("HIS-1", None, date(2026, 6, 1))
    [change] = map_codes(ground.site, REGION, [later], CLERK).changes
    assert (change.meaning, change.before) == (later, "DRUG")


def test_a_code_may_mean_one_thing_in_one_list_and_another_in_the_next(ground: Ground) -> None:
    work, medical = Insurance.WORK_INJURY, Insurance.MEDICAL
    map_codes(ground.site, REGION, [means("HIS-1")], CLERK)
    [change] = map_codes(
        ground.site, REGION, [means("HIS-1", "TREAT")], CLERK, insurance=medical
    ).changes
    assert change.before == "DRUG"
    stay = ground.admitted()
    charge(ground.site, stay.id, [line("1", code="HIS-1")], CLERK)
    assert [row.code for row in preview(ground.site, stay.ref).bill.catalogue] == ["DRUG"]
    db = ground.site.store.read()
    meant = [
        [one.catalogue_code for one in histories(db, ["HIS-1"], REGION, insurance)["HIS-1"]]
        for insurance in (work, medical, None)
    ]
    assert meant == [["DRUG"], ["TREAT", "DRUG"], ["DRUG"]]
    again = map_codes(ground.site, REGION, [means("HIS-1", "TREAT")], CLERK, insurance=medical)
    assert (again.kept, again.known) == (False, 1)


def test_a_target_must_be_known_to_the_list_itself(ground: Ground) -> None:
    keep_rows(ground.site.store, [row("ONLY")], version="m", insurance=Insurance.MEDICAL)
    for insurance in (None, Insurance.MEDICAL):
        map_codes(ground.site, REGION, [means("HIS-1", "ONLY")], CLERK, insurance=insurance)
    work = Insurance.WORK_INJURY
    with pytest.raises(BadInput, match="MAPPING_TARGET_UNKNOWN"):
        map_codes(ground.site, REGION, [means("HIS-2", "ONLY")], CLERK, insurance=work)


def test_a_dry_run_tells_and_keeps_nothing(ground: Ground) -> None:
    told = map_codes(
        ground.site, REGION, [means("HIS-1"), means("HIS-1", "TREAT")], CLERK, dry_run=True
    )
    assert [change.before for change in told.changes] == [None, "DRUG"]
    assert not told.kept
    assert said_last(ground.site.store.read(), REGION, limit=10) == []


@pytest.mark.parametrize(
    ("bad", "code", "field"),
    [
        (means("HIS-9", "NOWHERE"), "MAPPING_TARGET_UNKNOWN", "mappings[1].catalogue_code"),
        (means("TREAT"), "MAPPING_NEEDLESS", "mappings[1].hospital_code"),
        (
            Meaning(
                hospital_code="H",
                catalogue_code="DRUG",
                valid_from=FIRST,
                valid_to=date(2025, 1, 1),
            ),
            "DATES_CONTRADICT",
            "mappings[1].valid_to",
        ),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_one_meaning_without_sense_and_none_is_kept(
    ground: Ground, bad: Meaning, code: str, field: str, *, dry_run: bool
) -> None:
    with pytest.raises(BadInput) as wrong:
        map_codes(ground.site, REGION, [means("HIS-1"), bad], CLERK, dry_run=dry_run)
    assert (wrong.value.code, wrong.value.field) == (code, field)
    assert ground.count("code_mappings") == 0


@pytest.mark.parametrize(
    ("region", "count", "code"),
    [
        ("12", 1, "NOT_A_DIVISION"),
        (REGION, 0, "NO_MAPPINGS"),
        (REGION, MEANINGS_MAX + 1, "TOO_MANY_MAPPINGS"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    ground: Ground, region: str, count: int, code: str
) -> None:
    with pytest.raises(BadInput) as wrong:
        map_codes(ground.site, region, [means("HIS-1")] * count, CLERK)
    assert wrong.value.code == code
