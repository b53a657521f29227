"""The fonts that documents are set in, and where this machine keeps them.

Two, so that no name loses a character: Noto Sans CJK SC for all text, HanaMinB for what it lacks.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from edge.core.errors import Fault, Words

FAMILIES = ("Noto Sans CJK SC", "HanaMinB")

FILES = ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc", "HanaMinB.ttf")
"""What the families come in, as Debian's packages have them."""

PACKAGES = "apt-get install fonts-noto-cjk fonts-hanazono"

PLACES = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
)


def missing_fonts(places: Sequence[Path] = PLACES) -> tuple[str, ...]:
    """Return the font files that are nowhere below ``places``."""
    found = {file.name for file in _found(places)}
    return tuple(name for name in FILES if name not in found)


@cache
def font_folders(places: Sequence[Path] = PLACES) -> tuple[Path, ...]:
    """Return the folders that hold them.

    Raises:
        Fault: FONT_MISSING, naming the files.
    """
    missing = missing_fonts(places)
    if missing:
        names = "、".join(missing)
        raise Fault(
            "FONT_MISSING",
            Words(f"缺少字体文件 {names}，无法生成单据", f"no document without {names}"),
            Words(f"请信息科执行 {PACKAGES} 后重试", f"run {PACKAGES}, then try again"),
        )
    return tuple(sorted({file.parent for file in _found(places)}))


def _found(places: Sequence[Path]) -> Iterator[Path]:
    for place in places:
        for name in FILES:
            yield from place.rglob(name)
