"""Keys followed by newer ones: nobody is lost, what never changes opens, a crash is no harm."""

from dataclasses import replace
from pathlib import Path

import pytest

from edge.core.errors import BadInput, Fault
from edge.core.identity import Identity
from edge.site import Site
from edge.steps.rotate_keys import rotate_keys
from edge.store.backup import make_backup, opened_backup
from edge.store.books import misstated
from edge.store.keys import add_version, load_keys
from edge.store.people import identity_of, person_with, remember_person
from edge.store.settlements import load_settlement
from edge.store.vault import Vault
from edge.trust.crypto import Cipher, seal
from tests.steps.colleagues import settled
from tests.steps.conftest import Ground

SOMEBODY = Identity("110101199001011237", "测试甲")


def followed(site: Site, *names: str) -> Site:
    """Return the site after a restart with newer keys, not yet rotated."""
    folder = site.settings.data / "keys"
    for name in names:
        add_version(folder, name)
    return replace(site, vault=Vault(load_keys(folder)))


def known(site: Site, person: Identity = SOMEBODY) -> str:
    with site.store.transaction() as db:
        fresh = site.fresh_id()
        return remember_person(db, site.vault, person, fresh=fresh, now=site.clock())


def test_after_a_rotation_everybody_is_found_and_old_settlements_open(ground: Ground) -> None:
    before = settled(ground, ground.discharged().id)
    person, rows = known(ground.site), ground.site.store.read()
    site = followed(ground.site, "identity", "index")
    assert rotate_keys(site, "identity", 2, by="command line") > 1
    for row in rows.query("select id, identity_sealed from people"):
        assert site.vault.is_newest(row["identity_sealed"])
    for row in rows.query("select credential_sealed from identifications"):
        assert site.vault.is_newest(row["credential_sealed"])
    assert person_with(rows, site.vault, SOMEBODY.number) == person
    assert identity_of(rows, site.vault, person) == SOMEBODY
    assert load_settlement(rows, site.vault, before.id) == before
    assert site.ledger.verify(rows) is None
    assert misstated(rows) is None
    with pytest.raises(Fault):  # whoever has the old key alone reads nobody any more
        identity_of(rows, ground.site.vault, person)


def test_killed_between_key_and_rows_nobody_is_lost_or_doubled(ground: Ground) -> None:
    person = known(ground.site)
    site = followed(ground.site, "identity", "index")
    assert person_with(site.store.read(), site.vault, SOMEBODY.number) == person
    assert known(site) == person  # comes again, under the newer keys
    assert identity_of(site.store.read(), site.vault, person) == SOMEBODY
    site = followed(site, "index")
    assert known(site) == person
    rotate_keys(site, "index", 3, by="command line")
    assert person_with(site.store.read(), site.vault, SOMEBODY.number) == person


def test_a_damaged_person_stops_the_rotation_and_nothing_is_changed(ground: Ground) -> None:
    known(ground.site)
    other = known(ground.site, Identity("110101199001011245", "测试乙"))
    with ground.site.store.transaction() as db:
        db.execute("update people set identity_sealed = ? where id = ?", [b"torn", other])
    before = list(ground.site.store.read().query("select * from people"))
    site = followed(ground.site, "identity")
    with pytest.raises(Fault) as broken:
        rotate_keys(site, "identity", 2, by="command line")
    assert broken.value.code == "SEAL_BROKEN"
    assert list(site.store.read().query("select * from people")) == before


def test_a_backup_opens_with_the_key_of_its_day(ground: Ground, tmp_path: Path) -> None:
    site, old = ground.site, ground.keys
    make_backup(site.store, old, "TJ0001", tmp_path / "old.backup", site.clock())
    site = followed(site, "identity")
    new = load_keys(site.settings.data / "keys")
    make_backup(site.store, new, "TJ0001", tmp_path / "new.backup", site.clock())
    for name, keys in (("old", new), ("new", new), ("old", old)):
        with opened_backup(tmp_path / f"{name}.backup", keys, tmp_path) as (header, _):
            assert header.facility == "TJ0001"
    with (
        pytest.raises(BadInput) as refused,
        opened_backup(tmp_path / "new.backup", old, tmp_path),
    ):
        pass
    assert refused.value.code == "NO_BACKUP"


def test_what_the_first_releases_sealed_opens(ground: Ground) -> None:
    vault = ground.site.vault
    modern = vault.seal(b"plain", "people.identity:1")
    packed = Vault(ground.keys)._unsealed(modern, b"people.identity:1")  # noqa: SLF001 - the inner form
    old = seal(ground.keys.identity[0], packed, b"people.identity:1")
    assert vault.unseal(old, "people.identity:1") == b"plain"
    assert not vault.is_newest(old)


@pytest.mark.parametrize("first", Cipher)
def test_either_cipher_opens_what_the_other_sealed(ground: Ground, first: Cipher) -> None:
    [second] = set(Cipher) - {first}
    one, other = Vault(ground.keys, first), Vault(ground.keys, second)
    sealed = one.seal(b"plain", "here")
    assert other.unseal(sealed, "here") == b"plain"
    assert one.is_newest(sealed)
    assert not other.is_newest(sealed)


@pytest.mark.parametrize("cipher", Cipher)
def test_no_bit_of_what_is_sealed_can_be_turned(ground: Ground, cipher: Cipher) -> None:
    vault = Vault(ground.keys, cipher)
    sealed = vault.seal(b"plain", "here")
    for place in range(len(sealed)):
        turned = bytearray(sealed)
        turned[place] ^= 1
        with pytest.raises(Fault):
            vault.unseal(bytes(turned), "here")
    with pytest.raises(Fault):
        vault.unseal(sealed, "there")
