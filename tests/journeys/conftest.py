"""A hospital on the real stack for each journey: PC/SC, HTTP, SQLite, the platform simulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.hospital import Hospital, HospitalSystem, hospital
from simulators.pcscd import Pcscd
from simulators.platform.faults import Fault, Script
from tests.fakes.log import Log


@pytest.fixture
def place(tmp_path: Path, pcscd: Pcscd) -> Iterator[Hospital]:  # noqa: ARG001 - it must run
    with hospital(tmp_path / "site", log=Log()) as place:
        assert place.virtual.missing is None
        yield place


@pytest.fixture
def alone(tmp_path: Path, pcscd: Pcscd) -> Iterator[HospitalSystem]:  # noqa: ARG001 - it must run
    """Give the system of a hospital whose platform never answered, so that it has no list."""
    silent = Script(fault=(Fault(do="down", times=0),))
    with (
        hospital(tmp_path / "site", log=Log(), script=silent) as place,
        place_system(place) as system,
    ):
        yield system


@pytest.fixture
def system(place: Hospital) -> Iterator[HospitalSystem]:
    with place_system(place) as system:
        yield system


def place_system(place: Hospital) -> HospitalSystem:
    return place.system()
