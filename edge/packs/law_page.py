"""The register of the law as a page (docs/law.md): one table a text, counts above.

Checks nothing: what it draws has been read and checked by ``edge.packs.law``.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from edge.core.errors import Words
from edge.core.rules import KEYS
from edge.packs.law import HEADER_KEYS, Entry, Law, LawText, Mark, read_law

_HEAD = (
    "# 法规登记 / The register of the law\n\n"
    "每份文件的每一条、款、项，由谁来落实：**规则**（规则包的键，和说明它的案例或测试），"
    "**窗口**（本系统的页面、单据、上传），**经办**（平台一侧，由平台模拟器代演），**不入系统**。"
    "内容是我们自己的概括，以原文为准。“待建”的还没有做；统计里是至少有一处待建的条数。"
    "本页由 `config/law` 生成（`edge packs law`），不要手改。\n\n"
    "Every article, paragraph and item of every text, and who answers it: "
    "a **rule** (the pack's keys, and the cases or tests that show it), the **desk** (our screens, "
    "documents and wire), the **agency** (the platform's side, played by the platform simulator), "
    "or **not software**. The summaries are ours; the texts decide. 待建 (later) is not built yet; "
    "the counts tell how many clauses need at least one such place. "
    "Made from `config/law` by `edge packs law`; do not edit.\n"
)

_MARKS: Mapping[Mark, Words] = {
    Mark.RULE: Words("规则", "rule"),
    Mark.DESK: Words("窗口", "desk"),
    Mark.AGENCY: Words("经办", "agency"),
    Mark.NONE: Words("不入系统", "not software"),
}
_LATER = "待建 later"
_BREAK = "<br>"


def law_page(config: Path) -> str:
    """Return the page, in Markdown, ending in a newline.

    Raises:
        BadRule: as ``read_law``.
    """
    law = read_law(config)
    parts = [_HEAD, _counts(law), _places(law), *(_chapter(law, text) for text in law.texts)]
    return "\n".join(parts)


def _counts(law: Law) -> str:
    rows = [[text.short, text.title, *_counted(law, text.entries)] for text in law.texts]
    everything = [entry for text in law.texts for entry in text.entries]
    rows.append(["", "合计 — all", *_counted(law, everything)])
    heads = ["", "文件 text", "条款 clauses", *(f"{m.zh} {m.en}" for m in _MARKS.values())]
    return f"## 统计 / Counts\n\n{_table(heads, rows)}"


def _counted(law: Law, entries: Collection[Entry]) -> Iterator[str]:
    """Yield how many there are, then of each mark; a rule itself is never later."""
    yield str(len(entries))
    for mark in _MARKS:
        marked = [entry for entry in entries if entry.mark is mark]
        later = sum(law.is_later(entry) for entry in marked if mark is not Mark.RULE)
        yield f"{len(marked)}（待建 {later}）" if later else str(len(marked))


def _places(law: Law) -> str:
    rows = [
        [
            _said(_MARKS[place.side]),
            _said(place.words),
            f"`{place.built}`" if place.built else _LATER,
        ]
        for place in law.places.values()
    ]
    heads = ["", "办理之处 place", "由此文件 built in"]
    return f"## 办理之处 / Places\n\n{_table(heads, rows)}"


def _chapter(law: Law, text: LawText) -> str:
    rows = [
        [
            f"{text.short} {entry.number}",
            _said(entry.says),
            _said(_MARKS[entry.mark]),
            _BREAK.join(_where(law, text, entry)),
            _said(entry.why) if entry.why else "",
        ]
        for entry in text.entries
    ]
    heads = ["条款 number", "内容 what it says", "标记 mark", "在哪里 where", "说明 why"]
    return f"## {text.short} {text.title}\n\n{_table(heads, rows)}"


def _where(law: Law, text: LawText, entry: Entry) -> Iterator[str]:
    for key in entry.keys:
        words = HEADER_KEYS[key] if key in HEADER_KEYS else KEYS[key].words
        yield f"`{key}` {words.zh}"
    for file in dict.fromkeys(text.cases[name] for name in entry.cases):
        named = "；".join(name for name in entry.cases if text.cases[name] == file)
        yield f"→ `{file}` {named}"
    yield from (f"→ `{test}`" for test in entry.tests)
    for name in entry.at:
        place = law.places[name]
        yield f"{_said(place.words)}{f'（{_LATER}）' if place.later else ''}"


def _said(words: Words) -> str:
    return f"{words.zh} — {words.en}"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(heads)
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
