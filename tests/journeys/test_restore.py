"""Yesterday's backup comes back: the site waits, learns what it forgot, settles nothing twice."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.__main__ import app
from edge.core.errors import BadInput, Conflict, EdgeError
from edge.core.stay import Stay
from edge.settings import Facility
from edge.site.opening import open_site
from edge.site.restoring import check_backup, restore
from edge.steps.back_up import back_up
from edge.steps.recollect import recollect, resolve
from edge.steps.settle import Request, settle
from edge.store.database import Store
from edge.store.ledger import latest
from edge.store.quarantine import forgotten, open_quarantine
from edge.store.settlements import Settlement
from simulators.card.plan import synthetic_person
from sync.errors import PlatformUnreachable
from tests.fakes.log import Log
from tests.journeys.test_two_days import AWAY, Desk, a_desk

OPERATOR = "信息科"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path / "site", 4, "") as desk:
        yield desk


def restored(desk: Desk, backup: Path) -> Desk:
    """Close the site as a stopped service does, put the backup back, and open it again."""
    settings = desk.site.settings
    desk.close()
    restore(settings, backup, desk.clock, OPERATOR)
    desk.site = desk.opened.enter_context(open_site(settings, clock=desk.clock, log=Log()))
    return desk


def settled(desk: Desk, number: int) -> Settlement:
    stay = desk.discharged(synthetic_person(number), number)
    outcome = desk.press(stay)
    assert isinstance(outcome, Settlement)
    desk.deliver()
    return outcome


def refused(desk: Desk, number: int) -> str:
    with pytest.raises(Conflict) as conflict:
        desk.discharged(synthetic_person(number), number)
    return conflict.value.code


def test_a_site_of_yesterday_waits_then_opens_and_settles_nothing_twice(
    desk: Desk, tmp_path: Path
) -> None:
    early = settled(desk, 0)
    waiting = desk.discharged(synthetic_person(1), 1)
    desk.deliver()
    backup = tmp_path / "yesterday.backup"
    back_up(desk.site, backup, OPERATOR)
    desk.clock.pass_time(hours=2)
    after = desk.press(waiting)
    assert isinstance(after, Settlement)
    settled(desk, 2)

    restored(desk, backup)
    assert open_quarantine(desk.site.store.read())
    assert refused(desk, 3) == "QUARANTINED"
    found = recollect(desk.site, OPERATOR)
    assert found.forgotten == 6
    assert refused_press(desk, waiting) == "CASE_FORGOTTEN"
    assert settled(desk, 3)

    kinds = Counter((m.order_key, m.kind.value) for m in desk.journal.kept())
    assert set(kinds.values()) == {1}
    assert kinds[early.case.id, "settlement"] == 1
    assert kinds[waiting.id, "settlement"] == 1
    assert desk.site.ledger.verify(desk.site.store.read()) is None


def refused_press(desk: Desk, stay: Stay) -> str:
    with pytest.raises(Conflict) as conflict:
        settle(desk.site, Request(case=stay.ref, key="again"), OPERATOR)
    return conflict.value.code


def test_what_was_pending_in_the_backup_and_delivered_since_is_delivered_once(
    desk: Desk, tmp_path: Path
) -> None:
    desk.discharged(synthetic_person(0), 0)
    back_up(desk.site, tmp_path / "b", OPERATOR)
    desk.deliver()
    restored(desk, tmp_path / "b")
    desk.deliver()
    assert recollect(desk.site, OPERATOR).forgotten == 0
    kinds = Counter((m.order_key, m.kind.value) for m in desk.journal.kept())
    assert set(kinds.values()) == {1}


def test_while_the_platform_is_silent_the_quarantine_stays(desk: Desk, tmp_path: Path) -> None:
    back_up(desk.site, tmp_path / "b", OPERATOR)
    restored(desk, tmp_path / "b")
    desk.faults.play(AWAY)
    with pytest.raises(PlatformUnreachable):
        recollect(desk.site, OPERATOR)
    assert open_quarantine(desk.site.store.read())


def test_a_case_that_somebody_has_dealt_with_goes_on(desk: Desk, tmp_path: Path) -> None:
    waiting = desk.discharged(synthetic_person(1), 1)
    back_up(desk.site, tmp_path / "b", OPERATOR)
    desk.press(waiting)
    desk.deliver()
    restored(desk, tmp_path / "b")
    recollect(desk.site, OPERATOR)
    for one in forgotten(desk.site.store.read()):
        resolve(desk.site, one.message_id, "核对纸质结算单，已补登", OPERATOR)
    outcome = desk.press(waiting)
    assert isinstance(outcome, Settlement)
    desk.deliver()
    kinds = Counter((m.order_key, m.kind.value) for m in desk.journal.kept())
    assert kinds[waiting.id, "settlement"] == 1  # the platform takes no second one


def test_a_site_that_was_not_restored_has_nothing_to_recollect(desk: Desk) -> None:
    with pytest.raises(Conflict, match="NOT_QUARANTINED"):
        recollect(desk.site, OPERATOR)


def test_a_site_in_use_is_not_restored(desk: Desk, tmp_path: Path) -> None:
    back_up(desk.site, tmp_path / "b", OPERATOR)
    with pytest.raises(Conflict, match="SITE_IN_USE"):
        restore(desk.site.settings, tmp_path / "b", desk.clock, OPERATOR)


def test_another_facilitys_backup_is_refused(desk: Desk, tmp_path: Path) -> None:
    back_up(desk.site, tmp_path / "b", OPERATOR)
    settings = desk.site.settings
    other = settings.facility.model_copy(update={"id": "TJ0002"})
    assert isinstance(other, Facility)
    desk.close()
    with pytest.raises(Conflict, match="BACKUP_OF_ANOTHER"):
        restore(
            settings.model_copy(update={"facility": other}), tmp_path / "b", desk.clock, OPERATOR
        )


def test_no_identity_stands_in_a_backup_and_it_replaces_none(desk: Desk, tmp_path: Path) -> None:
    settled(desk, 0)
    back_up(desk.site, tmp_path / "b", OPERATOR)
    person = synthetic_person(0)
    written = (tmp_path / "b").read_bytes()
    assert person.number.encode() not in written
    assert person.name.encode() not in written
    assert b"SQLite" not in written
    with pytest.raises(BadInput, match="BACKUP_EXISTS"):
        back_up(desk.site, tmp_path / "b", OPERATOR)


def spoilt(whole: bytes, how: str) -> bytes:
    """Return a backup cut, changed or made of nothing."""
    match how:
        case "cut":
            return whole[:-100]
        case "cut at a piece":
            return whole[: whole.index(b"\n") + 1]
        case "changed":
            return whole[:-1] + bytes([whole[-1] ^ 1])
        case "another header":
            return whole.replace(b'"schema":', b'"schema":1', 1)
        case _:
            return b"this is a letter\n" * 100


@pytest.mark.parametrize("how", ["cut", "cut at a piece", "changed", "another header", "no backup"])
def test_what_is_no_whole_backup_is_refused(desk: Desk, tmp_path: Path, how: str) -> None:
    back_up(desk.site, tmp_path / "b", OPERATOR)
    bad = tmp_path / "bad"
    bad.write_bytes(spoilt((tmp_path / "b").read_bytes(), how))
    with pytest.raises(EdgeError) as wrong:
        check_backup(desk.site.settings, bad)
    assert wrong.value.code == "NO_BACKUP"


def test_a_copy_whose_ledger_was_tampered_with_is_no_backup(desk: Desk, tmp_path: Path) -> None:
    db = desk.site.store.read()
    [trigger] = db.query(
        "select name from sqlite_schema where type = 'trigger' and tbl_name = 'ledger'"
        " and sql like '%update%' limit 1"
    )
    db.execute(f"drop trigger {trigger['name']}")
    db.execute("update ledger set operator = 'somebody else' where seq = 1")
    with pytest.raises(EdgeError, match="BACKUP_DAMAGED"):
        back_up(desk.site, tmp_path / "b", OPERATOR)
    assert not (tmp_path / "b").exists()


def test_the_database_that_was_replaced_stands_beside_it(desk: Desk, tmp_path: Path) -> None:
    back_up(desk.site, tmp_path / "b", OPERATOR)
    settled(desk, 0)
    restored(desk, tmp_path / "b")
    [kept] = desk.site.settings.data.glob("edge-before-restore-*.db")
    store = Store(kept)
    assert any(entry.act.kind == "stay.settled" for entry in latest(store.read(), limit=20))
    store.close()


def test_the_commands_back_up_check_restore_and_open_again(desk: Desk, tmp_path: Path) -> None:
    settings_file = desk.settings_file
    desk.close()
    run = CliRunner()
    config = ["--config", str(settings_file)]
    path = str(tmp_path / "b")
    for words in (
        ["backup", path],
        ["restore", path, "--check"],
        ["restore", path],
        ["restored", "reconcile"],
        ["restored", "list"],
    ):
        done = run.invoke(app, [*words, *config])
        assert done.exit_code == 0, (words, done.output)
    assert run.invoke(app, ["restored", "show", "nothing", *config]).exit_code == 2
