"""Every kind of case in a row, each told step by step as it happens."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from simulators.hospital.device import device
from simulators.hospital.fallback import fallback
from simulators.hospital.ground import Hospital
from simulators.hospital.inpatient import inpatient
from simulators.hospital.late_filing import late_filing
from simulators.hospital.offline import offline
from simulators.hospital.records import Refused
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


def rehearse(place: Hospital, cases: Mapping[str, Case] = CASES) -> Iterator[Step]:
    """Yield the steps of every case, each with its ``case``; the very last speaks of them all.

    The first that is refused ends them: it has not left the worker free.
    """
    ended: dict[str, bool] = dict.fromkeys(cases, False)
    try:
        for name, case in cases.items():
            for step in case(place):
                ended[name] = bool(step.get("ok"))
                yield {"case": name, **step}
    except Refused as refused:
        told = {key: refused.document.get(key) for key in ("code", "detail", "next_action")}
        yield {"case": name, "step": "refused", **told}
    yield {"step": "end", "cases": ended, "ok": all(ended.values())}
