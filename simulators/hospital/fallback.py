"""The network fails at discharge: the worker pays, and takes the papers home (津 第二十九条)."""

from collections.abc import Iterator

from simulators.hospital.ground import Hospital
from simulators.hospital.inpatient import stayed
from simulators.hospital.records import HospitalSystem, Refused
from simulators.hospital.telling import DELIVERY_S_MAX, Step, Told, card, delivered, verdict
from simulators.platform.faults import NO_FAULTS, Fault, Script

_REASON = {"reason": "平台故障，职工急于返乡"}
_UNSURE = Script(fault=(Fault(on="verifications", do="garbage", times=0),))


def fallback(place: Hospital) -> Iterator[Step]:
    """Yield each step of the case as it ends; the last says whether all ended as it should."""
    with place.system() as system:
        yield from card(place, system)
        verification = yield from verdict(system, service="inpatient_medical")
        stay = yield from stayed(system, verification)
        place.faults.play(_UNSURE)
        try:
            package: Step = system.post(f"/stays/{stay}/manual", _REASON)
        finally:
            place.faults.play(NO_FAULTS)
        yield {
            "step": "handed to manual",
            "ground": package["ground"]["code"],
            "article": package["ground"]["article"],
            "papers": [paper["zh"] for paper in package["papers"]],
        }
        settles = yield from _settles(system, stay)
        arrived = yield from delivered(system, stay, DELIVERY_S_MAX)
    ok = arrived and not settles and package["ground"]["article"] == "津 第二十九条"
    yield {"step": "end", "ok": ok}


def _settles(system: HospitalSystem, stay: str) -> Told[bool]:
    try:
        system.post(f"/stays/{stay}/settlement", {}, key=f"late {stay}")
    except Refused as refused:
        yield {"step": "not settled any more", "code": refused.document["code"]}
        return False
    return True
