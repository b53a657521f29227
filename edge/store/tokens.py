"""The tokens of hospital systems and desk agents. Keeps hashes only; knows no HTTP."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from edge.digest import sm3
from edge.store.database import Row, Rows
from edge.store.names import name_taken, require_name, unknown_name
from edge.store.operators import Scope
from edge.trust.crypto import new_token

CALLS_PER_MIN = 3000
"""How often a token may ask unless it is said otherwise: fifty calls a second."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A hospital system that may call the API, or a desk's agent; ``desk`` binds it to one.

    ``calls_per_min`` is as fast as it may ask. ``expires_at`` is the first moment at which it is
    worth nothing; None: it is ended by hand.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    desk: str = ""
    calls_per_min: int = CALLS_PER_MIN
    expires_at: datetime | None = None


def create_token(
    db: Rows, *, fresh: str, name: str, scopes: Iterable[Scope], at: datetime, desk: str = ""
) -> str:
    """Keep a token for a hospital system and return it: the only time it can be seen.

    With a ``desk`` it serves at that desk alone.

    Raises:
        BadInput: NAME_NOT_USABLE.
        Conflict: NAME_TAKEN, when the system has a token that was not ended.
    """
    require_name(name)
    if db.one("select id from api_tokens where name = ? and revoked_at is null", [name]):
        raise name_taken(name)
    token = new_token()
    words = " ".join(sorted({scope.value for scope in scopes}))
    db.execute(
        "insert into api_tokens (id, name, token_hash, scopes, created_at, desk)"
        " values (?, ?, ?, ?, ?, ?)",
        [fresh, name, _hash(token), words, _text(at), desk],
    )
    return token


def set_pace(db: Rows, name: str, calls_per_min: int) -> None:
    """Say how often the live token of this name may ask."""
    db.execute(
        "update api_tokens set calls_per_min = ? where name = ? and revoked_at is null",
        [calls_per_min, name],
    )


def set_end(db: Rows, name: str, expires_at: datetime | None) -> None:
    """Say when the live token of this name ends by itself."""
    db.execute(
        "update api_tokens set expires_at = ? where name = ? and revoked_at is null",
        [_text(expires_at) if expires_at else None, name],
    )


def revoke_token(db: Rows, name: str, *, at: datetime) -> None:
    """End a hospital system's token at once.

    Raises:
        NotFound: NAME_UNKNOWN, when the system has no live token.
    """
    revoked = db.one(
        "update api_tokens set revoked_at = ? where name = ? and revoked_at is null returning id",
        [_text(at), name],
    )
    if revoked is None:
        raise unknown_name(name)


def token_of(db: Rows, token: str, *, at: datetime) -> ApiToken | None:
    """Return what this token stands for, or None when unknown, revoked, or past its end."""
    row = db.one(
        "select * from api_tokens where token_hash = ? and revoked_at is null", [_hash(token)]
    )
    known = _api_token(row) if row else None
    over = known and known.expires_at and at >= known.expires_at
    return None if over else known


def token_with(db: Rows, token_id: str) -> ApiToken:
    """Return the token of this id that was not ended.

    Raises:
        NotFound: NAME_UNKNOWN.
    """
    row = db.one("select * from api_tokens where id = ? and revoked_at is null", [token_id])
    if row is None:
        raise unknown_name(token_id)
    return _api_token(row)


def tokens(db: Rows) -> list[ApiToken]:
    """Return every token that was not ended, by name; one past its end is told as such."""
    rows = db.query("select * from api_tokens where revoked_at is null order by name")
    return [_api_token(row) for row in rows]


def _api_token(row: Row) -> ApiToken:
    ends = row["expires_at"]
    return ApiToken(
        id=row["id"],
        name=row["name"],
        scopes=frozenset(map(Scope, row["scopes"].split())),
        desk=row["desk"],
        calls_per_min=row["calls_per_min"],
        expires_at=datetime.fromisoformat(ends) if ends else None,
    )


def _hash(token: str) -> bytes:
    # A token holds 256 random bits: a bare hash cannot be reversed or guessed.
    return sm3(token.encode())


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
