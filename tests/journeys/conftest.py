"""A hospital on the real stack for each journey: PC/SC, HTTP, SQLite, the platform simulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.hospital import Hospital, HospitalSystem, hospital
from simulators.pcscd import Pcscd
from tests.fakes.log import Log


@pytest.fixture
def place(tmp_path: Path, pcscd: Pcscd) -> Iterator[Hospital]:  # noqa: ARG001 - it must run
    with hospital(tmp_path / "site", log=Log()) as place:
        assert place.virtual.missing is None
        yield place


@pytest.fixture
def system(place: Hospital) -> Iterator[HospitalSystem]:
    with HospitalSystem(place.url, place.token) as system:
        yield system
