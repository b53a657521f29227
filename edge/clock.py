"""The two things that differ at every call: the moment and a fresh id.

Everything else receives them as arguments, so that a test or a replay can hold them still.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from secrets import token_hex

Clock = Callable[[], datetime]
"""Returns the moment now, aware, in UTC."""

FreshId = Callable[[], str]
"""Returns an id that was never returned before: 32 lower-case hexadecimal digits."""

_ID_BYTES = 16


def system_clock() -> datetime:
    """Return the machine's time. The only reading of it in the product."""
    return datetime.now(UTC)


def fresh_id() -> str:
    """Return a random id (128 random bits)."""
    return token_hex(_ID_BYTES)
