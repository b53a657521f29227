"""What the clerk is warned of, in words.

A verdict keeps the Chinese; the English is read from it.
"""

import re
from collections.abc import Mapping

from edge.core.errors import Words
from edge.core.verification.reasons import DeskWarning, WarningCode

_SENTENCES: Mapping[WarningCode, Words] = {
    WarningCode.LATE_APPROVAL_RISK: Words(
        "备案在入院后才核准的，不能作为事先备案",
        "a filing approved after the admission does not count as one made before it",
    ),
    WarningCode.LAW_SILENT: Words(
        "有效期内入院、到期后出院，参保地文件未作规定，按有效处理",
        "admitted inside the validity and discharged after it: the insured region's instrument is "
        "silent, it is taken as valid",
    ),
    WarningCode.FILING_ENDS_SOON: Words("备案将于 {last} 到期", "the filing ends on {last}"),
    WarningCode.FILING_EXCEEDS_PACK: Words(
        "备案截止 {given}，超过参保地规定的最长 {allowed}；以备案记录为准",
        "the filing ends on {given}, after the insured region's latest day {allowed}; the filing "
        "counts",
    ),
    WarningCode.PACK_TERM_PASSED: Words(
        "{region}文件的规定期限已过，新文件录入前继续适用",
        "the stated term of the instrument of {region} has passed; it applies until a new one is "
        "entered",
    ),
}


def warned(code: WarningCode, **blanks: object) -> DeskWarning:
    """Return the warning, its blanks filled in."""
    return DeskWarning(code=code, text=_SENTENCES[code].zh.format(**blanks))


def warning_en(warning: DeskWarning) -> str:
    """Return a warning in English; its Chinese where that is of another release.

    A verdict keeps its warnings in Chinese alone: its bytes are replayed.
    """
    sentence = _SENTENCES[warning.code]
    form = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(sentence.zh))
    said = re.fullmatch(form, warning.text)
    return sentence.en.format(**said.groupdict()) if said else warning.text
