"""A site of yesterday and its fittings: none is settled, typed or handed over a second time."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from edge.core.cases import CaseRef
from edge.core.errors import Conflict
from edge.core.fitting import Fitting
from edge.steps.bring_back import confirm
from edge.steps.fall_back import Request as HandOver
from edge.steps.fall_back import fall_back
from edge.steps.recollect import recollect, resolve
from edge.steps.settle import Request, settle
from edge.store.operators import Role
from edge.store.quarantine import Quarantine, begin_quarantine, forgotten, forgotten_words
from edge.store.settlements import Settlement
from sync.envelope import Kind
from tests.steps.agency import delivered
from tests.steps.colleagues import CLERK as FITTER
from tests.steps.colleagues import SECOND, hire, reversed_by_both, settled
from tests.steps.conftest import CLERK, Ground, ground_at
from tests.steps.fittings import fitted, fitting_ground, opened

TIANJIN, HANGZHOU = "120000", "330000"
"""Where fittings are typed into the national site, and where they are sent."""


@contextmanager
def back_from(ground: Ground, backup: Path, *, region: str) -> Iterator[Ground]:
    """Open a copy of the database that was made earlier, in quarantine as a restore leaves it."""
    with ground_at(backup) as again:
        fitting_ground(again, region=region)
        again.site = replace(again.site, platform=ground.platform)
        again.platform = ground.platform
        again.clock.now = ground.clock.now
        with again.site.store.transaction() as db:
            begin_quarantine(db, Quarantine(ground.clock.now, ground.clock.now))
        yield again


def backed_up(ground: Ground, folder: Path) -> Path:
    """Copy the whole site as it is now."""
    ground.site.store.read().execute("pragma wal_checkpoint(truncate)")
    shutil.copytree(ground.site.settings.data, folder, ignore=shutil.ignore_patterns("*.db-*"))
    return folder


def refused(ground: Ground, case: CaseRef) -> Conflict:
    with pytest.raises(Conflict) as conflict:
        settle(ground.site, Request(case=case, key="again"), CLERK)
    return conflict.value


def press(ground: Ground, fitting: Fitting) -> object:
    return settle(ground.site, Request(case=fitting.ref, key="again"), CLERK)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backup") / "site"


def test_a_fitting_that_was_sent_after_the_backup_is_not_settled_again(
    ground: Ground, folder: Path
) -> None:
    shop = fitting_ground(ground, region=HANGZHOU)
    fitting = fitted(shop)
    delivered(shop)
    backup = backed_up(shop, folder)
    settled(shop, fitting.ref)
    delivered(shop)
    with back_from(shop, backup, region=HANGZHOU) as again:
        assert refused(again, fitting.ref).code == "QUARANTINED"
        found = recollect(again.site, CLERK)
        assert (found.forgotten, found.unsure) == (2, 0)
        assert {one.kind for one in forgotten(again.site.store.read())} == {
            Kind.CHARGES,
            Kind.SETTLEMENT,
        }
        assert refused(again, fitting.ref).code == "CASE_FORGOTTEN"
        assert again.count("settlements") == 0


def test_a_fitting_that_may_have_been_typed_since_waits_until_somebody_has_looked(
    ground: Ground, folder: Path
) -> None:
    shop = fitting_ground(ground, region=TIANJIN)
    fitting = fitted(shop)
    backup = backed_up(shop, folder)
    settled(shop, fitting.ref)
    with back_from(shop, backup, region=TIANJIN) as again:
        assert refused(again, fitting.ref).code == "QUARANTINED"
        found = recollect(again.site, CLERK)
        assert (found.forgotten, found.unsure) == (0, 1)
        said = refused(again, fitting.ref)
        [unsure] = forgotten(again.site.store.read())
        assert (said.code, unsure.order_key) == ("CASE_FORGOTTEN", fitting.id)
        assert unsure.message_id in said.next_action.zh
        assert forgotten_words(again.site.store.read(), again.site.vault, unsure.message_id) == b""
        known = again.platform.facts
        again.platform.facts = {**known, "worker": {**known["worker"], "suspended": True}}
        with pytest.raises(Conflict, match="CASE_FORGOTTEN"):
            fall_back(again.site, HandOver(case=fitting.ref, reason="待遇暂停"), CLERK)
        again.platform.facts = known
        assert again.count("entry_sheets") == again.count("manual_packages") == 0
        resolve(again.site, unsure.message_id, "国家平台无此笔", CLERK)
        assert isinstance(press(again, fitting), Settlement)


def test_what_was_typed_before_the_backup_may_have_been_reversed_since_and_a_new_one_waits_not(
    ground: Ground, folder: Path
) -> None:
    shop = fitting_ground(ground, region=TIANJIN)
    before = fitted(shop)
    receipt = settled(shop, before.ref)
    confirm(shop.site, receipt.entry_sheet_id or "", "QG-1", CLERK)
    hire(shop, SECOND, Role.FINANCE)
    backup = backed_up(shop, folder)
    with back_from(shop, backup, region=TIANJIN) as again:
        assert recollect(again.site, CLERK).unsure == 1
        notice = {**again.platform.facts["notice"], "id": "N2"}
        again.platform.facts = {**again.platform.facts, "notice": notice}
        new = opened(again, "PZ2")
        assert new.id != before.id
        [unsure] = forgotten(again.site.store.read())
        hire(again, FITTER, Role.FITTING)
        with pytest.raises(Conflict, match="CASE_FORGOTTEN") as waits:
            reversed_by_both(again, receipt.id)
        assert unsure.message_id in waits.value.next_action.zh
        resolve(again.site, unsure.message_id, "冲正确认号 QG-2", CLERK)
        undone = reversed_by_both(again, receipt.id)
        assert undone.entry_sheet_id
        assert confirm(again.site, undone.entry_sheet_id, "QG-2", CLERK).confirmation == "QG-2"
