"""Every kind of case in a row, each told step by step as it happens."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from simulators.hospital.device import device
from simulators.hospital.fallback import fallback
from simulators.hospital.ground import Hospital
from simulators.hospital.inpatient import inpatient
from simulators.hospital.late_filing import late_filing
from simulators.hospital.offline import offline
from simulators.hospital.telling import Step

Case: TypeAlias = Callable[[Hospital], Iterator[Step]]
"""Yields its steps; the last says in ``ok`` whether all ended as it should."""

CASES: dict[str, Case] = {
    "inpatient": inpatient,
    "device": device,
    "offline": offline,
    "late filing": late_filing,
    "fallback": fallback,
}
"""The cases by name, in the order in which they are told: each leaves the worker free."""


def rehearse(place: Hospital) -> Iterator[Step]:
    """Yield the steps of every case, each with its ``case``; the very last speaks of them all."""
    ended: dict[str, bool] = {}
    for name, case in CASES.items():
        for step in case(place):
            ended[name] = bool(step.get("ok"))
            yield {"case": name, **step}
    yield {"step": "end", "cases": ended, "ok": all(ended.values())}
