"""Take charge lines from the hospital's system, once each, and say at once what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.case.bill import case_ruled
from edge.core.charges import Charge, Refusal, RefusedLine
from edge.core.errors import BadInput, Words
from edge.core.money import FEN_MAX
from edge.core.stay import Stay, StayState, require_state
from edge.site import Site
from edge.store.bills import add_lines, lines_of, say_total
from edge.store.database import Rows
from edge.store.stays import load_stay

LINES_MAX = 20_000
"""Lines of one stay."""

TOTAL_FEN_MAX = LINES_MAX * FEN_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of the lines: how many are new, how many were known, which are refused."""

    accepted: int
    duplicates: int
    refused: tuple[RefusedLine, ...]


def charge(
    site: Site,
    stay_id: str,
    given: Sequence[Charge],
    operator: str,
    *,
    hospital_total_fen: int | None = None,
) -> Received:
    """Keep the lines that are new, and rule the whole bill to tell which cannot stand.

    The same line again is a duplicate and changes nothing. Another line under a known id is
    refused, unless the known one is itself refused: then it is mended. ``hospital_total_fen`` is
    what the hospital's system says the whole bill comes to; it may come without lines.

    Raises:
        BadInput: NO_LINES, TOO_MANY_LINES, BAD_TOTAL.
        Conflict: STAY_STATE, once the stay is settled or gone to manual.
    """
    now = site.clock()
    with site.store.transaction() as db:
        stay = load_stay(db, stay_id)
        require_state(stay, StayState.ADMITTED, StayState.DISCHARGED, StayState.REVERSED)
        known = lines_of(db, site.vault, stay_id)
        _require_some(given, known, hospital_total_fen)
        sorted_out = _sorted(given, known, mendable=_mendable(site, db, stay, given, known))
        if sorted_out.new:
            add_lines(db, site.vault, stay_id, sorted_out.new, now)
        if hospital_total_fen is not None:
            say_total(db, stay_id, hospital_total_fen, said_by=operator, now=now)
        refused = _refused(site, db, stay, known, sorted_out.new)
        site.ledger.enter(
            db,
            kind="charges.received",
            operator=operator,
            subject=stay_id,
            now=now,
            new=len(sorted_out.new),
            duplicates=sorted_out.duplicates,
            refused=len(refused) + len(sorted_out.clashes),
            hospital_total_fen=hospital_total_fen,
        )
    return Received(
        accepted=len(sorted_out.new) - len(refused),
        duplicates=sorted_out.duplicates,
        refused=(*refused, *sorted_out.clashes),
    )


def _mendable(
    site: Site, db: Rows, stay: Stay, given: Sequence[Charge], known: Mapping[str, Charge]
) -> set[str]:
    """Return the ids under which other content may come: those whose line cannot stand as it is.

    Without other content under a known id nothing is ruled: most batches are new lines alone.
    """
    if not any(line.id in known and known[line.id] != line for line in given):
        return set()
    return {line.id for line in case_ruled(site, db, stay, known).ruling.refused}


def _refused(
    site: Site, db: Rows, stay: Stay, known: Mapping[str, Charge], new: list[Charge]
) -> list[RefusedLine]:
    """Return which of the new lines cannot stand; they are ruled with all that came before."""
    if not new:
        return []
    fresh = {line.id: line for line in new}
    whole = case_ruled(site, db, stay, {**known, **fresh})
    return [line for line in whole.ruling.refused if line.id in fresh]


@dataclass(frozen=True, slots=True)
class _Sorted:
    new: list[Charge]
    duplicates: int
    clashes: list[RefusedLine]


def _sorted(given: Sequence[Charge], known: Mapping[str, Charge], *, mendable: set[str]) -> _Sorted:
    new: dict[str, Charge] = {}
    clashes: list[RefusedLine] = []
    duplicates = 0
    for line in given:
        before = new.get(line.id, known.get(line.id))
        if before == line:
            duplicates += 1
        elif before is None or (line.id in mendable and line.id not in new):
            new[line.id] = line
        else:
            clashes.append(_clash(line))
    return _Sorted(list(new.values()), duplicates, clashes)


def _clash(line: Charge) -> RefusedLine:
    return RefusedLine(
        line.id,
        Refusal.DUPLICATE_LINE,
        f"明细号 {line.id} 已上传且内容不同；请用退费行冲销原明细后以新明细号上传",
        f"line {line.id} is known with another content; reverse it and send a new line",
    )


def _require_some(
    given: Sequence[Charge], known: Mapping[str, Charge], hospital_total_fen: int | None
) -> None:
    if hospital_total_fen is not None and not 0 <= hospital_total_fen <= TOTAL_FEN_MAX:
        raise BadInput(
            "BAD_TOTAL",
            Words("医院总额为负数或过大", "the hospital's total is negative or too large"),
            Words("按分填写本次住院的费用总额", "give the whole bill's total in fen"),
            field="hospital_total_fen",
        )
    if not given and hospital_total_fen is None:
        raise BadInput(
            "NO_LINES",
            Words("没有费用明细", "there are no lines"),
            Words("至少上传一条明细", "send at least one line"),
            field="lines",
        )
    # By their ids: a hospital that sends the whole bill again each day sends no line twice.
    if max(len(given), len(known.keys() | {line.id for line in given})) > LINES_MAX:
        raise BadInput(
            "TOO_MANY_LINES",
            Words(f"一次住院最多 {LINES_MAX} 条明细", f"a stay has at most {LINES_MAX} lines"),
            Words("请与信息科核对是否重复上传", "check whether lines were sent twice"),
            field="lines",
        )
