"""The runbook: every code with the sentence that is shown, what it means, what to do, and who.

Made of two sources: the table in docs/errors.md (a test holds it complete against the code), and
the sentences in the source itself, so that what the clerk reads stands here word for word.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from docs.site.sentences import Said, of_line_reasons, said

_ROOT = Path(__file__).parents[2]
_BETWEEN = re.compile(r" ?/ (?=[a-z`A-Z])")
_LINK = re.compile(r"\]\((?=\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One code of the runbook; what stands twice stands in Chinese and in English."""

    code: str
    meaning: tuple[str, str]
    action: tuple[str, str]
    who: tuple[str, ...]
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """What belongs together, under its title in both languages."""

    title: tuple[str, str]
    entries: list[Entry] = field(default_factory=list)


WHO: Mapping[str, tuple[str, str]] = {
    "self": ("系统自动处理", "mends itself"),
    "desk": ("窗口", "the desk"),
    "finance": ("财务", "finance"),
    "it": ("信息科", "IT"),
    "security": ("安全管理员", "security administrator"),
    "his": ("医院系统厂商", "the hospital system's supplier"),
    "platform": ("平台或经办机构", "the platform or the agency"),
    "issuer": ("发卡机构", "the card's issuer"),
    "supplier": ("本系统厂商", "our supplier"),
}
"""Who acts, in the order in which they are named."""

_USUALLY: Mapping[str, tuple[str, ...]] = {
    "Lines that cannot stand": ("his",),
    "Desk agent": ("it",),
    "Platform and messages": ("it",),
    "Claims and dispatches": ("finance",),
    "Site, keys and database": ("it",),
    "Backup and restore": ("it",),
    "Packs and catalogues": ("it",),
    "Command line and HTTP rim": ("his", "it"),
}
"""Who acts in a chapter; in any other the desk."""

_INSTEAD: Mapping[tuple[str, ...], str] = {
    ("self",): "AGENT_SESSION_OVER INTERRUPTED",
    ("self", "desk"): "SCANNER_MISSING AGENT_OFFLINE",
    ("self", "it"): "SERVICE_DOWN EDGE_UNREACHABLE PLATFORM_UNREACHABLE OUT_OF_ORDER NO_ANSWER "
    "UNREADABLE_ANSWER RECEIPT_MISMATCH SENDING_FAILED PLATFORM_CERTIFICATE WEBHOOK_SILENT "
    "BAD_DISPATCH INBOX_GAP",
    ("desk", "security"): "LOGIN_FAILED GRANT_MISSING",
    ("security",): "NOT_LOCKED NAME_NOT_USABLE NAME_TAKEN NAME_UNKNOWN PACE_NOT_USABLE",
    (
        "desk",
        "his",
    ): "HOSPITAL_TOTAL_DIFFERS DISCHARGE_MOMENT NO_CHARGES LINES_REFUSED OUTSIDE_STAY",
    ("his",): "BAD_FIELD FIELD_EMPTY SEVERAL_SOURCES IDEMPOTENCY_KEY NO_LINES TOO_MANY_LINES "
    "BAD_TOTAL MALFORMED_JSON UNKNOWN_FIELD NAIVE_MOMENT NOT_JSON BODY_TOO_LARGE",
    ("his", "it"): "TOO_MANY_CALLS",
    ("finance",): "CLAIM_NOT_SENT NO_MAPPINGS TOO_MANY_MAPPINGS MAPPING_NEEDLESS "
    "MAPPING_TARGET_UNKNOWN",
    ("finance", "his"): "UNKNOWN_CODE CELLS_REFUSED",
    ("finance", "it"): "SETTLEMENT_REJECTED PLATFORM_REFUSAL HTTP_* PREDECESSOR_RESOLVED "
    "NOTHING_TO_REVERSE NOTE_MISSING MESSAGE_NOT_FOUND MESSAGE_STATE",
    ("desk", "finance"): "REIMBURSED_BY_HAND REIMBURSEMENT_ASKED",
    ("finance", "platform"): "UNKNOWN_CLAIM AUDIT_CONTRADICTS AUDIT_REPEATED UNKNOWN_OBJECTION "
    "ANSWER_CONTRADICTS ANSWER_REPEATED PAYMENT_EMPTY PAYMENT_REPEATED REIMBURSED_AND_SETTLED "
    "REIMBURSEMENT_FINAL",
    ("it",): "DESK_UNKNOWN MANUAL_MISSING FONT_MISSING SERVICE_REFUSED PCSCD_MISSING "
    "PCSCD_NOT_READY PCSCD_NOT_OURS VPCD_MISSING SCANNER_REFUSED SCANNER_BUSY PLATFORM_KEY "
    "HOST_UNKNOWN INTERNAL SETTINGS FILE",
    ("desk", "it"): "GLYPH_MISSING UNKNOWN_PERSON READER_FAULT READER_BUSY CARD_KEY_REFUSED "
    "AGENT_SILENT SCANNER_FAULT SCAN_UNREADABLE DISK_SMALL ADMISSION_MOMENT",
    ("it", "security"): "LEDGER_BROKEN SEAL_BROKEN KEY_UNUSABLE",
    ("it", "his"): "WEBHOOK_REFUSED WEBHOOK_GONE",
    ("desk", "platform"): "PLATFORM_UNSURE",
    ("desk", "issuer"): "CARD_REFUSED ACCESS_NOT_ALLOWED CARD_NOT_GENUINE PIN_AT_RISK PIN_LOCKED "
    "RECORD_DAMAGED CHECK_DIGIT_WRONG CARD_EXPIRED",
    ("it", "platform"): "LIST_SIGNATURE LIST_ROLLED_BACK LIST_EXPIRED LIST_OF_ANOTHER "
    "LIST_UNREADABLE DISPATCH_OF_ANOTHER DISPATCH_CHANGED INBOX_ROLLED_BACK BAD_SIGNATURE",
    ("it", "supplier"): "PAPER_BROKEN RULING_IDENTITY MESSAGE_ID_REUSED BAD_ENVELOPE BAD_QUESTION "
    "TOO_LARGE SCHEMA_STEP",
}
"""Codes at which others act than those of their chapter."""

_ALARM = "`/readyz`：`alarms: [{}]`", "`/readyz`: `alarms: [{}]`"

_ELSEWHERE: Mapping[str, Said] = {
    "STAY_STATE": Said(
        ("该住院记录当前为“…”，此操作仅限“…”", "the stay is …; this needs …"),
        ("刷新页面查看当前状态", "look at the stay again and go on from its state"),
    ),
    "FITTING_STATE": Said(
        ("该配置记录当前为“…”，此操作仅限“…”", "the fitting is …; this needs …"),
        ("刷新页面查看当前状态", "look at the fitting again and go on from its state"),
    ),
    "PLATFORM_REFUSAL": Said(("（平台所写的话）", "(what the platform wrote)")),
    "OUT_OF_ORDER": Said(("（平台所写的话）", "(what the platform wrote)")),
    "EDGE_MISPLACED": Said(("（终端）…", "(terminal) …"), ("see docs/agent.md",) * 2),
    "TOKEN_MISSING": Said(
        ("（终端）…", "(terminal) …"), ("edge tokens add --scope agent --desk …",) * 2
    ),
    "SETTINGS": Said(("（终端）…", "(terminal) …"), ("see docs/settings.md",) * 2),
    "FILE": Said(("（终端）…", "(terminal) …"), ("check path and rights",) * 2),
    **{
        code: Said((_ALARM[0].format(code), _ALARM[1].format(code)))
        for code in ("CERTIFICATE_ENDS", "DISK_SMALL", "DATABASE_LOG_LARGE", "BACKUP_LATE")
    },
}
"""What is shown and stands in no one sentence of the source: it is put together, or another's."""

_HEADS = {
    "zh": ("代码", "页面上的话", "意思", "怎么办", "谁"),
    "en": ("code", "what is shown", "what it means", "what to do", "who"),
}


_REASONS = {"Reasons of a verdict": "reason-", "Reasons of a line": "line-"}
"""Chapters of answers, whose codes may also be an error's: how their anchors begin."""


def made(language: str) -> str:
    """Return the chapters as Markdown: a heading for each, a heading for each code."""
    side = 0 if language == "zh" else 1
    return "\n\n".join(_chapter(chapter, language, side) for chapter in chapters())


def unknown() -> list[str]:
    """Return the codes that `_INSTEAD` or `_ELSEWHERE` names and the table has not."""
    known = {entry.code for chapter in chapters() for entry in chapter.entries}
    named = [code for codes in _INSTEAD.values() for code in codes.split()]
    return [code for code in (*named, *_ELSEWHERE) if code not in known]


def twice_said() -> list[str]:
    """Return the codes that `_ELSEWHERE` says and the source as well."""
    return sorted(_ELSEWHERE.keys() & said().keys())


@cache
def chapters() -> tuple[Chapter, ...]:
    """Return every chapter of docs/errors.md with its codes."""
    found: list[Chapter] = []
    sentences = {**{code: [one] for code, one in _ELSEWHERE.items()}, **said()}
    of_lines = {code: [one] for code, one in of_line_reasons().items()}
    for line in (_ROOT / "docs/errors.md").read_text(encoding="utf-8").splitlines():
        heading = re.fullmatch(r"##+ (.*?)(?: /)? ([A-Za-z][A-Za-z, ]*)", line)
        row = re.fullmatch(r"\| `([A-Z0-9_*]+)` \|([^|]+)\|(?:([^|]+)\|)?", line)
        if heading:
            found.append(Chapter((heading[1], heading[2])))
        elif row:
            chapter = found[-1].title[1]
            shown = of_lines if _REASONS.get(chapter) == "line-" else sentences
            entry = _entry(row[1], row[2], row[3] or "", chapter, shown)
            found[-1].entries.append(entry)
    return tuple(chapter for chapter in found if chapter.entries)


def _entry(
    code: str, meaning: str, action: str, chapter: str, sentences: Mapping[str, list[Said]]
) -> Entry:
    usual = _USUALLY.get(chapter, ("desk",))
    return Entry(
        code=code,
        meaning=_sides(meaning),
        action=_sides(action),
        who=next((who for who, codes in _INSTEAD.items() if code in codes.split()), usual),
        said=tuple(sentences.get(code, ())),
    )


def _sides(cell: str) -> tuple[str, str]:
    """Return the Chinese and the English of a cell; a cell of one language counts for both."""
    beside = _LINK.sub("](../", cell.strip())
    zh, *en = _BETWEEN.split(beside, maxsplit=1)
    return zh, en[0] if en else zh


def _chapter(chapter: Chapter, language: str, side: int) -> str:
    head = _HEADS[language]
    parts = [f"## {chapter.title[side]}"]
    kind = _REASONS.get(chapter.title[1], "")
    for entry in chapter.entries:
        anchor = kind + entry.code.lower().replace("*", "any")
        parts.append(f"### `{entry.code}` {{#{anchor}}}")
        rows = [
            (head[1], "<br>".join(_shown(one, side) for one in entry.said)),
            (head[2], entry.meaning[side]),
            (head[3], entry.action[side]),
            (
                head[4],
                ""
                if kind == "line-"
                else ("、" if side == 0 else ", ").join(WHO[one][side] for one in entry.who),
            ),
        ]
        told = [f"| {name} | {text} |" for name, text in rows if text]
        parts.append("\n".join(["| | |", "|---|---|", *told]))
    return "\n\n".join(parts)


def _shown(one: Said, side: int) -> str:
    quoted = f"“{one.reason[side]}”"
    shown = f"{quoted} → {one.next_action[side]}" if one.next_action[side] else quoted
    return shown.replace("|", "\\|").replace("<", "&lt;")
