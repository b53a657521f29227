"""What stands in quarantine, dealt with by a person: who, why, and second thoughts.

Each act is appended, never altered, and entered in the office's audit. What a person dealt with is
no alarm any more; the same message coming again is one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.core.errors import Conflict, NotFound, Words
from edge.office.books import Rows
from edge.office.opening import Office
from edge.store.vault import Vault

WHY_LENGTH_MAX = 400


class Act(StrEnum):
    """What a person says of a message in quarantine."""

    DEALT_WITH = "dealt_with"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One act on one message in quarantine."""

    number: int
    act: Act
    operator: str
    why: str
    at: datetime


def decide(office: Office, number: int, act: Act, *, why: str, operator: str) -> Deed:
    """Write down that somebody dealt with a message in quarantine, or has thought again.

    The audit is entered first: an entry may tell of what the books then did not keep, never the
    other way round.

    Raises:
        NotFound: QUARANTINE_NOT_FOUND.
        Conflict: QUARANTINE_STATE, when it stands so already.
        Fault: BOOKS_UNAVAILABLE.
    """
    now = office.clock()
    with office.books.transaction() as db:
        row = db.one("select open, code, facility from quarantine where number = %s for update",
                     [number])  # fmt: skip
        if row is None:
            raise _not_found()
        if row["open"] is (act is Act.REOPENED):
            raise _stands_so(act)
        sealed = office.vault.seal(why.encode(), _place(number))
        db.execute(_APPEND, [number, act.value, operator, sealed, now, number])
        db.execute("update quarantine set open = not open where number = %s", [number])
        with office.store.transaction() as accounts:
            office.ledger.enter(
                accounts,
                kind=f"quarantine.{act.value}",
                operator=operator,
                subject=str(number),
                now=now,
                code=row["code"],
                campus=row["facility"],
            )
    return Deed(number=number, act=act, operator=operator, why=why, at=now)


def deeds(db: Rows, vault: Vault, numbers: Sequence[int]) -> Mapping[int, tuple[Deed, ...]]:
    """Return what was said of each of these, oldest first."""
    found: dict[int, tuple[Deed, ...]] = {}
    for row in db.query(_DEEDS, [list(numbers)]):
        number = row["number"]
        deed = Deed(
            number=number,
            act=Act(row["act"]),
            operator=row["operator"],
            why=vault.unseal(bytes(row["why_sealed"]), _place(number)).decode(),
            at=row["at"],
        )
        found[number] = (*found.get(number, ()), deed)
    return found


def _place(number: int) -> str:
    return f"quarantine.why:{number}"


def _not_found() -> NotFound:
    return NotFound(
        "QUARANTINE_NOT_FOUND",
        Words("隔离区没有该编号的报文", "no message of this number is in quarantine"),
        Words("刷新后重新选择", "reload and choose again"),
    )


def _stands_so(act: Act) -> Conflict:
    done = Words("该报文已登记为已处理", "it is marked as dealt with already")
    open_ = Words("该报文正待处理", "it stands open already")
    return Conflict(
        "QUARANTINE_STATE",
        done if act is Act.DEALT_WITH else open_,
        Words("刷新查看是谁登记的", "reload and see who said so"),
    )


_APPEND = (
    "insert into quarantine_deeds (number, nth, act, operator, why_sealed, at)"
    " select %s, coalesce(max(nth), 0) + 1, %s, %s, %s, %s from quarantine_deeds where number = %s"
)
_DEEDS = (
    "select number, act, operator, why_sealed, at from quarantine_deeds"
    " where number = any(%s) order by number, nth"
)
