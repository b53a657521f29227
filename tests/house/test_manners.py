"""What nobody does in this house, and the doors through which each outside library comes in."""

import ast
import re
import sys

import pytest

from tests.house.source import ROOMS, Source, product, sources

DOORS = {
    "babel": {"edge.web.texts"},
    "smartcard": {"drivers.pcsc"},
    "serial": {"drivers.serial_line"},
    "pysqlite3": {"edge.store.database"},
    "sqlite_utils": {"edge.store.database"},
    "msgspec": {
        "drivers.agent.messages",
        "edge.codec",
        "edge.core.adjudication.ruling",
        "sync.codec",
    },
    "zstandard": {"edge.store.vault", "simulators.platform.batches", "sync.frame"},
    "fhir": {"edge.web.fhir.resources"},
    "hl7": {"edge.hl7.reading"},
    "structlog": {"edge.log"},
    "tenacity": {"sync.attempt"},
    "httpx2": {"drivers.agent.link", "sync.line", "simulators.hospital.records"},
    "nacl": {"sync.sodium"},
    "nats": {"sync.stream"},
    "tuf": {"sync.lists.source", "simulators.platform.repository"},
    "securesystemslib": {"simulators.platform.repository"},
    "xlsxwriter": {"edge.sheets.written"},
    "python_calamine": {"edge.sheets.workbook"},
    "typer": {"edge.__main__", "edge.commands.*"},
    "cryptography": {
        "edge.trust.certificates",
        "edge.trust.crypto",
        "edge.digest",
        "simulators.platform.repository",
        "sync.keys",
        "sync.lists.rows",
        "sync.sm2",
    },
    "gmssl_pyx": {"sync.sm2"},
    "jinja2": {"edge.web.look"},
    "fastapi": {
        "edge.app",
        "edge.office.web",
        "edge.web.*",
        "simulators.agency.*",
        "simulators.platform.*",
    },
    "starlette": {"edge.web.*", "simulators.agency.*", "simulators.platform.*"},
    "psycopg": {"edge.office.books"},
    "prometheus_client": {"edge.web.metrics"},
    "uvicorn": {"edge.app", "edge.office.serving", "edge.web.floor", "simulators.platform.server"},
    "pydantic": {
        "edge.office.settings",
        "edge.office.web",
        "edge.settings",
        "edge.web.*",
        "simulators.agency.api",
        "simulators.card.*",
        "simulators.hospital.script",
        "simulators.platform.*",
        "simulators.scanner",
        "simulators.script_file",
    },
    "rich": {"edge.commands.*"},
    "segno": {"edge.documents.codes"},
    "typst": {"edge.documents.typesetter"},
}
"""Outside library: the modules of the product, or the rooms (``.*``), that may import it."""

RAW = {
    "smartcard": {"bench.works.card", "bench.works.card_event", "tests.fakes.winscard"},
    "serial": set[str](),
}
"""Hardware's libraries: who besides the door may import them, for a floor or a stand-in."""

TEMPORARY = {
    "TemporaryDirectory",
    "NamedTemporaryFile",
    "TemporaryFile",
    "SpooledTemporaryFile",
    "mkstemp",
    "mkdtemp",
}


@pytest.mark.parametrize("library", DOORS)
def test_an_outside_library_comes_in_by_its_doors_alone(library: str) -> None:
    importers = {s.module for s in product() if library in _tops(s)}
    strangers = {m for m in importers if not any(_through(m, door) for door in DOORS[library])}
    assert strangers == set()


@pytest.mark.parametrize("library", DOORS)
def test_every_door_is_used(library: str) -> None:
    importers = [s.module for s in product() if library in _tops(s)]
    assert [door for door in DOORS[library] if not any(_through(m, door) for m in importers)] == []


def test_every_outside_library_has_its_doors() -> None:
    outside = {top for s in product() for top in _tops(s)} - sys.stdlib_module_names - set(ROOMS)
    assert outside == set(DOORS)


@pytest.mark.parametrize("library", RAW)
def test_hardware_is_reached_by_its_door_by_floors_and_by_stand_ins(library: str) -> None:
    importers = {s.module for s in sources() if library in _tops(s)}
    assert importers == DOORS[library] | RAW[library]


def test_nothing_is_mocked_or_patched() -> None:
    mocked = [s.path for s in sources() if any(n.startswith("unittest") for n in s.imports)]
    patched = [s.path for s in sources() if _names_argument(s, "monkeypatch")]
    assert not mocked + patched


def test_only_the_clock_reads_the_clock() -> None:
    reading = re.compile(r"\b(datetime\.(now|today|utcnow)|date\.today|time\.time)\(")
    readers = {s.path for s in sources() if reading.search(s.text)}
    assert readers == {"edge/clock.py"}


def test_the_standard_sqlite_is_never_imported() -> None:
    assert not [s.path for s in sources() if "sqlite3" in _tops(s)]


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    mark = re.compile(r"mark\.(skip|xfail)|importorskip|pytest\.(skip|xfail)\(")
    assert not [s.path for s in sources() if mark.search(s.text) and s.module != __name__]


def _through(module: str, door: str) -> bool:
    return module == door or (door.endswith("*") and f"{module}.".startswith(door[:-1]))


def _tops(source: Source) -> set[str]:
    return {name.partition(".")[0] for name in source.imports}


def _names_argument(source: Source, name: str) -> bool:
    return any(isinstance(node, ast.arg) and node.arg == name for node in source.nodes)


def test_a_temporary_file_lies_beside_the_data_and_nowhere_else() -> None:
    # What a machine's own folder of temporary files holds, nobody seals, and others may read.
    astray = [
        f"{source.path}:{node.lineno}"
        for source in product()
        for node in source.nodes
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in TEMPORARY
        and not {word.arg for word in node.keywords} & {"dir"}
        and source.path.partition("/")[0] in {"edge", "drivers", "sync"}
    ]
    assert astray == []


def test_endpoints_stand_in_rooms_that_join_as_they_are() -> None:
    makers = {
        source.path
        for source in product()
        if source.path.startswith("edge/web/") and "APIRouter(" in source.text
    }
    assert makers == {"edge/web/rooms.py", "edge/web/login.py"}


def test_nothing_temporary_lies_anywhere_but_beside_the_data() -> None:
    """Where the canary looks (tests/web/test_canary.py); a shared folder of the machine is none."""
    astray = [
        f"{source.path}:{call.lineno}"
        for source in product()
        if source.path.startswith(("edge/", "drivers/", "sync/")) and "tempfile" in source.imports
        for call in ast.walk(source.tree)
        if isinstance(call, ast.Call)
        and re.search(r"Temporary|mkstemp|mkdtemp|gettempdir|Spooled", ast.unparse(call.func))
        and "dir" not in {one.arg for one in call.keywords}
    ]
    assert astray == []
