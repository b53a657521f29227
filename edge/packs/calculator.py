"""The policy calculator: facts in JSON, verdicts in JSON. No database, no network."""

from functools import partial

from edge import codec
from edge.core.rules import Rulebook
from edge.core.verification import Facts, verify


def verify_json(data: bytes, rulebook: Rulebook) -> bytes:
    """Return the verdict on FACTS.json; for an array of facts an array of verdicts.

    Raises:
        BadInput: naming the field, in an array with its place: ``[3].filing.valid_to``.
    """
    return codec.answers(data, Facts, partial(verify, rulebook=rulebook))
