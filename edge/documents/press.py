"""Papers laid out by Typst, in a process beside this one (``edge.documents.setting``).

The paper goes in as JSON and is never read as markup; PDF/A-2b fails on a missing glyph instead of
leaving a hole. The same paper gives the same bytes wherever the same fonts and Typst are.
"""

import re
from functools import cache
from importlib import resources
from typing import Any, Literal
from unicodedata import category

from edge import codec
from edge.core.errors import Fault, Words
from edge.core.paper import Paper
from edge.documents.codes import qr_svg
from edge.documents.fonts import FAMILIES, font_folders
from edge.documents.setting import Ended, Typesetter

STANDARD: Literal["a-2b"] = "a-2b"

_NO_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed')
_LINES = "\n\t"
_LONG = re.compile(r"[0-9A-Za-z_.:/-]{14,}")
_GAP = "\u200b"  # a place to break, of no width
_typesetter = Typesetter()


def pressed(paper: Paper) -> bytes:
    """Return the paper as a PDF.

    Raises:
        Fault: FONT_MISSING; GLYPH_MISSING, naming the character that no font has; PAPER_BROKEN.
    """
    [made] = _pressed(paper, format="pdf", pdf_standards=STANDARD, pdf_tags=False)
    return made


def pictured(paper: Paper, *, ppi: float = 96) -> list[bytes]:
    """Return the pages as PNG, to be looked at. Raises as ``pressed``."""
    return list(_pressed(paper, format="png", ppi=ppi))


def given_to_typst(paper: Paper) -> dict[str, Any]:
    """Return the template, the paper as JSON and its moment, as Typst's compiler takes them."""
    return {
        "input": _template(),
        "sys_inputs": {"paper": codec.encode(_given(paper)).decode()},
        "timestamp": int(paper.dated.timestamp()),
    }


def _pressed(paper: Paper, **how: object) -> tuple[bytes, ...]:
    folders = [str(folder) for folder in font_folders()]
    ready = given_to_typst(paper)
    try:
        done = _typesetter.set(folders, {**ready, "input": ready["input"].decode(), **how})
    except (Ended, OSError) as lost:
        raise _broken(type(lost).__name__) from lost
    if done.wrong:
        raise _told(done.wrong)
    if done.warned:
        raise _broken(done.warned)
    return done.files


def _given(paper: Paper) -> dict[str, Any]:
    """Return what the template is given: the paper's text made safe, its codes drawn."""
    given: dict[str, Any] = _visible(codec.plain(paper))
    given["blocks"] = [_drawn(block) for block in given["blocks"]]
    given["families"] = FAMILIES
    return given


def _visible(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Show what would not be seen, or would turn the text around, by its code point."""
    match value:
        case str():
            return "".join(map(_shown, value))
        case list() | tuple():
            return [_visible(one) for one in value]
        case dict():
            return {key: _visible(one) for key, one in value.items()}
        case _:
            return value


def _shown(character: str) -> str:
    hidden = category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character not in _LINES
    return f"[U+{ord(character):04X}]" if hidden else character


def _drawn(block: dict[str, Any]) -> dict[str, Any]:
    loose: dict[str, Any] = _loose(block)
    return loose | {"svg": qr_svg(block["data"])} if block["block"] == "code" else loose


def _loose(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Let a long number break anywhere, or it would run into its neighbour's cell."""
    match value:
        case str():
            return _LONG.sub(lambda found: _GAP.join(found[0]), value)
        case list():
            return [_loose(one) for one in value]
        case dict():
            return {key: _loose(one) for key, one in value.items()}
        case _:
            return value


@cache
def _template() -> bytes:
    return (resources.files(__package__) / "templates" / "paper.typ").read_bytes()


def _told(wrong: str) -> Fault:
    found = _NO_GLYPH.search(wrong)
    if found is None:
        return _broken(wrong)
    text = re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), found[1])
    points = " ".join(f"U+{ord(one):04X}" for one in text)
    return Fault(
        "GLYPH_MISSING",
        Words(
            f"字符“{text}”（{points}）在字体中没有字形，单据未生成",
            f"no font has a glyph for {text!r} ({points}); no document was made",
        ),
        Words(
            "核对该字是否录入有误；确有此字的，请信息科安装含此字的字体",
            "check whether it was entered wrongly; if it is right, IT adds a font that has it",
        ),
    )


def _broken(what: str) -> Fault:
    return Fault(
        "PAPER_BROKEN",
        Words(f"单据排版失败：{what}", f"the document cannot be laid out: {what}"),
        Words("导出支持包并联系厂商", "make a support bundle and call the supplier"),
    )
