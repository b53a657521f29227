"""The platform falls silent: the desk settles on the signed list, and all is delivered later."""

from collections.abc import Iterator

from edge.steps.list_status import list_status
from simulators.hospital.ground import Hospital
from simulators.hospital.inpatient import stayed
from simulators.hospital.telling import (
    CARD_S_MAX,
    DELIVERY_S_MAX,
    Step,
    awaited,
    card,
    delivered,
    deliveries,
    settled,
    verdict,
)
from simulators.platform.faults import NO_FAULTS, Fault, Script

_SILENT = Script(fault=(Fault(on="any", do="down", times=0),))


def offline(place: Hospital) -> Iterator[Step]:
    """Yield each step of the case as it ends; the last says whether all ended as it should."""
    with place.system() as system:
        yield from card(place, system)
        listed = awaited(lambda: list_status(place.desk.site).version, CARD_S_MAX)
        yield {"step": "list", "version": listed}
        place.faults.play(_SILENT)
        yield {"step": "platform silent"}
        try:
            verification = yield from verdict(system, service="inpatient_medical")
            stay = yield from stayed(system, verification)
            settlement = yield from settled(system, f"/stays/{stay}")
            waiting = set(deliveries(system, stay).values())
        finally:
            place.faults.play(NO_FAULTS)
        yield {"step": "platform back", "waited": sorted(waiting)}
        arrived = yield from delivered(system, stay, DELIVERY_S_MAX)
    ok = arrived and settlement["basis"] == "list" and "accepted" not in waiting
    yield {"step": "end", "ok": ok}
