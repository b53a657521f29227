"""One floor per test: real SQLite, a clock that stands still until told, a real application."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.web.fhir.resources import written
from tests.web.ground import Ground, ground_at
from tests.web.service import Service, service_at


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """Give a site without TLS, as on loopback."""
    with ground_at(tmp_path / "site") as ground:
        yield ground


@pytest.fixture(scope="session")
def fhir_spoken() -> None:
    """Have FHIR's models imported: for longer than a client waits, on a busy machine."""
    issue = {"severity": "information", "code": "informational"}
    written({"resourceType": "OperationOutcome", "issue": [issue]})


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Give the whole service, shared by a file's tests: each brings its own workers."""
    with service_at(tmp_path_factory.mktemp("service")) as service:
        yield service
