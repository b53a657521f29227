"""A new site: two administrators who exclude each other; the doctor misses whoever is not there."""

import os
from contextlib import closing
from pwd import getpwuid

import pytest

from edge.clock import fresh_id, system_clock
from edge.core.errors import Conflict
from edge.doctor import WAL_MAX_MB, Finding, examine, strangers_in
from edge.site.founding import FOUNDER, Founded, found_site
from edge.site.opening import require_owner
from edge.store.database import Store
from edge.store.keys import load_keys
from edge.store.ledger import Ledger, latest
from edge.store.operators import ADMINISTRATORS, check_password, disable_operator, operators
from edge.store.proofs import standing_of
from edge.store.quarantine import (
    Quarantine,
    begin_quarantine,
    forgotten,
    keep_unsure,
    lift_quarantine,
    resolve_forgotten,
)
from edge.store.vault import Vault


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    return found_site(tmp_path_factory.mktemp("site"), clock=system_clock, fresh_id=fresh_id)


def test_a_site_begins_with_one_account_of_each_administrator(founded: Founded) -> None:
    data = founded.settings_file.parent / "data"
    with closing(Store(data / "edge.db")) as store:
        db = store.read()
        assert {one.role for one in operators(db)} == ADMINISTRATORS
        assert len(operators(db)) == len({one.password for one in founded.accounts}) == 2
        for one in founded.accounts:
            operator = check_password(db, one.name, one.password)
            assert operator
            assert operator.role is one.role
            standing = standing_of(db, operator.id, at=system_clock())
            assert standing.second_factor
            # whoever founded the site has seen it: it opens nothing but the choice of one's own
            assert standing.must_change is (one.name == "security")
        acts = [entry.act for entry in latest(db, limit=9)]
        assert {(act.kind, act.operator) for act in acts} == {("operator.created", FOUNDER)}
        assert {act.subject for act in acts} == {one.id for one in operators(db)}
        assert Ledger(load_keys(data / "keys")).verify(db) is None
        held = (data / "edge.db").read_bytes() + (data / "edge.db-wal").read_bytes()
    assert not any(one.password.encode() in held for one in founded.accounts)


def test_the_doctor_misses_an_administrator_and_sees_a_log_of_writes_that_grew(
    founded: Founded,
) -> None:
    whole = seen(founded)
    assert whole["administrators"] == Finding(
        name="administrators", well=True, seen="2 with an account"
    )
    assert whole["write-ahead log"].well
    database = founded.settings_file.parent / "data/edge.db"
    with closing(Store(database)) as store:
        with store.transaction() as db:
            disable_operator(db, "security", at=system_clock())
        os.truncate(f"{database}-wal", (WAL_MAX_MB + 2) * 1_000_000)  # zeros that lie on no disk
        found = seen(founded)
    missed, grown = found["administrators"], found["write-ahead log"]
    assert (missed.well, missed.seen) == (False, "1 with an account; no security administrator")
    assert "edge users add NAME --role ROLE" in missed.fix
    assert (grown.well, "restart the service" in grown.fix) == (False, True)
    assert int(grown.seen.removesuffix(" MB")) > WAL_MAX_MB


def test_the_doctor_says_what_a_restore_has_left_to_be_done(founded: Founded) -> None:
    assert "restored" not in seen(founded)
    now = system_clock()
    data = founded.settings_file.parent / "data"
    with closing(Store(data / "edge.db")) as store:
        with store.transaction() as db:
            begin_quarantine(db, Quarantine(now, now))
        found = seen(founded)["restored"]
        assert (found.well, found.fix) == (False, "edge restored reconcile")
        with store.transaction() as db:
            vault = Vault(load_keys(data / "keys"))
            keep_unsure(db, vault, "fitting-1", backup_made_at=now, now=now)
            lift_quarantine(db, operator="test", now=now)
        found = seen(founded)["restored"]
        assert (found.well, found.seen.split()[0]) == (False, "1")
        with store.transaction() as db:
            [left] = forgotten(db)
            resolve_forgotten(db, vault, left.message_id, note="查过", operator="test", now=now)
    assert "restored" not in seen(founded)


def test_who_does_not_own_the_site_is_sent_to_the_account_that_does(founded: Founded) -> None:
    data = founded.settings_file.parent / "data"
    require_owner(data, account=os.geteuid())
    with pytest.raises(Conflict) as refused:
        require_owner(data, account=os.geteuid() + 1)  # as root is to a site of the account edge
    assert refused.value.code == "OTHERS_SITE"
    assert f"sudo -u {getpwuid(os.geteuid()).pw_name} edge" in refused.value.next_action.en
    assert seen(founded)["ownership"] == Finding(name="ownership", well=True, seen="of one account")
    assert "edge.db" in strangers_in(data, os.geteuid() + 1)


def seen(founded: Founded) -> dict[str, Finding]:
    return {one.name: one for one in examine(founded.settings_file, system_clock)}
