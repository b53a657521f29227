"""A whole hospital on loopback: platform, virtual card, edge service, and the hospital's system.

Every person in it is synthetic. Never part of a real site.
"""

from simulators.hospital.ground import Hospital, Person, hospital
from simulators.hospital.records import HospitalSystem
from simulators.hospital.rehearsal import rehearse

__all__ = ["Hospital", "HospitalSystem", "Person", "hospital", "rehearse"]
