"""One worker's way through the hospital, and what may be wrong with the product on purpose."""

from dataclasses import dataclass
from enum import StrEnum

from simulators.card import SyntheticPerson


class Wrong(StrEnum):
    """The product as it is, and what must be caught."""

    SOUND = "sound"
    HOPEFUL = "hopeful"
    """Acknowledges a settlement when the worker is discharged."""
    RESENDING = "resending"
    """Answers silence by sending the same under a new id."""
    HOARDING = "hoarding"
    """Lets go of nothing that it has counted."""


@dataclass(slots=True)
class Case:
    """One worker's way through the hospital. ``stay`` is empty until they are admitted."""

    number: int
    person: SyntheticPerson
    stay: str = ""
    batches: int = 0
    presses: int = 1
    settlement: str = ""

    @property
    def hospital_number(self) -> str:
        """The hospital's own number of the stay."""
        return f"ZY{self.number}"

    @property
    def key(self) -> str:
        """The key of the settlement's form as it was rendered."""
        return f"{self.hospital_number}-{self.presses}"
