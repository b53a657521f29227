"""A 3.0 card on the real stack: opened by the platform's HSM, or named when nobody answers."""

from simulators.card import SyntheticPerson, social_security_card
from simulators.hospital import Hospital, HospitalSystem
from simulators.hospital.telling import awaited
from simulators.platform.faults import NO_FAULTS, Fault, Script

WAIT_S_MAX = 20.0
GUARDED = social_security_card(SyntheticPerson(), version="3.00")


def test_a_guarded_card_waits_for_the_platform_and_is_then_read(
    place: Hospital, system: HospitalSystem
) -> None:
    place.faults.play(Script(fault=(Fault(on="card_keys", do="down", times=0),)))
    place.virtual.slot.remove()
    assert awaited(lambda: _shown(system) == ("empty", None), WAIT_S_MAX)
    place.virtual.slot.insert(GUARDED)
    assert awaited(lambda: _shown(system) == ("fault", "CARD_KEY_MISSING"), WAIT_S_MAX)
    place.faults.play(NO_FAULTS)
    place.virtual.slot.remove()
    assert awaited(lambda: _shown(system) == ("empty", None), WAIT_S_MAX)
    place.virtual.slot.insert(GUARDED)
    assert awaited(lambda: _shown(system) == ("present", None), WAIT_S_MAX)
    identified = system.post("/identifications", {})
    assert identified["credential"]["kind"] == "card"


def _shown(system: HospitalSystem) -> tuple[str, str | None]:
    """Return what the reader with the virtual card shows."""
    reader = next(r for r in system.get("/readers") if r["kind"] == "reader")
    return reader["state"], reader["code"]
