"""What IT staff start by hand: cards from images, mishaps by script, masked traces, refusals."""

import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from typing import IO

import pytest

from drivers.cards import CardRecord, read_card
from drivers.pcsc import PcscReaders
from drivers.trace import Replayed, read_traces
from drivers.transport import Presence
from simulators.card.image import IMAGES, CardImage, load_image
from simulators.card.script import load_card_script
from simulators.hospital.script import load_hospital_script
from simulators.pcscd import READERS
from simulators.platform.faults import load_script
from simulators.reader import VpcdCard
from simulators.script_file import SCRIPTS, BadFile
from tests.contracts.desk import Desk
from tests.programs import Program, finished

PLATFORM = sorted((SCRIPTS / "platform").glob("*.toml"))
HOSPITAL = sorted((SCRIPTS / "hospital").glob("*.toml"))
CANARY = """
[person]
name = "卡纳丽㛃𫖯"
number = "999999198702283186"
card_number = "CANARY427"
birth_date = 1987-02-28
serial = "C0FFEE42"
"""


@pytest.mark.usefixtures("pcscd")
def test_two_images_are_in_two_readers_and_what_passes_is_recorded_masked(tmp_path: Path) -> None:
    image, trace = tmp_path / "canary.toml", tmp_path / "card.trace"
    image.write_text(CANARY, encoding="utf-8")
    words = ["--image", str(image), "--image", "version-1", "--record", str(trace)]
    with closing(PcscReaders()) as readers:
        with _started("card", *words) as told:
            assert (READERS[0] in told.readline(), READERS[1] in told.readline()) == (True, True)
            record, other = (_read(readers, name) for name in READERS)
        _emptied(readers)
    assert (record.name, other.spec_version) == ("卡纳丽㛃𫖯", "1.00")
    kept = trace.read_text(encoding="ascii")
    for secret in (record.name, record.social_security_number, record.card_number):
        assert secret not in kept
        assert secret.encode("gb18030").hex().upper() not in kept
    for secret in (record.card_id[16:], record.birth_date.strftime("%Y%m%d")):
        assert secret not in kept
    assert len(read_traces(kept)) == 2
    again = read_card(Replayed(read_traces(kept)[0]))
    assert (again.issuing_region, len(again.name)) == (record.issuing_region, len(record.name))


@pytest.mark.usefixtures("pcscd")
def test_a_script_that_ships_is_played_by_name_and_told_step_by_step() -> None:
    with closing(PcscReaders()) as readers:
        with _started("card", "--script", "next-worker") as told:
            lines = [told.readline() for _ in range(3)]
            assert _read(readers, READERS[0]).name
        _emptied(readers)
    assert [line.split(" -> ")[1].strip() for line in lines] == ["present", "empty", "present"]


@pytest.mark.usefixtures("pcscd")
def test_a_card_in_a_real_reader_is_traced_and_the_trace_played(tmp_path: Path) -> None:
    trace = tmp_path / "card.trace"
    with closing(PcscReaders()) as readers:
        with _started("card", "--image", "wrong-card-number") as told:
            assert READERS[0] in told.readline()
            _desk(readers, READERS[0]).wait_for(Presence.PRESENT)
            traced = _done("trace", str(trace))
        _emptied(readers)
    assert traced.stdout.endswith("CHECK_DIGIT_WRONG EF05.07 card_number\n")
    assert "D2143569" not in trace.read_text(encoding="ascii")
    assert _done("trace", str(trace), "--replay").stdout == (
        "1: CHECK_DIGIT_WRONG EF05.07 card_number\n"
    )
    empty = _done("trace", str(trace), code=1)
    assert "读卡器中没有卡" in empty.stderr


def test_what_is_no_trace_is_not_played(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.trace"
    wrong.write_text("hello", encoding="ascii")
    assert f"{wrong}: 不是读卡记录" in _done("trace", str(wrong), "--replay", code=2).stderr
    nowhere = tmp_path / "nowhere.trace"
    assert "cannot be read" in _done("trace", str(nowhere), "--replay", code=2).stderr


def test_what_ships_is_listed_with_its_first_line() -> None:
    told = _done("card", "--list")
    for file in [*IMAGES.glob("*.toml"), *(SCRIPTS / "card").glob("*.toml")]:
        assert f"  {file.stem} " in told.stdout


@pytest.mark.parametrize("kind", ["card", "scanner", "platform", "hospital"])
def test_an_unknown_key_is_refused_by_file_and_key(kind: str, tmp_path: Path) -> None:
    script = tmp_path / "typo.toml"
    script.write_text("[[stepp]]\ndo = 'insert'\n", encoding="utf-8")
    refused = _done(kind, "--script", str(script), code=2)
    assert f"{script}: stepp: 未知的键 / unknown key" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("person.nam = 'x'", "person.nam: 未知的键"),
        ("[[record]]\nfile = 'EF06'\ntag = '07'\nhex = '00'", "record.1: .*no record 07"),
        ("[[record]]\nfile = 'EF06'\ntag = '0A'", "record.1: .*exactly one"),
        ("[[record]]\nfile='EF06'\ntag='0A'\ntext='1'\nhex='31'", "record.1: .*exactly one"),
        ("[[record]]\nfile = 'EF06'\ntag = '0A'\nabsent = false", "record.1: .*exactly one"),
        ("version = '4.00'", "version: "),
        ("pin = '12'", "pin: "),
        ("kind = 'library'", "kind: "),
        ("[order]\nEF06 = ['9']", "order.EF06.1: "),
    ],
)
def test_an_image_with_a_mistake_is_refused_by_its_place(
    wrong: str, told: str, tmp_path: Path
) -> None:
    image = tmp_path / "card.toml"
    image.write_text(wrong, encoding="utf-8")
    with pytest.raises(BadFile, match=f"card.toml: {told}"):
        load_image(image)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("", "step: Field required"),
        ("[[step]]\ndo = 'insert'\nfault = [{apdu = 1, do = 'burn'}]", "step.1.fault.1.do: "),
        ("[[step]]\ndo = 'remove'\nmute = true", "step.1: .*belong to do = insert"),
        ("[[step]]\ndo = 'insert'\nimage = 'nowhere.toml'", "cannot be read"),
    ],
)
def test_a_script_with_a_mistake_is_refused_before_anything_is_played(
    wrong: str, told: str, tmp_path: Path
) -> None:
    script = tmp_path / "script.toml"
    script.write_text(wrong, encoding="utf-8")
    with pytest.raises(BadFile, match=told):
        load_card_script(script, CardImage())


@pytest.mark.parametrize("file", PLATFORM, ids=lambda f: f.stem)
def test_every_platform_script_that_ships_reads(file: Path) -> None:
    assert load_script(file).fault


@pytest.mark.parametrize("file", HOSPITAL, ids=lambda f: f.stem)
def test_every_hospital_script_that_ships_reads(file: Path) -> None:
    mishaps = load_hospital_script(file)
    assert mishaps.card or mishaps.scanner


def test_a_hospital_has_one_reader(tmp_path: Path) -> None:
    script = tmp_path / "two.toml"
    script.write_text("[[card.step]]\ndo = 'insert'\nreader = 1\n", encoding="utf-8")
    with pytest.raises(BadFile, match=r"step.1.reader: 这里只有 1"):
        load_hospital_script(script)


def _done(*words: str, code: int = 0) -> CompletedProcess[str]:
    done = finished("simulators", *words)
    assert done.returncode == code, done.stderr
    return done


@contextmanager
def _started(*words: str) -> Iterator[IO[str]]:
    with Program("simulators", words) as process:
        yield process.stdout
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def _read(readers: PcscReaders, name: str) -> CardRecord:
    _desk(readers, name).wait_for(Presence.PRESENT)
    with readers.open(name) as card:
        return read_card(card)


def _emptied(readers: PcscReaders) -> None:
    for name in READERS:
        _desk(readers, name).wait_for(Presence.EMPTY)


def _desk(readers: PcscReaders, name: str) -> Desk:
    return Desk(readers, VpcdCard(), name, lambda: None, lambda: None)
