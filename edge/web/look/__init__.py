"""The look: templates, one stylesheet, one script. Renders what it is given; asks nobody.

The one importer of jinja2, which comes with the first page. ``templates/base.html`` explains the
attributes the script understands.
"""

import gzip
import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from edge.core.dates import SHANGHAI
from edge.core.errors import Words
from edge.core.money import yuan
from edge.web.texts import Language, say, text

if TYPE_CHECKING:
    import jinja2

LANGUAGE_COOKIE = "edge_lang"
STATIC_PATH = "/static"

_HERE = Path(__file__).parent
_YEAR_S = 365 * 24 * 3600


class Colour(Enum):
    """How a lamp shines; each has its own shape too, so that nobody depends on colour."""

    GOOD = "good"
    BUSY = "busy"
    BAD = "bad"
    UNKNOWN = "unknown"


class Family(Enum):
    """The three families of verdicts; the last is never red."""

    SETTLES = "settles"
    REFUSED = "refused"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Lamp:
    """One light of the header: what it watches, and its state in colour and words."""

    label: Words
    colour: Colour
    state: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One screen in the row under the header."""

    label: Words
    path: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """The one banner of an outage: since when, what works now, what waits."""

    since: datetime
    works: Words
    waits: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What stands on top of every screen of somebody who is logged in.

    ``fragment`` is the URL that renders ``header.html`` anew, with what changes in it; ``topics``
    are the hints that ask for it. ``waiting`` counts the messages that wait for the platform or a
    person; ``shift_since`` is when the clerk logged in. ``chapter`` is where the manual tells of
    this screen. ``left_behind``: a card lies in the desk's reader though its case is over.
    """

    desk: str
    clerk: str
    lamps: tuple[Lamp, ...]
    waiting: int
    fragment: str
    topics: str
    chapter: str = ""
    left_behind: bool = False
    shift_since: datetime | None = None
    links: tuple[Link, ...] = ()
    banner: Banner | None = None
    trouble: tuple[Words, Words] | None = None
    """What is wrong with the disk, so that nothing is kept, and what mends it."""


class Look:
    """Renders pages and fragments in the reader's language.

    ``simulated`` puts the purple band on every page.
    """

    def __init__(self, *, simulated: bool = False) -> None:
        self._simulated = simulated

    def page(self, request: Request, template: str, **context: object) -> HTMLResponse:
        """Render a page or fragment.

        Templates have ``t(key)`` for the frame's sentences and ``say(words)`` for all others.
        A choice by ``?lang=`` is remembered in a cookie.
        """
        language = language_of(request)
        other = Language.EN if language is Language.ZH else Language.ZH
        found = _templates(simulated=self._simulated).get_template(template)
        page = found.render(
            context,
            t=partial(text, language=language),
            say=partial(say, language=language),
            language=language,
            runbook=f"/help/{language.name.lower()}/runbook.html#",
            switch_url=f"?{request.url.include_query_params(lang=other.value).query}",
        )
        response = HTMLResponse(page)
        if "lang" in request.query_params:
            response.set_cookie(
                LANGUAGE_COOKIE, language.value, max_age=_YEAR_S, httponly=True, samesite="strict"
            )
        return response


@cache
def _templates(*, simulated: bool) -> "jinja2.Environment":
    """Return the templates, each compiled once a process and only when it is first rendered."""
    import jinja2  # noqa: PLC0415 - a twentieth of a start, for the first page

    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "yuan": yuan,
        "local": _local,
        "clock": _clock,
        "clock_s": _clock_s,
        "second": _second,
    }
    templates.globals |= {
        "asset": asset,
        "Colour": Colour,
        "Family": Family,
        "Language": Language,
        "simulated": simulated,
        "header": None,
        "finds": False,
    }
    return templates


class LookFiles(StaticFiles):
    """The stylesheet, the script and the icon; cached for good under their content's address.

    They go compressed. Pages do not: beside what a stranger typed, their length would tell secrets.
    """

    def __init__(self) -> None:
        super().__init__(directory=_HERE / "static")

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve one file."""
        response = await super().get_response(path, scope)
        versioned = scope["query_string"].startswith(b"v=")
        caching = f"public, max-age={_YEAR_S}, immutable" if versioned else "no-cache"
        response.headers["Cache-Control"] = caching
        response.headers["Vary"] = "Accept-Encoding"
        asked = Headers(scope=scope).get("accept-encoding", "")
        if response.status_code != HTTPStatus.OK or "gzip" not in asked:
            return response
        packed = Response(_packed(path), media_type=response.media_type)
        packed.headers["Content-Encoding"] = "gzip"
        for name in ("Cache-Control", "Vary", "ETag"):
            packed.headers[name] = response.headers[name]
        return packed


def language_of(request: Request) -> Language:
    """Return the language asked for: by ``?lang=``, by the cookie, by the browser; else Chinese."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    # The browser lists its languages by preference; quality values keep that order in practice.
    accepted = asked or request.headers.get("accept-language", "")
    return Language.EN if accepted.lower().startswith("en") else Language.ZH


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _second(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M:%S}"


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%H:%M}"


def _clock_s(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%H:%M:%S}"


@cache
def _packed(name: str) -> bytes:
    return gzip.compress((_HERE / "static" / name).read_bytes(), mtime=0)


@cache
def asset(name: str) -> str:
    """Return the address of one of the look's files, which changes with its content."""
    digest = hashlib.sha256((_HERE / "static" / name).read_bytes()).hexdigest()
    return f"{STATIC_PATH}/{name}?v={digest[:12]}"
