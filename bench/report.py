"""The page of figures: what a run of the bench has kept, as a Markdown table and as a plot.

``make bench NAME=… KEEP=1`` keeps its lines in docs/performance.json beside machine, day and load,
and draws table and plot anew from all that is kept. Measures nothing.
"""

import json
import os
import platform
from collections.abc import Iterable, Mapping
from datetime import date
from html import escape
from math import log10
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
KEPT, PAGE, PLOT = (DOCS / f"performance.{end}" for end in ("json", "md", "svg"))

BEGIN, END = "<!-- figures: make bench KEEP=1 -->", "<!-- end of figures -->"

TARGETS = {
    "card": 1.3,
    "card-event": 1.2,
    "list-lookup": 2.0,
    "list-cold": 4.0,
    "list-load": 0.5,
    "list-delta": 0.10,
    "verify": 1.5,
    "adjudicate": 2.0,
    "settle": 2.0,
    "commit": 1.5,
    "sync": 1.0,
    "sync-bytes": 0.18,
    "chain": 1.5,
    "document": 1.2,
    "start": 40.0,
    "group": 2.0,
}
"""Ours divided by the floor's, at most. ``memory`` and ``desk`` have theirs in MB and ms."""

OF_WORKS = {("settle", "100 lines"): 1.5}
"""Of these works, by name and beginning, another one."""

ABSOLUTE = {"memory": "80 MB", "desk": "300 ms; 150 MB"}

Line = dict[str, Any]

_ROW, _LEFT, _WIDTH, _TOP = 22, 430, 900, 48
_DECADES = (-2, -1, 0, 1, 2, 3)
_MS = 1000


def keep(lines: Iterable[Line], *, today: date, load: float) -> None:
    """Put the lines in the place of earlier ones of the same work, and draw page and plot anew."""
    known = {_of(line): line for line in kept()}
    stamp = {"date": today.isoformat(), "load": round(load, 1), "machine": machine()}
    known |= {_of(line): {**line, **stamp} for line in lines}
    ordered = [known[what] for what in sorted(known)]
    KEPT.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), ordered), encoding="utf-8")
    PLOT.write_text(plot(ordered), encoding="utf-8")


def kept() -> list[Line]:
    """Return what was kept, nothing where there is no file yet."""
    if not KEPT.exists():
        return []
    lines: list[Line] = json.loads(KEPT.read_text(encoding="utf-8"))
    return lines


def machine() -> str:
    """Say what the figures were taken on: processors, system, interpreter."""
    return f"{os.cpu_count()} × {platform.machine()}, Python {platform.python_version()}"


def target_of(line: Line) -> float | None:
    """Return what a line's ratio may be at most; None: it has no such target."""
    name, work = line["name"], line["work"]
    own = [most for (of, start), most in OF_WORKS.items() if of == name and work.startswith(start)]
    return own[0] if own else TARGETS.get(name)


def with_table(page: str, lines: Iterable[Line]) -> str:
    """Return the page with the table in its place."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{table(lines)}{END}{rest.partition(END)[2]}"


def table(lines: Iterable[Line]) -> str:
    """Return the figures as Markdown, one row a work, and how each grows."""
    lines = list(lines)
    rows = [line for line in lines if "growth" not in line]
    grown = [line for line in lines if "growth" in line]
    text = "\n| name | work | ours | floor | ratio | target | taken | load |\n"
    text += "|---|---|---|---|---|---|---|---|\n" + "".join(map(_row, rows))
    if grown:
        text += "\n| name | grows as size to the power of | from | to |\n|---|---|---|---|\n"
        text += "".join(
            f"| `{one['name']}` | {one['growth']:.2f} | {one['from']:,} | {one['to']:,} |\n"
            for one in grown
        )
    machines = ", ".join(sorted({line["machine"] for line in lines}))
    return f"{text}\nTaken on {machines}.\n"


def plot(lines: Iterable[Line]) -> str:
    """Return the ratios as bars on a scale of powers of ten, a stroke where the target is."""
    rows = [line for line in lines if "growth" not in line]
    height = _TOP + _ROW * len(rows) + 20
    frame = f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="12" role="img"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {frame}>',
        "<title>ours ÷ floor</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        '<text x="10" y="20" font-size="14">Ours ÷ floor; the stroke is the target</text>',
        *(_decade(power, height) for power in _DECADES),
        *(_bar(number, line) for number, line in enumerate(rows)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _of(line: Mapping[str, Any]) -> tuple[str, str]:
    if "growth" in line:
        return str(line["name"]), f"~{line['from']:012}-{line['to']:012}"
    # What a run happened to come to is no other work.
    return str(line["name"]), str(line["work"])


def _row(line: Line) -> str:
    ours, floor = (_shown(line, whose) for whose in ("ours", "floor"))
    ratio = f"{line['ratio']:g}"
    load = f"{line['load']:g}"
    return (
        f"| `{line['name']}` | {line['work']} | {ours} | {floor} | {ratio} | {_target(line)} |"
        f" {line['date']} | {load} |\n"
    )


def _shown(line: Line, whose: str) -> str:
    if f"{whose}_bytes" in line:
        return f"{line[f'{whose}_bytes'] / 1_000_000:.3g} MB"
    if f"{whose}_pct" in line:
        return f"{line[f'{whose}_pct']:.3g} %"
    taken_ms = line[f"{whose}_ms"]
    return f"{taken_ms:.3g} ms" if taken_ms < _MS else f"{taken_ms / _MS:.3g} s"


def _target(line: Line) -> str:
    target = target_of(line)
    return ABSOLUTE.get(line["name"], "–") if target is None else f"{target:g}"


def _x(ratio: float) -> float:
    low, high = _DECADES[0], _DECADES[-1]
    share = (min(max(log10(ratio), low), high) - low) / (high - low)
    return round(_LEFT + share * (_WIDTH - _LEFT - 60), 1)


def _decade(power: int, height: int) -> str:
    x = _x(10.0**power)
    return (
        f'<line x1="{x}" y1="30" x2="{x}" y2="{height - 16}" stroke="#ddd"/>'
        f'<text x="{x}" y="42" text-anchor="middle" fill="#666">{10.0**power:g}</text>'
    )


def _bar(number: int, line: Line) -> str:
    y, one, end = _TOP + _ROW * number, _x(1.0), _x(line["ratio"])
    target = target_of(line)
    missed = target is not None and line["ratio"] > target
    colour = "#b3452c" if missed else "#2c6fb3"
    said = escape(f"{line['name']}: {line['work']}"[:62])
    stroke = ""
    if target is not None:
        x = _x(target)
        stroke = f'<line x1="{x}" y1="{y}" x2="{x}" y2="{y + 16}" stroke="#000" stroke-width="2"/>'
    return (
        f'<text x="10" y="{y + 12}">{said}</text>'
        f'<rect x="{min(one, end)}" y="{y + 2}" width="{round(abs(end - one), 1)}" height="12"'
        f' fill="{colour}"/>{stroke}'
        f'<text x="{max(one, end) + 4}" y="{y + 12}" fill="#333">{line["ratio"]:g}</text>'
    )
