"""Keys and the vault: what is sealed opens only here, with this key, in its own place."""

from pathlib import Path

import pytest

from edge.core.errors import Fault
from edge.store.keys import create_keys, load_keys
from edge.store.vault import Vault


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
