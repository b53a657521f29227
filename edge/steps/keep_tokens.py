"""Keep the tokens of hospital systems and desk agents: given, shown once, ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from edge.core.dates import SHANGHAI, local_day
from edge.core.errors import BadInput, Words
from edge.site import Site
from edge.store.names import unknown_desk
from edge.store.operators import Scope
from edge.store.tokens import (
    CALLS_PER_MIN,
    ApiToken,
    create_token,
    revoke_token,
    set_end,
    set_pace,
    token_with,
    tokens,
)

CALLS_PER_MIN_MAX = 100_000

LIFE_MAX = timedelta(days=3660)
"""Whoever wants a token for longer leaves the last day out, and knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """What a token is to allow: ``desk`` binds it to one, ``calls_per_min`` is its pace.

    ``last_day`` is the last day on which it is worth something; None: until it is ended.
    """

    name: str
    scopes: tuple[Scope, ...]
    desk: str = ""
    calls_per_min: int = CALLS_PER_MIN
    last_day: date | None = None


def give_token(site: Site, asked: NewToken, *, by: str) -> str:
    """Give a hospital system, or a desk's agent, a token; it can be seen this once.

    Raises:
        BadInput: NAME_NOT_USABLE, PACE_NOT_USABLE, TOKEN_SCOPES, DESK_UNKNOWN, LAST_DAY_NOT_USABLE.
        Conflict: NAME_TAKEN.
    """
    _require_usable(site, asked)
    with site.store.transaction() as db:
        token = create_token(
            db,
            fresh=site.fresh_id(),
            name=asked.name,
            scopes=asked.scopes,
            at=site.clock(),
            desk=asked.desk,
        )
        set_pace(db, asked.name, asked.calls_per_min)
        set_end(db, asked.name, _end_of(asked.last_day) if asked.last_day else None)
        site.ledger.enter(
            db,
            kind="token.created",
            operator=by,
            subject=asked.name,
            now=site.clock(),
            scopes=sorted(scope.value for scope in asked.scopes),
            desk=asked.desk,
            calls_per_min=asked.calls_per_min,
            last_day=asked.last_day,
        )
    return token


def end_token(site: Site, name: str, *, by: str, cause: str = "") -> None:
    """End a token at once.

    Raises:
        NotFound: NAME_UNKNOWN.
    """
    facts = {"cause": cause} if cause else {}
    with site.store.transaction() as db:
        revoke_token(db, name, at=site.clock())
        site.ledger.enter(
            db, kind="token.ended", operator=by, subject=name, now=site.clock(), **facts
        )


def token_named_by(site: Site, token_id: str) -> str:
    """Return the name of the token of this id that was not ended.

    Raises:
        NotFound: NAME_UNKNOWN.
    """
    return token_with(site.store.read(), token_id).name


def live_tokens(site: Site) -> Iterable[ApiToken]:
    """Return what each token that was not ended allows."""
    return tokens(site.store.read())


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, SHANGHAI)


def _require_usable(site: Site, asked: NewToken) -> None:
    if not 1 <= asked.calls_per_min <= CALLS_PER_MIN_MAX:
        raise _no_pace()
    if asked.desk and asked.desk not in [place.name for place in site.settings.desks]:
        raise unknown_desk(asked.desk)
    alone = Scope.AGENT in asked.scopes and (not asked.desk or len(asked.scopes) > 1)
    if not asked.scopes or alone:
        raise _bad_scopes()
    today = local_day(site.clock())
    if asked.last_day and not today <= asked.last_day <= today + LIFE_MAX:
        raise _bad_last_day()


def _no_pace() -> BadInput:
    return BadInput(
        "PACE_NOT_USABLE",
        Words(
            f"每分钟调用次数须为 1 至 {CALLS_PER_MIN_MAX}",
            f"calls a minute are 1 to {CALLS_PER_MIN_MAX}",
        ),
        Words("换一个数值", "choose another number"),
        field="calls_per_min",
    )


def _bad_scopes() -> BadInput:
    return BadInput(
        "TOKEN_SCOPES",
        Words(
            "令牌至少须有一项权限；代理程序的令牌只有 agent 一项，并须绑定窗口",
            "a token allows something; an agent's has the scope agent alone, and its desk",
        ),
        Words("改正权限或窗口", "mend scopes or desk"),
        field="scopes",
    )


def _bad_last_day() -> BadInput:
    return BadInput(
        "LAST_DAY_NOT_USABLE",
        Words("有效期最后一天已过，或在十年以后", "the last day has passed, or is ten years away"),
        Words("填写今天或以后的日期；不限期则留空", "give a later day, or none for no end"),
        field="last_day",
    )
