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

    ``issuing_region`` is the six-digit division of the issuer; ``valid_until`` is inclusive. An
    e-card has no card id, number, version or end; ``platform_token`` is its platform's name for
    this showing, kept as evidence.
    """

    kind: CredentialKind
    id_number: str
    name: str
    valid_until: date | None
    card_id: str
    card_number: str
    issuing_region: str
    spec_version: str
    platform_token: str = ""


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
            Words("读卡或扫码的结果已过期", "the card or code was presented too long ago"),
            Words(
                "请工伤职工再次出示社会保障卡或电子社保卡，重新读取",
                "present the card, or a fresh code, again",
            ),
            field="identification",
        )


def require_current(identification_id: str, current: str | None) -> None:
    """Refuse a presentation that another one at the same desk has cleared; ``current`` is its case.

    Raises:
        Conflict: CASE_CLEARED.
    """
    if identification_id != current:
        raise Conflict(
            "CASE_CLEARED",
            Words(
                "本窗口已出示另一张卡或另一个码，原业务已清除",
                "another card or code was presented at this desk since: this case is cleared",
            ),
            Words(
                "从刚出示的卡或码重新核验；要办原职工，请其再次出示",
                "verify whoever was presented last; for the other worker, present the card again",
            ),
            field="identification",
        )


def not_at_desk() -> Conflict:
    """Return the refusal of a page whose desk has gone on to another worker since it was opened."""
    return Conflict(
        "CASE_NOT_AT_DESK",
        Words(
            "本页打开后，本窗口又出示了另一位职工的卡或码，未结算",
            "another worker's card or code was presented at this desk since this page was opened;"
            " nothing was settled",
        ),
        Words(
            "确认要办的是本页职工后，按 Esc 返回，重新打开再结算；或请其再次出示卡",
            "be sure it is this page's worker, go back by Esc, open the page again and settle;"
            " or have their card presented again",
        ),
        field="desk_case",
    )
