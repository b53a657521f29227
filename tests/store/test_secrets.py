"""Keys and the vault: what is sealed opens only here, with this key, in its own place."""

import json
import os
from pathlib import Path

import pytest

from edge.clock import system_clock
from edge.core.errors import Fault
from edge.doctor import examine
from edge.settings import Settings, load_settings
from edge.store.keys import (
    CREDENTIALS,
    Credentials,
    KeyFolder,
    add_version,
    ages,
    create_keys,
    key_store_of,
    load_keys,
)
from edge.store.vault import Vault
from tests.journeys.test_commands import edge, founded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_keys(tmp_path / "keys")
    return tmp_path / "keys"


def test_keys_are_files_that_only_the_service_reads(folder: Path) -> None:
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_keys_are_never_overwritten(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(Fault) as fault:
        create_keys(folder)
    assert fault.value.code == "KEYS_EXIST"
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("name", ["identity", "index", "ledger", "signing"])
def test_a_key_open_to_others_missing_or_cut_short_is_refused_by_name(
    folder: Path, name: str
) -> None:
    path = folder / f"{name}.key"

    path.chmod(0o644)
    with pytest.raises(Fault, match=f"{name}.key"):
        load_keys(folder)

    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] if name != "signing" else b"no key")
    with pytest.raises(Fault, match=f"{name}.key"):
        load_keys(folder)

    path.unlink()
    with pytest.raises(Fault, match=f"{name}.key"):
        load_keys(folder)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Found a site whose keys systemd gives; return its settings file."""
    file = founded(tmp_path)
    text = file.read_text(encoding="utf-8").replace('store = "files"', 'store = "credentials"')
    file.write_text(text, encoding="utf-8")
    laid_by_systemd(tmp_path / "data/keys", tmp_path / "credentials")
    return file


def laid_by_systemd(keys: Path, credentials: Path) -> None:
    """Lay keys as ``LoadCredential=keys:FOLDER`` does; the group's bits are its list's mask."""
    credentials.mkdir(mode=0o700)
    for key in keys.iterdir():
        laid = key.rename(credentials / f"keys_{key.name}")
        laid.chmod(0o440)


def credentials_of(site: Path) -> tuple[Settings, dict[str, str]]:
    return load_settings(site), {CREDENTIALS: str(site.parent / "credentials")}


def test_systemd_may_hold_the_keys_and_each_version_of_them(site: Path) -> None:
    settings, environment = credentials_of(site)
    store = key_store_of(settings, environment)
    assert isinstance(store, Credentials)
    first = load_keys(store)
    (store.folder / "keys_identity.2.key").write_bytes(bytes(32))
    (store.folder / "keys_identity.2.key").chmod(0o440)
    assert load_keys(store).identity == (*first.identity, bytes(32))
    assert [(name, count) for name, count, _ in ages(store)] == [("identity", 2), ("index", 1)]
    (store.folder / "keys_ledger.key").chmod(0o444)
    with pytest.raises(Fault, match=r"keys_ledger\.key"):
        load_keys(store)


def test_without_systemd_they_are_not_looked_for_elsewhere_and_none_is_added(site: Path) -> None:
    settings, environment = credentials_of(site)
    with pytest.raises(Fault, match="KEY_STORE"):
        key_store_of(settings, {})
    with pytest.raises(Fault, match="KEY_STORE"):
        add_version(key_store_of(settings, environment), "identity")
    [keys] = [one for one in examine(site, system_clock) if one.name == "keys"]
    assert not keys.well
    assert "LoadCredential" in keys.fix


def test_a_site_works_with_the_keys_that_systemd_gives_and_the_doctor_says_so(site: Path) -> None:
    _, environment = credentials_of(site)
    done = edge("doctor", "--json", "--config", site, env=os.environ | environment)
    found = {one["name"]: one for one in json.loads(done.stdout)}
    assert found["keys"]["seen"].startswith("given by systemd")
    assert found["ledger"]["well"]


def test_files_are_where_keys_lie_unless_it_is_said_otherwise(tmp_path: Path) -> None:
    settings = load_settings(founded(tmp_path))
    store = key_store_of(settings, {CREDENTIALS: "/nowhere"})
    assert store == KeyFolder(tmp_path / "data/keys")


def test_what_is_sealed_opens_in_its_own_place_only(folder: Path) -> None:
    vault = Vault(load_keys(folder))
    sealed = vault.seal_value({"name": "测试䶮"}, "people.identity:1")
    assert vault.open_value(sealed, dict[str, str], "people.identity:1") == {"name": "测试䶮"}
    with pytest.raises(Fault) as fault:
        vault.unseal(sealed, "people.identity:2")
    assert fault.value.code == "SEAL_BROKEN"


def test_a_changed_byte_is_noticed(folder: Path) -> None:
    vault = Vault(load_keys(folder))
    sealed = bytearray(vault.seal(b"plain", "here"))
    sealed[-1] ^= 1
    with pytest.raises(Fault):
        vault.unseal(bytes(sealed), "here")


@pytest.mark.parametrize("kept", [0, 5, 12, 20])
def test_a_truncated_value_is_noticed(folder: Path, kept: int) -> None:
    vault = Vault(load_keys(folder))
    with pytest.raises(Fault) as fault:
        vault.unseal(vault.seal(b"plain", "here")[:kept], "here")
    assert fault.value.code == "SEAL_BROKEN"


def test_the_same_value_is_never_sealed_to_the_same_bytes(folder: Path) -> None:
    vault = Vault(load_keys(folder))
    assert vault.seal(b"plain", "here") != vault.seal(b"plain", "here")


def test_a_number_is_found_again_by_its_blind_index_only_with_the_same_key(
    tmp_path: Path, folder: Path
) -> None:
    create_keys(tmp_path / "other")
    vault, other = Vault(load_keys(folder)), Vault(load_keys(tmp_path / "other"))
    assert vault.blind("110101199001011237") == vault.blind("110101199001011237")
    assert vault.blind("110101199001011237") != other.blind("110101199001011237")
