"""The bill calculator: bills in JSON, rulings in JSON. No database, no network, nothing kept."""

from functools import partial

from edge import codec
from edge.core.adjudication import Bill, ruled_by_law
from edge.core.rules import Rulebook


def adjudicate_json(data: bytes, rulebook: Rulebook) -> bytes:
    """Return the ruling of BILL.json; for an array of bills an array of rulings.

    Raises:
        BadInput: naming the field, in an array with its place: ``[2].lines[3].price``.
    """
    return codec.answers(data, Bill, partial(ruled_by_law, rulebook=rulebook))
