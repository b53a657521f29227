"""What a worker shows at the desk: the card's facts, for as long as they count. Reads no card."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from edge.core.errors import Conflict, Words


class CredentialKind(StrEnum):
    """What was shown."""

    CARD = "card"
    E_CARD = "e_card"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """The facts of a social-security card or its electronic form, as presented.

    ``issuing_region`` is the six-digit division of the issuer; ``valid_until`` is inclusive.
    """

    kind: CredentialKind
    id_number: str
    name: str
    valid_until: date | None
    card_id: str
    card_number: str
    issuing_region: str
    spec_version: str


def expires_at(presented_at: datetime, *, valid_min: int) -> datetime:
    """Return until when a presented credential may open a case: minutes, not the whole day."""
    return presented_at + timedelta(minutes=valid_min)


def require_fresh(expires: datetime, now: datetime) -> None:
    """Refuse a credential presented too long ago.

    Raises:
        Conflict: IDENTIFICATION_EXPIRED.
    """
    if now > expires:
        raise Conflict(
            "IDENTIFICATION_EXPIRED",
            Words("读卡结果已过期", "the card was read too long ago"),
            Words(
                "请工伤职工再次出示社会保障卡并按 F2 重新读卡",
                "present the card and read again (F2)",
            ),
            field="identification",
        )
