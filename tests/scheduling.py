"""Which tests share one worker: those that need the machine's only card service.

The controller of a parallel run sees nothing of a test but its name, so the files are named here;
the collection in each worker refuses a test that needs the service and stands elsewhere.
"""

from collections.abc import Iterable

import pytest
from xdist.scheduler import LoadScopeScheduling

CARD_SERVICE = frozenset(
    {
        "tests/bench/test_card.py",
        "tests/bench/test_card_event.py",
        "tests/browser/test_desk.py",
        "tests/contracts/test_card_service.py",
        "tests/contracts/test_key_holders.py",
        "tests/contracts/test_reader.py",
        "tests/contracts/test_scripts.py",
        "tests/journeys/test_agent.py",
        "tests/journeys/test_cached_list.py",
        "tests/journeys/test_case.py",
        "tests/journeys/test_running.py",
        "tests/journeys/test_e_card.py",
        "tests/journeys/test_guarded_card.py",
        "tests/journeys/test_kill.py",
        "tests/journeys/test_mishaps.py",
        "tests/journeys/test_reversal.py",
        "tests/simulators/test_card_command.py",
    }
)
"""Files of which at least one test asks for the `pcscd` fixture."""


LONG = (
    *sorted(CARD_SERVICE),
    "tests/torture/test_harnesses.py",
    "tests/sync/test_torture.py",
    "tests/journeys/test_two_days.py",
    "tests/journeys/test_commands.py",
    "tests/journeys/test_kill_import.py",
    "tests/browser/test_screens.py",
    "tests/browser/test_script.py",
    "tests/web/test_api_rights.py",
    "tests/fuzz/test_api.py",
    "tests/steps/test_any_order.py",
)
"""Files of many seconds, begun first: a long one begun last would leave the others waiting."""


class OneCardService(LoadScopeScheduling):
    """Tests of a file stay together, what they share is made once; `CARD_SERVICE` is one file.

    So are the files that need a browser and no card, and those that need PostgreSQL: each takes
    seconds to start.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = _file_of(nodeid)
        if file in CARD_SERVICE:
            return "card service"
        if file.startswith("tests/office/"):
            return "office"
        return "browser" if file.startswith("tests/browser/") else file


def long_first(items: list[pytest.Item]) -> None:
    """Put the tests of `LONG` files first, in that order; the others stay as they were found."""
    places = {file: place for place, file in enumerate(LONG)}
    items.sort(key=lambda item: places.get(_file_of(item.nodeid), len(LONG)))


def refuse_unlisted(items: Iterable[pytest.Item]) -> None:
    """Raise UsageError naming the file of a test that needs the card service unannounced."""
    for item in items:
        file = _file_of(item.nodeid)
        if _needs_card_service(item) and file not in CARD_SERVICE:
            raise pytest.UsageError(f"{file} needs the card service: name it in {__name__}")


def _file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def _needs_card_service(item: pytest.Item) -> bool:
    params = (
        item.callspec.params.values()
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        else ()
    )
    return "pcscd" in getattr(item, "fixturenames", ()) or any(
        value == "pcscd" for value in params if isinstance(value, str)
    )
