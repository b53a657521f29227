"""What the search of the manual knows: each section's address, heading and words. No markup."""

from html.parser import HTMLParser
from typing import TypeAlias

Section: TypeAlias = tuple[str, str, str, str]
"""Address from the manual's root, heading, text, language."""

_HEADINGS = frozenset({"h1", "h2", "h3"})
_APART = frozenset({"p", "li", "td", "th", "tr", "pre", "br", "blockquote"})


class _Reader(HTMLParser):
    """Cuts a page's content at its headings."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: list[tuple[str, list[str], list[str]]] = [("", [], [])]
        self._in_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HEADINGS:
            self._in_heading = True
            self.sections.append((dict(attrs).get("id") or "", [], []))
        elif tag in _APART:
            self.sections[-1][2].append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HEADINGS:
            self._in_heading = False

    def handle_data(self, data: str) -> None:
        _, heading, text = self.sections[-1]
        (heading if self._in_heading else text).append(data)


def sections(html: str, *, address: str, title: str, language: str) -> list[Section]:
    """Return the sections of a page; one that is not the page's first names the page, too."""
    reader = _Reader()
    reader.feed(html)
    found: list[Section] = []
    for anchor, heading, text in reader.sections:
        name, words = _plain(heading), _plain(text)
        if name or words:
            shown = name if name in {title, ""} else f"{name} · {title}"
            where = f"{address}#{anchor}" if anchor else address
            found.append((where, shown or title, words, language))
    return found


def _plain(parts: list[str]) -> str:
    return " ".join("".join(parts).split())
