"""Whichever write the disk refuses: the office's acts are wholly undone, and done once after."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from edge.core.claim import ClaimState
from edge.core.errors import Fault
from edge.core.reconciliation import Found, Objection
from edge.steps.claim import submit
from edge.steps.collect import collect
from edge.steps.import_catalogue import Import, Outcome, Report, import_catalogue
from edge.steps.reconcile import confirm, object_to
from edge.store.catalogues import held_versions
from edge.store.claims import Claim
from sync.dispatch import DispatchKind
from tests.sheets.written import ROW, changed, listed
from tests.steps.agency import (
    DECEMBER,
    FINANCE,
    NOVEMBER,
    Agency,
    deduction,
    delivered,
    settled,
    submission,
)
from tests.steps.colleagues import staffed
from tests.steps.conftest import Ground, ground_at
from tests.steps.full_disk import failing_after
from tests.steps.test_disk import refused, sound
from tests.steps.test_reconcile import protest, state

REGION = "310000"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Ground]:
    with ground_at(tmp_path) as ground:
        yield staffed(ground)


def collected_at_last(desk: Ground) -> set[str]:
    """Collect with a disk that takes one write more each time; return what refused it."""
    codes: set[str] = set()
    for writes in count():
        try:
            with failing_after(desk.site.store, writes):
                collect(desk.site)
        except Fault as fault:
            codes.add(fault.code)
        else:
            return codes
    raise AssertionError


def test_every_act_of_a_month_is_wholly_undone_and_done_once(desk: Ground) -> None:
    done, agency = settled(desk), Agency(desk)
    delivered(desk)
    desk.clock.now = DECEMBER
    claims: list[Claim] = []
    objections: list[Objection] = []
    codes = set(
        refused(
            desk,
            failing_after,
            lambda: claims.append(submit(desk.site, submission(desk), FINANCE)),
        )
    )
    delivered(desk)
    item = {"settlement": done.id, "fund_fen": 1000, "approved_fen": 700}
    item["deductions"] = [deduction(300)]
    audit = {"claim": claims[0].id, "month": claims[0].month, "items": [item]}
    agency.tell(DispatchKind.AUDIT_RESULT, audit)
    codes |= collected_at_last(desk)
    codes |= set(
        refused(
            desk,
            failing_after,
            lambda: objections.append(object_to(desk.site, protest(), FINANCE)),
        )
    )
    answer = {"objection": objections[0].id, "lifted_fen": 100, "text": "部分采纳"}
    agency.tell(DispatchKind.OBJECTION_ANSWER, answer)
    codes |= collected_at_last(desk)
    codes |= set(
        refused(desk, failing_after, lambda: confirm(desk.site, NOVEMBER, Found(800), FINANCE))
    )
    assert codes == {"DISK_FAILED"}
    assert state(desk) is ClaimState.AGREED
    counted = ("claims", "audits", "objections", "objection_answers", "claim_confirmations")
    assert [desk.count(table) for table in counted] == [1] * len(counted)
    assert sound(desk)


def test_a_catalogue_is_imported_whole_or_not_at_all(desk: Ground, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(listed(ROW, *(changed(code=f"C{n}") for n in range(40))))
    asked = Import(path=file, region=REGION, version="1")
    reports: list[Report] = []
    codes = refused(
        desk,
        failing_after,
        lambda: reports.append(import_catalogue(desk.site, asked, "信息科")),
    )
    assert set(codes) == {"DISK_FAILED"}
    assert [one.outcome for one in reports] == [Outcome.IMPORTED]
    held = [one for one in held_versions(desk.site.store.read()) if one.region == REGION]
    assert [one.row_count for one in held] == [41]
    assert import_catalogue(desk.site, asked, "信息科").outcome is Outcome.KNOWN
    assert sound(desk)
