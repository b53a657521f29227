"""What a campus is to hear: owed in the transaction that decides it, published after it.

An answer is sealed, for a refusal's words may name a person. Published at least once: a campus
applies it by the message's id, however often it comes.
"""

from collections.abc import Callable
from datetime import datetime

from edge.office.books import Row, Rows
from edge.store.vault import Vault
from sync import codec
from sync.errors import Reason
from sync.group import GroupReceipt, read_receipt, receipt_on_the_wire, receipt_subject

BATCH_MAX = 200
_REFUSED = 422

Publish = Callable[[str, bytes, str], bool]
"""Subject, body, message id; True when the stream has it."""


def refusal(message: str, reason: Reason) -> GroupReceipt:
    """Return our own refusal, in the shape of the platform's."""
    told = {
        "state": "rejected",
        "id": message,
        "code": reason.code,
        "text": reason.text,
        "text_en": reason.text_en,
        "next_action": reason.next_action,
        "next_action_en": reason.next_action_en,
    }
    return GroupReceipt(id=message, status=_REFUSED, body=codec.encode(told))


def owe(db: Rows, vault: Vault, facility: str, receipt: GroupReceipt, now: datetime) -> None:
    """Write down that a campus is to hear this; call it in the transaction of its cause."""
    sealed = vault.seal(receipt_on_the_wire(receipt), _place(receipt.id))
    db.execute(_OWE, [receipt.id, facility, sealed, now, receipt.id])


def owe_again(db: Rows, message: str, now: datetime) -> None:
    """Have the last answer to a message published once more: its campus asks."""
    db.execute(_OWE_AGAIN, [now, message])


def last_receipt(db: Rows, vault: Vault, message: str) -> GroupReceipt | None:
    """Return the newest answer to a message, published or not."""
    row = db.one(
        "select answer_sealed from receipts where message = %s order by attempt desc limit 1",
        [message],
    )
    if row is None:
        return None
    return read_receipt(vault.unseal(bytes(row["answer_sealed"]), _place(message)))


def publish_owed(db: Rows, vault: Vault, publish: Publish, now: datetime) -> tuple[int, bool]:
    """Publish what is owed, oldest first, and mark what the stream has.

    Call it in a transaction: what another worker is publishing is passed over, and a worker that
    dies before the mark leaves it to be published again. Returns how many were published, and
    whether the stream took all it was given.
    """
    rows = db.query(_OWED, [BATCH_MAX])
    for number, row in enumerate(rows):
        if not _published(vault, publish, row):
            return number, False
        db.execute(_MARK, [now, row["message"], row["attempt"]])
    return len(rows), True


def _published(vault: Vault, publish: Publish, row: Row) -> bool:
    message = row["message"]
    body = vault.unseal(bytes(row["answer_sealed"]), _place(message))
    return publish(receipt_subject(row["facility"]), body, f"{message}.{row['attempt']}")


def _place(message: str) -> str:
    return f"receipts.answer:{message}"


_OWE = (
    "insert into receipts (message, attempt, facility, answer_sealed, made_at)"
    " select %s, coalesce(max(attempt), 0) + 1, %s, %s, %s from receipts where message = %s"
)
_OWE_AGAIN = (
    "insert into receipts (message, attempt, facility, answer_sealed, made_at)"
    " select message, attempt + 1, facility, answer_sealed, %s from receipts"
    " where message = %s order by attempt desc limit 1"
)
_OWED = (
    "select message, attempt, facility, answer_sealed from receipts where published_at is null"
    " order by made_at, message, attempt limit %s for update skip locked"
)
_MARK = "update receipts set published_at = %s where message = %s and attempt = %s"
