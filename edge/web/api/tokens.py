"""The tokens of hospital systems over HTTP: given, shown once, ended."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from edge.site import Site
from edge.steps.keep_tokens import (
    CALLS_PER_MIN_MAX,
    NewToken,
    end_token,
    give_token,
    live_tokens,
    token_named_by,
)
from edge.store.operators import Scope
from edge.store.tokens import CALLS_PER_MIN
from edge.web.api.accounts import CauseForm, Keeps, prove
from edge.web.desk import Desk
from edge.web.rooms import api_room

Scopes = Annotated[tuple[Scope, ...], Field(min_length=1, max_length=len(Scope))]


class TokenForm(BaseModel):
    """What a token is to allow; the caller's own password again.

    ``last_day`` is the last day on which it is worth something, left out: until it is ended.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=40)
    scopes: Scopes
    desk: str = Field(default="", max_length=40)
    calls_per_min: int = Field(default=CALLS_PER_MIN, ge=1, le=CALLS_PER_MIN_MAX)
    last_day: date | None = None
    password: SecretStr


class TokenNow(BaseModel):
    """What a token allows; the token itself is kept nowhere."""

    id: str
    name: str
    scopes: list[Scope]
    desk: str
    calls_per_min: int
    expires_at: datetime | None
    expired: bool


class TokenShown(BaseModel):
    """A token, to be seen this once."""

    name: str
    token: str


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of tokens."""
    routes = api_room("accounts")
    site = desk.site

    @routes.get("/tokens")
    def listed(_caller: Keeps) -> list[TokenNow]:
        """List every token that was not ended, by name."""
        return tokens_now(site)

    @routes.post("/tokens", status_code=HTTPStatus.CREATED)
    def add(caller: Keeps, given: TokenForm) -> TokenShown:
        """Give a hospital system, or a desk's agent, a token, seen this once."""
        prove(site, caller, given.password)
        asked = NewToken(
            name=given.name,
            scopes=given.scopes,
            desk=given.desk,
            calls_per_min=given.calls_per_min,
            last_day=given.last_day,
        )
        return TokenShown(name=given.name, token=give_token(site, asked, by=caller.name))

    @routes.post("/tokens/{token}/ending", status_code=HTTPStatus.NO_CONTENT)
    def ending(caller: Keeps, token: str, given: CauseForm) -> None:
        """End a token at once."""
        end_token(site, token_named_by(site, token), by=caller.name, cause=given.cause)

    return routes


def tokens_now(site: Site) -> list[TokenNow]:
    """Return every token that was not ended."""
    now = site.clock()
    return [
        TokenNow(
            id=one.id,
            name=one.name,
            scopes=sorted(one.scopes, key=lambda scope: scope.value),
            desk=one.desk,
            calls_per_min=one.calls_per_min,
            expires_at=one.expires_at,
            expired=bool(one.expires_at and now >= one.expires_at),
        )
        for one in live_tokens(site)
    ]
