"""The screens of the house and who has which: the row of links under every header."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.store.operators import Role
from edge.web.look import Link
from edge.web.security import Caller
from edge.web.texts import words

_ADMITS, _DISCHARGES, _FITS, _FINANCE = (
    Role.ADMISSION,
    Role.DISCHARGE,
    Role.FITTING,
    Role.FINANCE,
)
_IT, _SECURITY, _AUDITOR = (
    Role.SYSTEM_ADMINISTRATOR,
    Role.SECURITY_ADMINISTRATOR,
    Role.AUDITOR,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One screen: the path of its page and the roles whose work it is."""

    path: str
    roles: frozenset[Role]
    also: tuple[str, ...] = ()
    """Where else its pages begin."""


SCREENS: Mapping[str, Entry] = {
    "arrival": Entry("/", frozenset({_ADMITS, _DISCHARGES}), also=("/verifications",)),
    "stays": Entry("/stays", frozenset({_ADMITS, _DISCHARGES, _FINANCE}), also=("/search",)),
    "due": Entry("/due", frozenset({_DISCHARGES, _FINANCE})),
    "fittings": Entry("/fittings", frozenset({_FITS, _FINANCE}), also=("/verifications",)),
    "claims": Entry("/claims", frozenset({_FINANCE})),
    "fallbacks": Entry("/fallbacks", frozenset({_DISCHARGES, _FITS, _FINANCE})),
    "complaints": Entry("/complaints", frozenset({_ADMITS, _DISCHARGES, _FITS, _FINANCE})),
    "messages": Entry("/messages", frozenset({_ADMITS, _DISCHARGES, _FITS, _FINANCE, _IT})),
    "devices": Entry("/devices", frozenset({_ADMITS, _DISCHARGES, _FITS, _FINANCE, _IT})),
    "overview": Entry("/overview", frozenset({_ADMITS, _DISCHARGES, _FITS, _FINANCE, _IT})),
    "audit": Entry("/audit", frozenset({_AUDITOR, _SECURITY})),
    "admin": Entry("/admin", frozenset({_IT, _SECURITY})),
}
"""By the name of the screen, in the order of the row; the first of a role is its start page."""


CHAPTERS: Mapping[str, str] = {
    "search": "/search",
    "verdict": "/verifications/",
    "stay": "/stays/",
    "fitting": "/fittings/",
    "claim": "/claims/",
    "complaint": "/complaints/",
    "message": "/messages/",
    "account": "/admin/accounts/",
    "upload": "/admin/uploads/",
    "password": "/password",
}
"""What is no screen of the row and has a chapter in the manual: its name, how its path begins."""


def links(caller: Caller, path: str) -> tuple[Link, ...]:
    """Return the caller's screens; the one that ``path`` belongs to is the current one."""
    mine = {name: one for name, one in SCREENS.items() if one.roles & caller.grants}
    return tuple(
        Link(
            label=words(f"screen.{name}"),
            path=one.path,
            current=any(_belongs(path, start) for start in (one.path, *one.also)),
        )
        for name, one in mine.items()
    )


def chapter_of(path: str) -> str:
    """Return the name under which the manual tells of the screen at ``path``; empty for none."""
    chapters = {start: chapter for chapter, start in CHAPTERS.items()}
    below = next((chapter for start, chapter in chapters.items() if path.startswith(start)), "")
    return below or next((name for name, one in SCREENS.items() if _belongs(path, one.path)), "")


def start_of(caller: Caller) -> str:
    """Return the path of the caller's start page."""
    return next((one.path for one in SCREENS.values() if one.roles & caller.grants), "/devices")


def _belongs(path: str, screen: str) -> bool:
    return path == screen or (screen != "/" and path.startswith(f"{screen}/"))
