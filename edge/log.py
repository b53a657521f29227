"""The service's log: one JSON object a line on standard error. Never an identity.

Events are named noun.verb with fields (``message.accepted id=…``). The one importer of structlog.
"""

import sys
from typing import Protocol, cast

import structlog


class Log(Protocol):
    """What the product needs of a logger."""

    def info(self, event: str, **fields: object) -> None:
        """Something that happened as it should."""

    def warning(self, event: str, **fields: object) -> None:
        """Something a person may want to look at."""

    def error(self, event: str, **fields: object) -> None:
        """Something a person must look at."""


def json_log() -> Log:
    """Return a logger that writes JSON lines to standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    return cast("Log", structlog.get_logger())
