"""An office's settings, its founding, its commands; and that the documents tell of all of them."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel
from typer.testing import CliRunner

from edge.__main__ import app
from edge.clock import fresh_id, system_clock
from edge.core.errors import BadInput, Fault
from edge.office.doctor import examine_office
from edge.office.founding import add_viewer, found_office
from edge.office.opening import open_office
from edge.office.settings import CampusPlace, OfficeSettings, load_office
from edge.settings import SettingsError
from edge.shipped import config_folder
from edge.store.operators import Role, Scope, operators
from edge.store.tokens import token_of
from sync.envelope import new_key
from tests.fakes.log import Log
from tests.house.source import ROOT

PLAIN = "data = 'd'\nname = 'x'\n[platform]\nurl = 'http://127.0.0.1'"

HOUSE = {"platform", "server", "identities", "log"}
"""Sections that are a site's, and documented there."""


def keys(model: type[BaseModel], prefix: str = "") -> set[str]:
    """Return the dotted names of a model's settings, but for those of the house."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= set() if name in HOUSE else keys(kind, f"{name}.")
        else:
            found.add(prefix + name)
    return found


def test_every_setting_of_an_office_is_documented_and_no_other() -> None:
    page = (ROOT / "docs/group.md").read_text(encoding="utf-8")
    table = page.partition("## Settings\n")[2]
    described = set(re.findall(r"^\| `([a-z0-9_.]+)` \|", table, re.MULTILINE))
    assert described == keys(OfficeSettings)
    [campuses] = re.findall(r"^\| `campuses` .*$", page, re.MULTILINE)
    assert [key for key in CampusPlace.model_fields if f"`{key}`" not in campuses] == []


def test_the_example_is_an_office(tmp_path: Path) -> None:
    founded = found_office(tmp_path, clock=system_clock, fresh_id=fresh_id)
    assert load_office(founded.settings_file).campuses == ()
    example = (config_folder() / "office.example.toml").read_text(encoding="utf-8")
    with_campus = tomllib.loads(re.sub(r"^# (\[\[|\w+ =)", r"\1", example, flags=re.MULTILINE))
    assert with_campus["campuses"][0]["facility"] == "TJ0001"
    OfficeSettings.model_validate(with_campus)
    with pytest.raises(Fault, match="SITE_EXISTS"):
        found_office(tmp_path, clock=system_clock, fresh_id=fresh_id)


def test_an_office_takes_viewers_and_no_clerks(tmp_path: Path) -> None:
    config = found_office(tmp_path, clock=system_clock, fresh_id=fresh_id).settings_file
    password = add_viewer(config, "钱方", Role.FINANCE, system_clock, fresh_id)
    assert len(password) > 10
    with pytest.raises(BadInput, match="OFFICE_ROLE"):
        add_viewer(config, "李敏", Role.ADMISSION, system_clock, fresh_id)
    with open_office(load_office(config), log=Log()) as office:
        db = office.store.read()
        assert sorted(one.name for one in operators(db)) == ["admin", "security", "钱方"]
        assert office.ledger.verify(db) is None


def test_a_monitoring_system_gets_a_token_for_the_figures_alone(tmp_path: Path) -> None:
    config = found_office(tmp_path, clock=system_clock, fresh_id=fresh_id).settings_file
    words = ["office", "add-watcher", "prometheus", "--config", str(config)]
    added, again = (CliRunner().invoke(app, words) for _ in range(2))
    assert added.exit_code == 0
    assert again.exit_code != 0
    with open_office(load_office(config), log=Log()) as office:
        db = office.store.read()
        told = token_of(db, added.output.split()[-1], at=system_clock())
        assert told is not None
        assert (told.name, told.scopes) == ("prometheus", frozenset({Scope.METRICS}))
        made = [
            row["subject"]
            for row in db.query("select * from ledger where kind = ?", ("token.created",))
        ]
        assert made == ["prometheus"]
        assert office.ledger.verify(db) is None


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("name = 'x'\n[platform]\nurl = 'http://127.0.0.1'", "data"),
        ("data = 'd'\nname = 'x'\nstray = 1\n[platform]\nurl = 'http://127.0.0.1'", "stray"),
        ("data = 'd'\nname = 'x'\nworkers = 0\n[platform]\nurl = 'http://127.0.0.1'", "workers"),
        ("data = [", "(file)"),
        (
            f"{PLAIN}\n[[campuses]]\nfacility = 'A.>'\nname = 'x'\nkeys = ['k']",
            "campuses.0.facility",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, words: str, field: str) -> None:
    file = tmp_path / "office.toml"
    file.write_text(words, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_office(file)
    assert field in [key for key, _ in refused.value.problems]
    assert not examine_office(file, system_clock)[0].well


def test_the_doctor_names_what_is_not_there(tmp_path: Path) -> None:
    config = found_office(tmp_path, clock=system_clock, fresh_id=fresh_id).settings_file
    words = config.read_text(encoding="utf-8")
    words = words.replace("host=/var/run/postgresql", f"host={tmp_path}")
    words = words.replace("127.0.0.1:4222", "127.0.0.1:9").replace("127.0.0.1:8700", "127.0.0.1:9")
    config.write_text(words, encoding="utf-8")
    found = {one.name: one for one in examine_office(config, system_clock)}
    assert {name for name, one in found.items() if one.well} == {"settings", "keys", "certificate"}
    assert all(one.fix for one in found.values() if not one.well)


def test_a_campus_whose_key_is_missing_is_named(tmp_path: Path) -> None:
    config = found_office(tmp_path, clock=system_clock, fresh_id=fresh_id).settings_file
    with config.open("a", encoding="utf-8") as file:
        file.write('[[campuses]]\nfacility = "TJ0001"\nname = "x"\nkeys = ["TJ0001.pem"]\n')
    with (
        pytest.raises(Fault, match="CAMPUS_KEY"),
        open_office(load_office(config), log=Log()),
    ):
        pass
    (tmp_path / "TJ0001.pem").write_bytes(new_key().public().pem())
    with open_office(load_office(config), log=Log()) as office:
        assert list(office.campuses) == ["TJ0001"]
