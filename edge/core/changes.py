"""What parts a bill as it was shown from the bill as it is ruled now. Decides nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from edge.core.adjudication import RuledLine, Ruling
from edge.core.errors import Words
from edge.core.money import yuan

CHANGES_MAX = 100
"""Of more changes the first are told: totals before lines, lines in the bill's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is not as it was shown: ``what`` names it, None is "not there".

    ``total_fen``, ``lines.L1`` (a line came or went), ``lines.L1.fund_fen``, ``refused.L1``,
    ``verdict.decision``.
    """

    what: str
    before: int | str | None
    after: int | str | None


def changes(before: Ruling | None, after: Ruling) -> tuple[Change, ...]:
    """Return how ``after`` differs; of what nobody remembers (None) only the sums now are told."""
    if before is None:
        return tuple(Change(what=name, before=None, after=getattr(after, name)) for name in _SUMS)
    return tuple(islice(_changes(before, after), CHANGES_MAX))


def in_words(told: tuple[Change, ...]) -> Words:
    """Say in a sentence what changed: the sums in yuan, then the lines by their ids."""
    sums = [(one, _NAMES[one.what]) for one in told if one.what in _NAMES]
    lines = list(dict.fromkeys(one.what.split(".")[1] for one in told if "." in one.what))
    zh = [f"{name.zh} {_moved(one)} 元" for one, name in sums]
    en = [f"{name.en} {_moved(one)} yuan" for one, name in sums]
    if lines:
        named = ", ".join(lines[:_LINES_NAMED])
        zh.append(f"明细 {named}" + (f" 等 {len(lines)} 条" if lines[_LINES_NAMED:] else ""))
        more = f" and {len(lines) - _LINES_NAMED} more" if lines[_LINES_NAMED:] else ""
        en.append(f"lines {named}{more}")
    return Words("；".join(zh), "; ".join(en))


_SUMS = ("total_fen", "fund_fen", "personal_fen")
_NAMES = {
    "total_fen": Words("费用总额", "total"),
    "fund_fen": Words("基金支付", "fund"),
    "personal_fen": Words("个人负担", "personal"),
}
_LINES_NAMED = 5
_OF_A_LINE = ("amount_fen", "fund_fen", "personal_fen", "bucket", "reason", "catalogue_row")


def _changes(before: Ruling, after: Ruling) -> Iterator[Change]:
    yield from _unlike("", before, after, _SUMS)
    were, are = ({line.id: line for line in ruling.lines} for ruling in (before, after))
    for line_id in {**were, **are}:
        yield from _line(f"lines.{line_id}", were.get(line_id), are.get(line_id))
    then, now = ({line.id: line.code for line in ruling.refused} for ruling in (before, after))
    for line_id in {**then, **now}:
        if then.get(line_id) != now.get(line_id):
            yield Change(
                what=f"refused.{line_id}", before=then.get(line_id), after=now.get(line_id)
            )


def _line(what: str, before: RuledLine | None, after: RuledLine | None) -> Iterator[Change]:
    if before and after:
        yield from _unlike(f"{what}.", before, after, _OF_A_LINE)
    else:
        yield Change(
            what=what,
            before=before.amount_fen if before else None,
            after=after.amount_fen if after else None,
        )


def _moved(change: Change) -> str:
    """Write a sum before and after; of what nobody remembers, the sum now alone."""
    sums = [yuan(fen) for fen in (change.before, change.after) if isinstance(fen, int)]
    return " → ".join(sums)


def _unlike(prefix: str, before: object, after: object, names: tuple[str, ...]) -> Iterator[Change]:
    for name in names:
        was, becomes = getattr(before, name), getattr(after, name)
        if was != becomes:
            yield Change(what=f"{prefix}{name}", before=was, after=becomes)
