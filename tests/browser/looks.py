"""The pictures of the guides: what each shows, and where they stand."""

from pathlib import Path

SCREENS = Path(__file__).parents[2] / "docs" / "screens"

LOOKS = {
    "login": "login",
    "admission": "arrival",
    "verdict": "arrival",
    "new-card": "arrival",
    "foreign-card": "arrival",
    "unverified": "arrival",
    "stays": "stays",
    "search": "stays",
    "in-stay": "stays",
    "charges": "stays",
    "due": "due",
    "preview": "due",
    "settled": "due",
    "fittings": "fittings",
    "fitting": "fittings",
    "entry-sheet": "fittings",
    "claims": "claims",
    "fallbacks": "fallbacks",
    "fallback": "fallbacks",
    "complaints": "complaints",
    "complaint": "complaints",
    "messages": "messages",
    "message": "messages",
    "devices": "devices",
    "overview": "overview",
    "audit": "audit",
    "admin": "admin",
    "account": "admin",
    "upload": "admin",
    "password": "admin",
    "office": "group office",
    "office-money": "group office",
    "office-quarantine": "group office",
}
"""Each picture's name, and the screen that it belongs to.

One of ``edge.web.pages.screens.SCREENS``, or of a group's office.
"""
