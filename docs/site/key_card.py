"""The key card: what each key does on each screen, read from the templates the screens are made of.

So it cannot say anything else than the buttons do. It does not know who may press what.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from pathlib import Path

from edge.web.texts import Language, text

TEMPLATES = Path(__file__).parents[2] / "edge/web/look/templates"

SCREENS: Mapping[str, str] = {
    "login": "login.html",
    "arrival": "arrival.html",
    "verdict": "verdict.html",
    "stay": "stay.html",
    "stays": "stays_page.html",
    "due": "due_page.html",
    "fittings": "fittings.html",
    "fitting": "fitting.html",
    "claim": "claim_page.html",
    "fallbacks": "fallbacks.html",
    "complaints": "complaints.html",
    "complaint": "complaint.html",
    "messages": "messages_page.html",
    "message": "message_page.html",
    "devices": "devices.html",
    "overview": "overview_page.html",
    "audit": "audit.html",
    "admin": "admin.html",
    "account": "account.html",
    "upload": "upload.html",
    "password": "password.html",
    "search": "found.html",
}
"""By the name of its chapter, the template of each screen."""

FRAME = ("base.html", "problem.html")
"""What every screen has."""

_ORDER = ("F1", "F2", "F4", "F8", "F9", "F10", "/", "Escape", "Enter")
_KEYED = re.compile(r"<(\w+)\b([^<]*?)data-hotkey=\"([^\"]+)\"((?:[^<>]|\{%.*?%\})*)>(.*)")
_CALLED = re.compile(r"\{\{ (?:parts\.)?(back|message_retry)\((.*?)\) \}\}")
_SENTENCE = re.compile(r"\bt\(\"([\w.]+)\"\)")
_INCLUDED = re.compile(r"\{% include \"([\w.]+)\" %\}")

_ALWAYS = {"F1": ("keys",), "/": ("key.search",), "Enter": ("key.next",), "Escape": ("key.back",)}
_OPENS = {
    "": {"zh": "打开列表中的第一例", "en": "open the first of the list"},
    "→": {"zh": "下一个月", "en": "next month"},
}
"""What a link does whose words are a number, or a month and an arrow."""

_ROW = "<tr><td><kbd>{key}</kbd></td><td>{words}</td></tr>"
_NAMES = {"Escape": "Esc"}
_EVERY = {"zh": "每个页面", "en": "Every screen"}


def made(language: str) -> str:
    """Return the card as HTML: a table a screen, those without a key of their own left out."""
    spoken = Language.ZH if language == "zh" else Language.EN
    parts = [_table(_EVERY[language], [(k, said(v, spoken)) for k, v in _ALWAYS.items()])]
    for chapter in SCREENS:
        rows = [(key, said(names, spoken)) for key, names in keys_of(chapter).items()]
        if rows:
            parts.append(_table(title_of(chapter, language), rows))
    return '<div class="cards">\n' + "\n".join(parts) + "\n</div>"


def said(names: tuple[str, ...], language: Language) -> str:
    """Return the words of the buttons that a key presses, without what is filled in."""
    told = language.value[:2]
    words = [_OPENS[name][told] if name in _OPENS else text(name, language) for name in names]
    return "；".join(re.split(r"[:：]? ?[\w ]*\{", one)[0] for one in dict.fromkeys(words))


@cache
def keys_of(chapter: str) -> Mapping[str, tuple[str, ...]]:
    """Return the keys of a screen in the card's order, each with the names of its sentences.

    A name of `_OPENS` is a link whose words are no sentence.
    """
    found: dict[str, list[str]] = {}
    for name in parts_of(SCREENS[chapter]):
        for key, sentence in keys_in(name):
            found.setdefault(key, []).append(sentence)
    return {
        key: tuple(dict.fromkeys(found[key]))
        for key in sorted(found, key=_ORDER.index)
        if key != "Escape"
    }


def parts_of(template: str) -> Iterator[str]:
    """Yield a template and all that it includes."""
    yield template
    source = (TEMPLATES / template).read_text(encoding="utf-8")
    for included in _INCLUDED.findall(source):
        yield from parts_of(included)


def keys_in(template: str) -> Iterator[tuple[str, str]]:
    """Yield each key that a template has, and the name of the sentence on what it presses."""
    for line in (TEMPLATES / template).read_text(encoding="utf-8").splitlines():
        for macro, given in _CALLED.findall(line):
            if macro == "back":
                yield "Escape", "back"
            elif '"' in given:
                key = given.split('"')[1]
                yield from ((key, "messages.ask"), (key, "messages.send"))
        keyed = _KEYED.search(line)
        if keyed:
            _, before, key, after, inside = keyed.groups()
            sentence = _SENTENCE.search(f"{inside} {before} {after}")
            yield key, sentence[1] if sentence else "→" if "→" in inside else ""


def title_of(chapter: str, language: str) -> str:
    """Return the heading of the screen's chapter in the manual."""
    page = (TEMPLATES.parents[3] / "docs" / language / "screens.md").read_text(encoding="utf-8")
    heading = re.search(rf"^## (.+) \{{#{chapter}\}}$", page, re.MULTILINE)
    return heading[1] if heading else chapter


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    body = "".join(
        _ROW.format(key=escape(_NAMES.get(key, key)), words=escape(words)) for key, words in rows
    )
    return f"<table><caption>{escape(title)}</caption><tbody>{body}</tbody></table>"
