"""When each desk's agent was heard last, so that it is known after a restart, and to `edge doctor`.

Noted when a session begins or ends and every half minute between; no identity is near it.
"""

from dataclasses import dataclass
from datetime import datetime

from edge.store.database import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentHeard:
    """The last word of one desk's agent, and the PC that it came from."""

    desk: str
    host: str
    seen_at: datetime


def note_agent(db: Rows, heard: AgentHeard) -> None:
    """Keep the last word; the one before is forgotten."""
    db.execute(
        "insert into agents (desk, host, seen_at) values (?, ?, ?)"
        " on conflict (desk) do update set host = excluded.host, seen_at = excluded.seen_at",
        [heard.desk, heard.host, heard.seen_at.isoformat()],
    )


def agents_heard(db: Rows) -> dict[str, AgentHeard]:
    """Return the last word of every agent, by its desk."""
    return {
        row["desk"]: AgentHeard(
            desk=row["desk"],
            host=row["host"],
            seen_at=datetime.fromisoformat(row["seen_at"]),
        )
        for row in db.query("select * from agents")
    }
