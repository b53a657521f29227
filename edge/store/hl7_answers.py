"""What was answered to HL7 messages that did something, by system and control id."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edge.store.database import Rows
from edge.store.vault import Vault

KEPT = timedelta(days=90)
"""No system sends a message again after so long; moments are stored in one zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One message, by its hash, and the acknowledgement it was given."""

    system: str
    control_id: str
    sha256: str
    answer: bytes


def note_answer(db: Rows, vault: Vault, answered: Answered, *, at: datetime) -> None:
    """Keep an answer, the first of a control id; those over ``KEPT`` old are forgotten."""
    db.execute("delete from hl7_answers where at < ?", [(at - KEPT).astimezone(UTC).isoformat()])
    place = _place(answered.system, answered.control_id)
    db.execute(
        "insert into hl7_answers (system, control_id, sha256, sealed, at) values (?, ?, ?, ?, ?)"
        " on conflict do nothing",
        [
            answered.system,
            answered.control_id,
            answered.sha256,
            vault.seal(answered.answer, place),
            at.astimezone(UTC).isoformat(),
        ],
    )


def answer_given(db: Rows, vault: Vault, *, system: str, control_id: str) -> Answered | None:
    """Return what this system was answered to this control id, if anything was done."""
    row = db.one(
        "select sha256, sealed from hl7_answers where system = ? and control_id = ?",
        [system, control_id],
    )
    if row is None:
        return None
    answer = vault.unseal(row["sealed"], _place(system, control_id))
    return Answered(system=system, control_id=control_id, sha256=row["sha256"], answer=answer)


def _place(system: str, control_id: str) -> str:
    return f"hl7_answers:{system}:{control_id}"
