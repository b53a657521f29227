"""The parts that our resources share as we read them: references by identifier, concepts, money."""

from decimal import Decimal

from pydantic import Field

from edge.web.fhir.resources import Read, wrong_field
from edge.web.fhir.words import CURRENCY

FEN = Decimal(100)


class Identifier(Read):
    """A name with us."""

    system: str = ""
    value: str = Field(default="", max_length=200)


class Reference(Read):
    """A logical reference; literal ones are not followed."""

    identifier: Identifier = Identifier()


class Coding(Read):
    """One code of a system."""

    system: str = ""
    code: str = ""
    display: str = ""


class Concept(Read):
    """A concept in several codings."""

    coding: tuple[Coding, ...] = ()

    def of(self, system: str) -> Coding | None:
        """Return the coding of this system."""
        return next((one for one in self.coding if one.system == system), None)


class Quantity(Read):
    """How much."""

    value: Decimal


class Money(Read):
    """An amount in yuan."""

    value: Decimal
    currency: str = CURRENCY

    def require_yuan(self, path: str) -> None:
        """Refuse another currency.

        Raises:
            BadInput: FHIR_FIELD.
        """
        if self.currency != CURRENCY:
            raise wrong_field(f"{path}.currency", CURRENCY)

    def fen(self, path: str) -> int:
        """Return it in fen.

        Raises:
            BadInput: FHIR_FIELD, with parts of a fen or in another currency.
        """
        self.require_yuan(path)
        exact = self.value * FEN
        if exact != exact.to_integral_value():
            raise wrong_field(f"{path}.value", "at most 2 decimals")
        return int(exact)


class Extension(Read):
    """An extension that holds a text."""

    url: str
    valueString: str = ""  # noqa: N815 - FHIR's name


def coded(concept: Concept, system: str, path: str) -> str:
    """Return the code of this system.

    Raises:
        BadInput: FHIR_FIELD.
    """
    found = concept.of(system)
    if found is None or not found.code:
        raise wrong_field(path, f"a coding of {system}")
    return found.code


def value_of(reference: Reference, systems: tuple[str, ...], path: str) -> tuple[str, str]:
    """Return by which of these systems something is named, and its name.

    Raises:
        BadInput: FHIR_FIELD.
    """
    said = reference.identifier
    if said.system not in systems:
        raise wrong_field(f"{path}.identifier.system", " or ".join(systems))
    return said.system, said.value
