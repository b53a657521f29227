"""A site as a campus of a group: its settings, its files, what the doctor sees, what it loads."""

from contextlib import closing
from pathlib import Path

import pytest

from edge.core.errors import Fault
from edge.settings import Settings, SettingsError, load_settings
from edge.site.group import Seen, seen_by, stream_of
from sync.errors import PlatformMisplaced
from sync.stream import Address, Stream
from sync.streams import down_plan, receipts_plan, up_plan
from tests.journeys.test_commands import founded
from tests.nats_server import hub, leaf
from tests.programs import finished

CAMPUS = 'transport = "jetstream"'


def campus(folder: Path, *lines: str, **changed: str) -> Path:
    """Found a site and make a campus of it, with more lines under ``[sync.jetstream]``."""
    path = founded(folder)
    text = path.read_text(encoding="utf-8")
    text = text.replace('transport = "https"', CAMPUS)
    head, mark, rest = text.partition("[sync.jetstream]")
    text = f"{head}{mark}\n" + "\n".join(lines) + "\n" + rest.partition("\n")[2]
    for old, new in changed.items():
        text = text.replace(f"{old} = ", f"{old} = {new} # ")
    path.write_text(text, encoding="utf-8")
    return path


def problem(path: Path) -> str:
    with pytest.raises(SettingsError) as wrong:
        load_settings(path)
    return str(wrong.value)


def streams_of(path: Path) -> dict[str, Seen]:
    settings = load_settings(path)
    with closing(stream_of(settings, "test")) as stream:
        return seen_by(stream, settings)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('servers = ["nats://10.0.0.7:4222"]', "tls://host:port"),
        ('servers = ["http://127.0.0.1:4222"]', "tls://host:port"),
        ("servers = []", "at least 1 item"),
        ('user = "edge"', "belong together"),
        ('hub_domain = "a.b"', "match pattern"),
        ("receipt_wait_s = 0", "greater than 0"),
        ('surprise = "1"', "not permitted"),
    ],
)
def test_a_campuss_settings_are_read_strictly(tmp_path: Path, line: str, why: str) -> None:
    assert why in problem(campus(tmp_path, line))


def test_a_campus_speaks_the_direct_protocol_and_can_stand_in_a_subject(tmp_path: Path) -> None:
    assert "direct protocol" in problem(campus(tmp_path / "a", adapter='"numbered"'))
    assert "facility.id" in problem(campus(tmp_path / "b", id='"TJ 0001"'))


def test_files_are_found_from_the_settings_on_and_a_password_lies_private(tmp_path: Path) -> None:
    lines = ('user = "edge"', 'password_file = "nats.password"', 'servers = ["tls://leaf:4222"]')
    settings = load_settings(campus(tmp_path, *lines))
    secret = tmp_path / "nats.password"
    assert settings.sync.jetstream.password_file == secret
    assert refused(settings) == "STREAM_PASSWORD"
    secret.write_text("a secret of the tests\n", encoding="utf-8")
    secret.chmod(0o644)
    assert refused(settings) == "STREAM_PASSWORD"
    secret.chmod(0o600)
    stream_of(settings, "test").close()
    bare = settings.sync.jetstream.model_copy(update={"ca": tmp_path / "none.pem"})
    sync = settings.sync.model_copy(update={"jetstream": bare})
    with pytest.raises(PlatformMisplaced, match=r"sync\.jetstream\.ca"):
        stream_of(settings.model_copy(update={"sync": sync}), "test")


def refused(settings: Settings) -> str:
    with pytest.raises(Fault) as wrong:
        stream_of(settings, "test")
    return wrong.value.code


def test_the_doctor_looks_at_the_servers_of_a_group(tmp_path: Path) -> None:
    with (
        hub(tmp_path / "hub") as middle,
        leaf(tmp_path / "leaf", "TJ0001", middle.leaf_port) as own,
        closing(Stream(Address(servers=(own.url,), name="test"))) as stream,
        closing(Stream(Address(servers=(middle.url,), name="office"))) as office,
    ):
        path = campus(tmp_path / "site", f'servers = ["{own.url}"]')
        before = streams_of(path)
        assert before["stream server"].well
        assert "messages up to 8 MB" in before["stream server"].seen
        assert not before["stream UP"].well
        assert not before["group's office"].well
        stream.declare(up_plan("TJ0001"))
        office.declare(down_plan(), receipts_plan("TJ0001"))
        after = streams_of(path)
        assert after["stream UP"].seen == "0 messages kept"
        assert after["group's office"].seen == "0 receipts wait to be read"
        assert all(one.well for one in after.values())
    gone = streams_of(path)
    assert [(name, one.well) for name, one in gone.items()] == [("stream server", False)]
    assert "nats-server" in gone["stream server"].fix


@pytest.mark.parametrize(("transport", "loaded"), [("https", "none"), ("jetstream", "nats")])
def test_a_site_that_is_no_campus_never_loads_the_streams_client(
    tmp_path: Path, transport: str, loaded: str
) -> None:
    path = founded(tmp_path) if transport == "https" else campus(tmp_path)
    done = finished("tests.rim.loaded", path)
    assert (done.returncode, done.stdout) == (0, loaded), done.stderr
