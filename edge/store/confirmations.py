"""Clerks' words that who showed a card is the worker on record, though number or name leave doubt.

One for each pair of what was shown and what is on record; sealed, never altered.
"""

from dataclasses import dataclass
from datetime import datetime

from edge.store.database import Rows
from edge.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Pair:
    """What was shown and what is on record, as each writes the name and the number."""

    shown: tuple[str | None, str | None]
    recorded: tuple[str | None, str | None]

    def index(self, vault: Vault) -> bytes:
        """Return the blind index of the pair."""
        return vault.blind("\n".join(part or "" for part in (*self.shown, *self.recorded)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Who took the two for one, when and why."""

    person_id: str
    pair: Pair
    verification_id: str
    reason: str
    operator: str
    at: datetime


def add_confirmation(db: Rows, vault: Vault, said: Confirmation) -> None:
    """Keep it; said before about the same pair, the first word stands."""
    db.execute(
        "insert into identity_confirmations (person_id, names_index, verification_id,"
        " reason_sealed, operator, confirmed_at) values (?, ?, ?, ?, ?, ?) on conflict do nothing",
        [
            said.person_id,
            said.pair.index(vault),
            said.verification_id,
            vault.seal(said.reason.encode(), _place(said.person_id)),
            said.operator,
            said.at.isoformat(),
        ],
    )


def confirmed_reason(db: Rows, vault: Vault, person_id: str, pair: Pair) -> str | None:
    """Return why a clerk took this pair for one person; None: nobody did."""
    row = db.one(
        "select reason_sealed from identity_confirmations where person_id = ? and names_index = ?",
        [person_id, pair.index(vault)],
    )
    return vault.unseal(row["reason_sealed"], _place(person_id)).decode() if row else None


def _place(person_id: str) -> str:
    return f"identity_confirmations.reason:{person_id}"
