"""The codes that synthetic e-cards show: issued, honoured once within their lifetime, refused else.

Keeps them in memory, the newest thousands of them; an older one is unknown.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from threading import Lock

from edge.clock import Clock
from simulators.platform.answers import Refusal

LIFETIME = timedelta(minutes=1)
CODES_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCode:
    """A code as an e-card shows it; ``token`` names the showing once it was resolved."""

    code: str
    id_number: str
    expires_at: datetime
    token: str


class Codes:
    """All codes that e-cards show. Thread-safe."""

    def __init__(self, clock: Clock, *, lifetime: timedelta = LIFETIME) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._guard = Lock()
        self._issued: dict[str, IssuedCode] = {}
        self._used: set[str] = set()

    def issue(self, id_number: str) -> IssuedCode:
        """Return a fresh code of this worker's e-card."""
        fresh = IssuedCode(
            code=f"SYN-ECARD-{token_urlsafe(24)}",
            id_number=id_number,
            expires_at=self._clock() + self._lifetime,
            token=f"T-{token_urlsafe(12)}",
        )
        with self._guard:
            self._issued[fresh.code] = fresh
            while len(self._issued) > CODES_MAX:
                oldest = next(iter(self._issued))
                del self._issued[oldest]
                self._used.discard(oldest)
        return fresh

    def redeem(self, code: str) -> IssuedCode | Refusal:
        """Use a code up, or say why it does not count."""
        with self._guard:
            issued = self._issued.get(code)
            if issued is None:
                return Refusal(code="E_CARD_UNKNOWN", field="code")
            if code in self._used:
                return Refusal(code="E_CARD_USED", field="code")
            if self._clock() >= issued.expires_at:
                return Refusal(code="E_CARD_EXPIRED", field="code")
            self._used.add(code)
            return issued
