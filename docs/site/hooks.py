"""What happens while the manual is built: links that leave it, generated parts, search.

Called by the site generator by name; decides nothing about the text.
"""

import json
import posixpath
import re
from pathlib import Path
from typing import Any

from docs.site import dictionary, key_card, runbook
from docs.site.reading import Section, sections

_LINK = re.compile(r"\[([^\]]+)\]\(([^)#:]+)(?:#[^)]*)?\)")
_OUTSIDE = ("..", "decisions", "state.md")
"""The project's other files, which an installed site does not have."""


def changes(_language: str) -> str:
    """Return the changelog without its title, its links as they are from the manual."""
    text = (Path(__file__).parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")
    return text.partition("\n")[2].replace("](docs/", "](")


_MADE = {
    "changes": changes,
    "keys": key_card.made,
    "runbook": runbook.made,
    "dictionary": dictionary.made,
}
_MARK = re.compile(r"^<!-- made: (\w+) -->$", re.MULTILINE)
"""A line that stands for what is made of facts."""

_BROKEN = re.compile(
    r"(?<=[\u3001-\u303f\u4e00-\u9fff\uff01-\uffef”])\n {0,3}(?=[\u4e00-\u9fff“（《])"
)
"""A line that ends and goes on in Chinese: no space belongs between the two."""

_found: list[Section] = []


def on_env(env: Any, **_: object) -> None:  # noqa: ANN401 - the generator's own type
    """Tell templates where a page stands in the other language, and in which part."""
    env.filters |= {"counterpart": counterpart, "part": posixpath.dirname}


def on_page_markdown(markdown: str, page: Any, **_: object) -> str:  # noqa: ANN401 - as above
    """Put in what is made of facts; of a link that leads out of the manual leave the words."""
    folder = posixpath.dirname(page.file.src_uri)
    markdown = _MARK.sub(lambda mark: _MADE[mark[1]](folder), markdown)
    if folder == "zh":
        markdown = _BROKEN.sub("", markdown)
    return _LINK.sub(lambda link: link[1] if _leaves(folder, link[2]) else link[0], markdown)


def on_page_content(html: str, page: Any, **_: object) -> None:  # noqa: ANN401 - as above
    """Note what the search finds on a page."""
    language = "zh" if page.file.src_uri.startswith("zh/") else "en"
    _found.extend(sections(html, address=page.url, title=page.title, language=language))


def on_post_build(config: Any, **_: object) -> None:  # noqa: ANN401 - as above
    """Write the search's file."""
    text = json.dumps(_found, ensure_ascii=False, separators=(",", ":"))
    Path(config["site_dir"], "search.json").write_text(text, encoding="utf-8")
    _found.clear()


def counterpart(path: str) -> str:
    """Return the address of a page in the other language; empty where it has none."""
    for one, other in (("zh/", "en/"), ("en/", "zh/")):
        if path.startswith(one):
            return other + path.removeprefix(one).removesuffix(".md") + ".html"
    return ""


def _leaves(folder: str, target: str) -> bool:
    return posixpath.normpath(posixpath.join(folder, target)).startswith(_OUTSIDE)
