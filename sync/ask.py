"""The line of a campus of a group: each call is put to the office, which makes it for us.

A question that nobody can hear now is not sent at all, so that it is never asked late.
"""

from typing import Protocol

from sync.group import ask_on_the_wire, ask_subject, read_reply
from sync.line import Call, Reply, Silence

_OFFICE_SHARE = 0.9
"""How much of a deadline is the office's: what it heard, or did not, must still come back."""


class Asker(Protocol):
    """What carries a question to whoever answers: ``sync.stream.Stream``."""

    def request(self, subject: str, body: bytes, deadline_s: float) -> bytes | Silence:
        """Ask, and wait for the answer."""

    def close(self) -> None:
        """End the connection."""


class AskLine:
    """As ``sync.line.Line``, through the office. Thread-safe; closes what it asks by.

    Raises:
        BadEnvelope: FACILITY_TOKEN.
    """

    def __init__(self, asker: Asker, facility: str) -> None:
        self._asker = asker
        self._subject = ask_subject(facility)

    def call(self, call: Call) -> Reply | Silence:
        """Have one call made and wait for what becomes of it."""
        theirs = Call(
            call.method, call.path, call.content, call.deadline_s * _OFFICE_SHARE, call.headers
        )
        answer = self._asker.request(self._subject, ask_on_the_wire(theirs), call.deadline_s)
        return answer if isinstance(answer, Silence) else read_reply(answer)

    def close(self) -> None:
        """End the connection."""
        self._asker.close()
