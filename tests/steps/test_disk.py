"""Whichever write the disk refuses: nothing of the act is kept, and the same act goes on after."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path

import pytest

from edge.case.verdict import Asked
from edge.core.errors import Fault
from edge.core.fitting import Fitting
from edge.core.stay import Injury
from edge.core.verification import Moment, Service
from edge.digest import sm3
from edge.site.restoring import check_backup
from edge.steps.admit import Admission, admit
from edge.steps.back_up import back_up
from edge.steps.charge import charge
from edge.steps.discharge import discharge
from edge.steps.open_fitting import Opening, open_fitting
from edge.steps.verify import verify
from edge.store.books import misstated
from edge.store.database import Store
from sync.relay import Relay
from tests.steps.colleagues import CLERK, reversed_by_both, settled, staffed
from tests.steps.conftest import Ground, ground_at, line
from tests.steps.fittings import fitting_ground, said, verified
from tests.steps.full_disk import (
    PAGE_BYTES,
    failing_after,
    files_no_longer_than,
    full_after,
    left_behind,
    rows,
)
from tests.steps.test_fall_back import handed

Refusing = Callable[[Store, int], AbstractContextManager[None]]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Ground]:
    with ground_at(tmp_path) as ground:
        yield staffed(ground)


def refused(desk: Ground, refusing: Refusing, act: Callable[[], object]) -> list[str]:
    """Try an act with a disk that takes one write more each time; return what refused it."""
    codes: list[str] = []
    for writes in count():
        before = rows(desk.site.store)
        try:
            with refusing(desk.site.store, writes):
                act()
        except Fault as fault:
            codes.append(fault.code)
        else:
            assert desk.site.store.trouble is None
            return codes
        assert rows(desk.site.store) == before
        assert desk.site.store.trouble
    raise AssertionError


def sound(desk: Ground) -> bool:
    db = desk.site.store.read()
    [(integrity,)] = db.tuples("pragma integrity_check")
    return integrity == "ok" and not desk.site.ledger.verify(db) and not misstated(db)


def test_an_act_that_met_a_failing_disk_at_any_write_is_wholly_undone_and_done_once(
    desk: Ground,
) -> None:
    injury = Injury(determination="认定1", parts="左手")
    asked = Asked(service=Service.INPATIENT_MEDICAL, moment=Moment.ADMISSION)
    shown: list[str] = []
    verdicts: list[str] = []
    stays: list[str] = []
    lines = (line("1"), line("2", "TREAT"))
    settlements: list[str] = []
    acts: dict[str, Callable[[], object]] = {
        "identify": lambda: shown.append(desk.identified().id),
        "verify": lambda: verdicts.append(verify(desk.site, shown[0], asked, CLERK).id),
        "admit": lambda: stays.append(
            admit(
                desk.site,
                Admission(verification=verdicts[0], hospital_number="ZY1", injury=injury),
                CLERK,
            ).id
        ),
        "charge": lambda: charge(desk.site, stays[0], lines, CLERK),
        "discharge": lambda: discharge(desk.site, stays[0], None, CLERK),
        "settle": lambda: settlements.append(settled(desk, stays[0]).id),
        "reverse": lambda: reversed_by_both(desk, settlements[0]),
        "hand over": lambda: handed(desk, stays[0]),
    }
    for name, act in acts.items():
        codes = refused(desk, failing_after, act)
        assert set(codes) == {"DISK_FAILED"}, name
    assert len(stays) == len(settlements) == 1
    assert (desk.count("settlements"), desk.count("reversals")) == (1, 1)
    assert sound(desk)


def test_so_is_every_act_of_a_fitting(desk: Ground) -> None:
    shop = fitting_ground(desk)
    opening = Opening(
        verification=verified(shop).id,
        hospital_number="PZ1",
        injury=Injury(determination="认定1", parts="左小腿"),
    )
    fittings: list[Fitting] = []
    codes = refused(
        shop, failing_after, lambda: fittings.append(open_fitting(shop.site, opening, CLERK))
    )
    codes += refused(shop, failing_after, lambda: said(shop, fittings[0]))
    codes += refused(shop, failing_after, lambda: settled(shop, fittings[0].ref))
    assert set(codes) == {"DISK_FAILED"}
    assert (len(fittings), shop.count("settlements")) == (1, 1)
    assert sound(shop)


def test_a_full_disk_is_called_so_and_the_same_charges_are_taken_when_there_is_room(
    desk: Ground,
) -> None:
    stay = desk.admitted()
    # Names that no packing makes small: the batch needs pages that there are not.
    many = tuple(line(str(n), "TREAT", name=sm3(bytes([n])).hex()) for n in range(200))
    codes = refused(desk, full_after, lambda: charge(desk.site, stay.id, many, CLERK))
    assert codes
    assert set(codes) == {"DISK_FULL"}
    assert sound(desk)


def test_a_message_whose_answer_the_disk_did_not_take_is_delivered_once(desk: Ground) -> None:
    settled(desk, desk.discharged().id)
    site, codes = desk.site, []
    for writes in count():
        try:
            with failing_after(site.store, writes):
                tried = Relay(site.store, site.outbox, desk.platform, site.clock).run_once()
        except Fault as fault:
            codes.append(fault.code)
        else:
            if not tried:
                break
        desk.clock.pass_time(hours=1)
    status = site.outbox.status(site.store.read())
    assert set(codes) == {"DISK_FAILED"}
    assert (status.pending, status.sending, status.unknown, status.rejected) == (0, 0, 0, 0)
    assert set(desk.platform.received) == {
        row["id"] for row in site.store.read().query("select id from outbox")
    }


def test_a_backup_that_the_disk_does_not_take_leaves_nothing_half_made(
    desk: Ground, tmp_path: Path
) -> None:
    desk.discharged()
    size, path = desk.site.store.path.stat().st_size, tmp_path / "a.backup"
    for part in range(12):
        before = rows(desk.site.store)
        with (
            pytest.raises((Fault, OSError)),
            files_no_longer_than(size * part // 12 + PAGE_BYTES // 2),
        ):
            back_up(desk.site, path, CLERK)
        assert (path.exists(), left_behind(tmp_path)) == (False, set())
        assert rows(desk.site.store) == before
    made = back_up(desk.site, path, CLERK)
    assert check_backup(desk.site.settings, path) == made
