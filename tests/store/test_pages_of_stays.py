"""A page of stays costs the same however many there are: the plan is an index's own order."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from edge.core.errors import NotFound
from edge.core.stay import Bedside, Injury, Stay, StayState
from edge.core.verification import Decision, Service
from edge.store.database import Rows, Store
from edge.store.fittings import fittings_numbered_like, newest_fittings
from edge.store.keys import create_keys, load_keys
from edge.store.migrations import migrate
from edge.store.people import identification_for
from edge.store.stays import (
    add_stay,
    count_stays,
    load_stay,
    move_stay,
    newest_stays,
    stays_numbered_like,
)
from edge.store.vault import Vault

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
STAY = Stay(
    id="",
    person_id="p",
    verification_id="v",
    hospital_number="",
    service=Service.INPATIENT_MEDICAL,
    injury=Injury(determination="认定1", parts="左手"),
    bedside=Bedside(),
    insured_region="110000",
    admission_decision=Decision.DIRECT,
    state=StayState.ADMITTED,
    admitted_at=NOW,
)
COUNT = 25


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    """Give a store with stays, every fifth of them discharged."""
    store = Store(_fresh(tmp_path_factory))
    migrate(store)
    rows = store.read()
    rows.execute("pragma foreign_keys = off")
    for number in range(COUNT):
        stay = replace(STAY, id=f"s{number:03}", hospital_number=f"ZY{number:03}")
        add_stay(rows, stay)
        if number % 5 == 0:
            left = replace(stay, state=StayState.DISCHARGED, discharged_at=NOW, settle_by=NOW)
            move_stay(rows, left)
    yield rows
    store.close()


def _fresh(folders: pytest.TempPathFactory) -> Path:
    return folders.mktemp("stays") / "edge.db"


def test_pages_follow_one_another_without_a_gap_or_a_repeat(db: Rows) -> None:
    seen: list[str] = []
    while page := newest_stays(db, after=seen[-1] if seen else "", limit=10):
        seen += [stay.id for stay in page]
    assert seen == [f"s{number:03}" for number in reversed(range(COUNT))]


def test_a_page_of_one_state_goes_on_where_the_page_before_ended(db: Rows) -> None:
    first = newest_stays(db, state=StayState.DISCHARGED, limit=3)
    rest = newest_stays(db, state=StayState.DISCHARGED, after=first[-1].id, limit=3)
    assert [stay.id for stay in [*first, *rest]] == ["s020", "s015", "s010", "s005", "s000"]
    assert newest_stays(db, after="nobody", limit=3) == []


def test_a_number_is_found_by_its_beginning_in_its_order(db: Rows) -> None:
    assert [one.id for one in stays_numbered_like(db, "ZY01", limit=3)] == ["s010", "s011", "s012"]
    assert stays_numbered_like(db, "%", limit=3) == []


def test_only_what_is_open_is_counted_when_asked(db: Rows) -> None:
    counted = count_stays(db, StayState.ADMITTED, StayState.DISCHARGED)
    assert counted == {StayState.ADMITTED: 20, StayState.DISCHARGED: 5}


def test_a_planned_day_is_kept(db: Rows) -> None:
    stay = load_stay(db, "s001")
    move_stay(db, replace(stay, planned_on=date(2026, 11, 28)))
    assert load_stay(db, "s001").planned_on == date(2026, 11, 28)
    move_stay(db, stay)


@pytest.mark.parametrize(
    ("where", "order"),
    [
        ("", "rowid desc"),
        ("where rowid < (select rowid from stays where id = 's010')", "rowid desc"),
        ("where state = 'admitted'", "rowid desc"),
        (
            "where state = 'admitted' and rowid < (select rowid from stays where id = 's010')",
            "rowid desc",
        ),
        ("where hospital_number >= 'ZY01' and hospital_number < 'ZY02'", "hospital_number"),
    ],
)
def test_no_page_sorts_or_scans_what_it_does_not_show(db: Rows, where: str, order: str) -> None:
    asked = f"explain query plan select * from stays {where} order by {order} limit 20"  # noqa: S608
    plan = [str(row["detail"]) for row in db.query(asked)]
    assert not [step for step in plan if "TEMP B-TREE" in step]
    # Without a condition the table itself is walked from its end, twenty rows of it.
    assert where == "" or not [step for step in plan if step.startswith("SCAN")]


class Watched:
    """Rows that write down how each question is answered."""

    def __init__(self, db: Rows) -> None:
        self._db = db
        self.plans: list[str] = []

    def query(self, sql: str, params: Sequence[object] = ()) -> Iterator[dict[str, Any]]:
        """Write down the plan, and pass it on."""
        plan = self._db.query(f"explain query plan {sql}", params)
        self.plans += [step["detail"] for step in plan]
        return self._db.query(sql, params)

    def one(self, sql: str, params: Sequence[object] = ()) -> dict[str, Any] | None:
        """Write down the plan, and pass it on."""
        return next(self.query(sql, params), None)


def test_no_page_of_fittings_sorts_or_scans_what_it_does_not_show(db: Rows, tmp_path: Path) -> None:
    create_keys(tmp_path)
    vault, watched = Vault(load_keys(tmp_path)), Watched(db)
    rows = cast("Rows", watched)
    newest_fittings(rows, vault, limit=20)
    assert watched.plans == ["SCAN fittings"]  # from its end, twenty rows of it
    newest_fittings(rows, vault, after="f010", limit=20)
    fittings_numbered_like(rows, vault, "PZ01", limit=20)
    later = watched.plans[1:]
    assert [step for step in later if "SCAN" in step and "SUBQUERY" not in step] == []
    assert [step for step in watched.plans if "TEMP B-TREE" in step] == []


def test_a_workers_latest_showing_is_found_beside_all_that_were_ever_shown(
    db: Rows, tmp_path: Path
) -> None:
    create_keys(tmp_path)
    vault, watched = Vault(load_keys(tmp_path)), Watched(db)
    with pytest.raises(NotFound) as unknown:
        identification_for(cast("Rows", watched), vault, person_id="p", identification_id=None)
    assert unknown.value.code == "UNKNOWN_IDENTIFICATION"
    assert [step for step in watched.plans if "SCAN" in step or "TEMP B-TREE" in step] == []
