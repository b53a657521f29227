"""What the source says for each code, word for word: read out of its syntax, never run.

Follows names within one file, and one call of a function that makes the sentence for its caller.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from edge.web.texts import Language, catalogue

_ROOT = Path(__file__).parents[2]
_ROOMS = ("edge", "drivers", "sync", "simulators/pcscd.py")
_CODE = re.compile(r"[A-Z][A-Z0-9_*]+")
_BLANK = re.compile(r"\{\w+\}")
_FILLED = "…"
"""Stands for what is filled in when it is shown."""

_STEPS_MAX = 4
"""So many names in a row are followed: one may be called what it stands for."""

_SPEAKING = (ast.Assign, ast.Call, ast.Tuple, ast.Dict)

Scope = Mapping[str, ast.expr]


@dataclass(frozen=True, slots=True)
class Said:
    """Two sentences as they are shown, each in Chinese and English; the second may be empty."""

    reason: tuple[str, str]
    next_action: tuple[str, str] = ("", "")


@cache
def said() -> dict[str, list[Said]]:
    """Return the sentences that the source has for each code, those shown first."""
    found: dict[str, list[Said]] = {}
    for room in _ROOMS:
        at = _ROOT / room
        for path in [at] if at.is_file() else sorted(at.rglob("*.py")):
            for code, sentence in _Source(ast.parse(path.read_text(encoding="utf-8"))).told():
                known = found.setdefault(code, [])
                known += [] if sentence in known else [sentence]
    return found


class _Source:
    """One file: what it assigns, and its functions by name."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._top = _assigned(tree.body)
        self._functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
        self._speaking = list(self._nodes())

    def told(self) -> Iterator[tuple[str, Said]]:
        """Yield each code with its sentences; those made for a caller where there are no others."""
        direct = list(self._direct())
        spoken = {code for code, one in direct if any(one.reason)}
        made = [(code, one) for code, one in self._by_helpers() if code not in spoken]
        there = spoken | {code for code, one in made if any(one.reason)}
        for code, one in (*direct, *made):
            if any(one.reason) or code not in there:
                zh, en = one.reason
                yield code, Said((zh or _FILLED, en or _FILLED), one.next_action)

    def _direct(self) -> Iterator[tuple[str, Said]]:
        for node, scope in self._speaking:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                # a vocabulary of the drivers: the member's name is the code
                [target, *_] = node.targets
                name, given = getattr(target, "id", ""), _keywords(node.value, scope)
                if _CODE.fullmatch(name) and "text_en" in given:
                    yield name, _paired(given, "text")
            if isinstance(node, ast.Call):
                yield from _of_call(node, scope)
            if isinstance(node, ast.Tuple):
                yield from _of_row(node, scope)
            if isinstance(node, ast.Dict):
                yield from _reasoned(node)
                yield from _of_answer(node, scope)
                yield from self._by_function(node)

    def _by_helpers(self) -> Iterator[tuple[str, Said]]:
        for node, scope in self._speaking:
            helper = self._functions.get(_name(node.func)) if isinstance(node, ast.Call) else None
            if helper and isinstance(node, ast.Call):
                given = dict(zip((one.arg for one in helper.args.args), node.args, strict=False))
                inside = {**scope, **given}
                inside = {**inside, **_assigned(helper.body, inside)}
                for call in ast.walk(helper):
                    if isinstance(call, ast.Call):
                        yield from _of_call(call, inside)

    def _by_function(self, node: ast.Dict) -> Iterator[tuple[str, Said]]:
        """Yield what a table of functions says: {Kind.CODE: a function that returns Words}."""
        for key, value in zip(node.keys, node.values, strict=True):
            function = self._functions.get(_name(value))
            if isinstance(key, ast.Attribute) and function and _CODE.fullmatch(key.attr):
                for one in ast.walk(function):
                    words = _words(one.value, {}) if isinstance(one, ast.Return) else None
                    if words:
                        yield key.attr, Said(words)

    def _nodes(self) -> Iterator[tuple[ast.AST, Scope]]:
        """Yield what may say a sentence, with the names that are known where it stands."""
        for one in self._tree.body:
            parts = one.body if isinstance(one, ast.ClassDef) else [one]
            for part in parts:
                inside = isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
                nodes = list(ast.walk(part))
                scope = {**self._top, **(_assigned(nodes, self._top) if inside else {})}
                yield from ((node, scope) for node in nodes if isinstance(node, _SPEAKING))


def of_line_reasons() -> dict[str, Said]:
    """Return what a page says for each reason of a line, from the pages' own catalogues."""
    chinese, english = catalogue(Language.ZH), catalogue(Language.EN)
    return {
        key.removeprefix("reason."): Said((chinese[key], english[key]))
        for key in chinese
        if key.startswith("reason.")
    }


def _assigned(
    nodes: list[ast.AST] | list[ast.stmt], known: Scope | None = None
) -> dict[str, ast.expr]:
    """Return what names are given; a pair of names takes the two sides of a pair."""
    found: dict[str, ast.expr] = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            [target, *_] = node.targets
            value = _followed(node.value, known or {})
            if isinstance(target, ast.Name):
                found[target.id] = node.value
            elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = zip(target.elts, value.elts, strict=False)
                found |= {one.id: given for one, given in pairs if isinstance(one, ast.Name)}
    return found


def _of_call(call: ast.Call, scope: Scope) -> Iterator[tuple[str, Said]]:
    given = _keywords(call, scope)
    code = _code_of(call, scope)
    if not _CODE.fullmatch(code):
        return
    pairs = [
        words
        for one in (*call.args, *(k.value for k in call.keywords))
        if (words := _words(one, scope))
    ]
    if pairs:
        yield code, Said(*pairs[:2])
    elif "detail_en" in given:
        yield code, _paired(given, "detail")
    elif "text_en" in given:
        yield code, _paired(given, "text")


def _of_row(row: ast.Tuple, scope: Scope) -> Iterator[tuple[str, Said]]:
    """Yield what a row of a table says: a code, then what is and what to do."""
    code = _text(row.elts[0], {}) if row.elts else ""
    pairs = [words for one in row.elts[1:] if (words := _words(one, scope))]
    if _CODE.fullmatch(code) and len(pairs) > 1:
        yield code, Said(*pairs[:2])


def _of_answer(node: ast.Dict, scope: Scope) -> Iterator[tuple[str, Said]]:
    """Yield what an answer on the wire says: {"code": …, "text": …, "text_en": …}."""
    given = {
        str(key.value): _text(value, scope)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
    }
    if _CODE.fullmatch(given.get("code", "")) and "text_en" in given:
        yield given["code"], _paired(given, "text")


def _reasoned(node: ast.Dict) -> Iterator[tuple[str, Said]]:
    """Yield a verdict's sentences.

    Of reasons: {(Code.X, variant): Sentence(zh, en, mend, mend_en)}; of warnings:
    {WarningCode.X: Words(zh, en)}.
    """
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Attribute) and _name(key.value) == "WarningCode":
            yield key.attr, Said(_words(value, {}) or ("", ""))
        if not (isinstance(key, ast.Tuple) and isinstance(value, ast.Call)):
            continue
        if _name(value.func) == "Sentence":
            zh, en, mend, mend_en = (_text(one, {}) for one in value.args)
            yield getattr(key.elts[0], "attr", ""), Said((zh, en), (mend, mend_en))


def _code_of(call: ast.Call, scope: Scope) -> str:
    named = [one.value for one in call.keywords if one.arg == "code"]
    for one in (*call.args[:1], *named):
        followed = _followed(one, scope)
        if isinstance(followed, ast.Attribute):
            return followed.attr
        if isinstance(followed, ast.Constant | ast.JoinedStr):
            return _text(followed, {}).replace(_FILLED, "*")
    return ""


def _paired(given: Mapping[str, str], reason: str) -> Said:
    return Said(
        (given[reason], given[f"{reason}_en"]),
        (given.get("next_action", ""), given.get("next_action_en", "")),
    )


def _keywords(call: ast.Call, scope: Scope) -> dict[str, str]:
    return {one.arg: _text(one.value, scope) for one in call.keywords if one.arg}


def _words(node: ast.expr | None, scope: Scope) -> tuple[str, str] | None:
    followed = _followed(node, scope) if node else None
    if (
        isinstance(followed, ast.Call)
        and _name(followed.func) == "Words"
        and len(followed.args) > 1
    ):
        zh, en = (_text(one, scope) for one in followed.args[:2])
        return zh, en
    return None


def _followed(node: ast.expr, scope: Scope) -> ast.expr:
    for _ in range(_STEPS_MAX):
        if not isinstance(node, ast.Name) or node.id not in scope:
            break
        node = scope[node.id]
    return node


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.expr, scope: Scope) -> str:
    """Return a text of the source; what is filled in when it is shown is three dots."""
    node = _followed(node, scope)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, {}) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _FILLED
    if isinstance(node, ast.IfExp):
        return " / ".join(_text(part, {}) for part in (node.body, node.orelse))
    text = node.value if isinstance(node, ast.Constant) else ""
    return _BLANK.sub(_FILLED, text) if isinstance(text, str) else ""
