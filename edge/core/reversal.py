"""Undoing a settlement whose outcome is known: for a reason, by two persons. Writes nothing.

Nothing is deleted: the settlement stays as it was, and a reversal stands beside it.
"""

from dataclasses import dataclass
from datetime import datetime

from edge.core.errors import BadInput, Words

REASON_LENGTH_MAX = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """One reversal: which settlement, why, by whom and before whom.

    It is told by a message or an entry sheet, as the settlement was; by neither when the platform
    never had the settlement: nothing to take back there.
    """

    id: str
    settlement_id: str
    idempotency_key: str
    operator: str
    second_person: str
    reason: str
    message_id: str | None = None
    entry_sheet_id: str | None = None
    reversed_at: datetime


def required_reason(reason: str) -> str:
    """Return the clerk's reason without spaces at its ends.

    Raises:
        BadInput: FIELD_EMPTY; REASON_TOO_LONG.
    """
    given = reason.strip()
    if not given:
        raise BadInput(
            "FIELD_EMPTY",
            Words("没有填写原因", "no reason is given"),
            Words("填写原因后重新提交", "give the reason and send again"),
            field="reason",
        )
    if len(given) > REASON_LENGTH_MAX:
        raise BadInput(
            "REASON_TOO_LONG",
            Words(
                f"原因超过 {REASON_LENGTH_MAX} 字",
                f"the reason has more than {REASON_LENGTH_MAX} characters",
            ),
            Words("缩短后重新提交", "shorten it and send again"),
            field="reason",
        )
    return given


def require_two_persons(*, operator: str, second_person: str) -> None:
    """Refuse a reversal that one person would make alone.

    Raises:
        BadInput: SECOND_PERSON_SAME.
    """
    if operator == second_person:
        raise BadInput(
            "SECOND_PERSON_SAME",
            Words("冲正须由另一人复核", "a reversal needs another person beside you"),
            Words("请另一位出院或财务人员输入账号和密码", "let a colleague give name and password"),
            field="second_person.name",
        )
