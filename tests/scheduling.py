"""Which tests stay together on one worker, and which are begun first."""

from collections import deque
from collections.abc import Sequence

import pytest

from tests.sharing import Batch

CARD_SERVICE = "card service"
"""The unit of every file of which a test asks for the machine's only card service."""

ROOMS = ("tests/browser", "tests/office")
"""Rooms that are one unit each."""

LONG = (
    CARD_SERVICE,
    "tests/torture/test_harnesses.py",
    "tests/sync/test_torture.py",
    "tests/journeys/test_two_days.py",
    "tests/journeys/test_commands.py",
    "tests/journeys/test_kill_import.py",
    "tests/browser",
    "tests/office",
    "tests/web/test_api_rights.py",
    "tests/fuzz/test_api.py",
    "tests/steps/test_any_order.py",
)
"""Units of many seconds, begun first: a long one begun last would leave the others waiting."""


def batches(items: Sequence[pytest.Item]) -> list[Batch]:
    """Return the places of the tests unit by unit: the `LONG` ones first, then as collected.

    The tests of a file stay together, what they share is made once. The files that need the card
    service are one unit, and so are those that need a browser, and those that need PostgreSQL:
    each takes seconds to start.
    """
    alone = {_file_of(item) for item in items if _needs_card_service(item)}
    units: dict[str, Batch] = {}
    for place, item in enumerate(items):
        units.setdefault(_unit_of(_file_of(item), alone), deque()).append(place)
    first = [units.pop(unit) for unit in LONG if unit in units]
    return [*first, *units.values()]


def _unit_of(file: str, alone: set[str]) -> str:
    if file in alone:
        return CARD_SERVICE
    return next((room for room in ROOMS if file.startswith(f"{room}/")), file)


def _file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _needs_card_service(item: pytest.Item) -> bool:
    params = (
        item.callspec.params.values()
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        else ()
    )
    return "pcscd" in getattr(item, "fixturenames", ()) or any(
        value == "pcscd" for value in params if isinstance(value, str)
    )
