"""What came down, kept in the caller's database: each dispatch once, in order, until it is applied.

Checks and keeps; knows no business and opens no transaction. States: ``received`` → ``applied`` |
``waiting`` (it could not be applied; a person looks) → … | ``set_aside``; ``kept``: of a kind that
this release does not know.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from sync.dispatch import Dispatch, DispatchKind, Page, open_dispatch
from sync.draft import Rows
from sync.envelope import PublicKey, digest
from sync.errors import SEAL_BROKEN, BadEnvelope, OutboxConflict, Reason
from sync.message import Row, Sealer, moment_of, stored

PAGE_MAX = 500
NOTE_MAX = 500
KNOWN_KINDS = frozenset(kind.value for kind in DispatchKind)

SCHEMA = """\
create table inbox (
    seq integer primary key check (seq >= 1),
    id text not null unique check (length(id) between 1 and 64),
    kind text not null,
    order_key text not null,
    moment text not null,
    sha256 text not null check (length(sha256) = 64),
    signed_sealed blob not null,
    received_at text not null,
    state text not null check (state in ('received', 'applied', 'waiting', 'kept', 'set_aside')),
    code text,
    tries integer not null default 0 check (tries >= 0),
    ended_at text,
    ended_by text,
    note_sealed blob,
    check ((state in ('applied', 'set_aside')) = (ended_at is not null))
) strict;
create index inbox_by_state on inbox (state, seq);
create index inbox_by_order_key on inbox (order_key, seq);
create trigger inbox_is_kept before delete on inbox
begin
    select raise(abort, 'what came down is never deleted');
end;
create trigger inbox_says_the_same
before update of seq, id, kind, order_key, moment, sha256, signed_sealed, received_at on inbox
begin
    select raise(abort, 'what came down is never altered');
end;
create trigger inbox_ends_once before update of state on inbox
when old.state in ('applied', 'set_aside')
begin
    select raise(abort, 'what was applied stays applied');
end;
"""


class InboxState(StrEnum):
    """Where a dispatch is."""

    RECEIVED = "received"
    APPLIED = "applied"
    WAITING = "waiting"
    KEPT = "kept"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A dispatch as a screen shows it; ``code`` says why it waits."""

    seq: int
    id: str
    kind: str
    order_key: str
    state: InboxState
    moment: datetime
    received_at: datetime
    code: str | None
    tries: int
    ended_at: datetime | None
    ended_by: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a page: how many were new, and why the rest was refused, if it was."""

    new: int
    refused: Reason | None = None


class Inbox:
    """Checks, seals and keeps dispatches. Every method runs in the caller's open transaction."""

    def __init__(
        self, sealer: Sealer, public_keys: Mapping[str, PublicKey], *, facility: str
    ) -> None:
        self._sealer = sealer
        self._public_keys = public_keys
        self._facility = facility

    @property
    def is_open(self) -> bool:
        """Whether the site knows a key of the platform's: without one nothing can be believed."""
        return bool(self._public_keys)

    def cursor(self, db: Rows) -> int:
        """Return the number of the newest dispatch kept; 0 when there is none."""
        [row] = db.query("select coalesce(max(seq), 0) as newest from inbox", [])
        return int(row["newest"])

    def take(self, db: Rows, page: Page, now: datetime) -> Taken:
        """Keep what is new in a page, in the platform's own order, up to the first bad one.

        What was kept before is passed over. What cannot be believed, is another facility's, says
        something else under an old number, or leaves a gap is refused with all after it: it is
        asked for again.
        """
        opened, problem = self._opened(page.signed)
        cursor = newest = self.cursor(db)
        for dispatch, signed in sorted(opened, key=lambda one: one[0].seq):
            reason = self._objection(db, dispatch, signed, newest)
            if reason:
                return Taken(newest - cursor, reason)
            if dispatch.seq == newest + 1:
                self._keep(db, dispatch, signed, now)
                newest += 1
        if problem is None and page.newest < cursor:
            problem = INBOX_ROLLED_BACK
        return Taken(newest - cursor, problem)

    def next_due(
        self, db: Rows, *, after: int, known: Collection[str] = KNOWN_KINDS
    ) -> tuple[int, Dispatch | Reason] | None:
        """Return the next dispatch to apply behind number ``after``, with its number.

        One whose order key has an earlier one that waits is not due: order is kept. One that
        cannot be opened (changed, or another key) is told by its reason, and holds up no other.
        """
        marks = ", ".join("?" for _ in known)
        rows = list(db.query(_DUE.format(marks=marks), [after, *sorted(known)]))
        if not rows:
            return None
        [row] = rows
        try:
            signed = self._sealer.unseal(row["signed_sealed"], _place(row["id"]))
            return int(row["seq"]), open_dispatch(signed, self._public_keys)
        except Exception:  # noqa: BLE001 - whatever a sealer raises, only this matter is held up
            return int(row["seq"]), SEAL_BROKEN

    def record_applied(self, db: Rows, dispatch_id: str, now: datetime) -> None:
        """Write down that it was applied; call it in the transaction that applies it."""
        db.execute(
            "update inbox set state = 'applied', code = null, tries = tries + 1, ended_at = ?,"
            " ended_by = 'system' where id = ?",
            [stored(now), dispatch_id],
        )

    def record_waiting(self, db: Rows, seq: int, code: str) -> None:
        """Write down why it could not be applied; it is tried again and a person is shown."""
        db.execute(
            "update inbox set state = 'waiting', code = ?, tries = tries + 1 where seq = ?",
            [code, seq],
        )

    def set_aside(
        self, db: Rows, dispatch_id: str, *, note: str, operator: str, now: datetime
    ) -> Received:
        """Note how a dispatch that waits (or is of an unknown kind) was dealt with by a person.

        Raises:
            OutboxConflict: DISPATCH_NOT_FOUND; DISPATCH_STATE, when it does not wait.
        """
        found = self.get(db, dispatch_id)
        if found.state not in {InboxState.WAITING, InboxState.KEPT}:
            raise OutboxConflict(DISPATCH_STATE, field="state")
        sealed = self._sealer.seal(note[:NOTE_MAX].encode(), _note_place(dispatch_id))
        db.execute(
            "update inbox set state = 'set_aside', ended_at = ?, ended_by = ?, note_sealed = ?"
            " where id = ?",
            [stored(now), operator, sealed, dispatch_id],
        )
        return self.get(db, dispatch_id)

    def get(self, db: Rows, dispatch_id: str) -> Received:
        """Return one dispatch.

        Raises:
            OutboxConflict: DISPATCH_NOT_FOUND.
        """
        rows = list(db.query("select * from inbox where id = ?", [dispatch_id]))
        if not rows:
            raise OutboxConflict(DISPATCH_NOT_FOUND, field="id")
        return self._received(rows[0])

    def body(self, db: Rows, dispatch_id: str) -> bytes:
        """Return what a dispatch says, as JSON; it may name a person.

        Raises:
            OutboxConflict: DISPATCH_NOT_FOUND.
        """
        self.get(db, dispatch_id)
        [row] = db.query("select id, signed_sealed from inbox where id = ?", [dispatch_id])
        signed = self._sealer.unseal(row["signed_sealed"], _place(row["id"]))
        return open_dispatch(signed, self._public_keys).body

    def page(
        self, db: Rows, *, state: InboxState | None = None, limit: int = 50
    ) -> tuple[Received, ...]:
        """Return the newest dispatches, newest first."""
        only = state.value if state else None
        sql = "select * from inbox where ? is null or state = ? order by seq desc limit ?"
        rows = db.query(sql, [only, only, min(limit, PAGE_MAX)])
        return tuple(self._received(row) for row in rows)

    def _opened(
        self, signed: Iterable[bytes]
    ) -> tuple[list[tuple[Dispatch, bytes]], Reason | None]:
        opened: list[tuple[Dispatch, bytes]] = []
        problem = None
        for one in signed:
            try:
                opened.append((open_dispatch(one, self._public_keys), one))
            except BadEnvelope as wrong:
                problem = wrong.reason
        return opened, problem

    def _objection(self, db: Rows, dispatch: Dispatch, signed: bytes, newest: int) -> Reason | None:
        if dispatch.facility != self._facility:
            return DISPATCH_OF_ANOTHER
        sql = "select seq, id, sha256 from inbox where seq = ? or id = ?"
        for row in list(db.query(sql, [dispatch.seq, dispatch.id])):
            if (row["seq"], row["id"], row["sha256"]) != (
                dispatch.seq,
                dispatch.id,
                digest(signed),
            ):
                return DISPATCH_CHANGED
        return INBOX_GAP if dispatch.seq > newest + 1 else None

    def _keep(self, db: Rows, dispatch: Dispatch, signed: bytes, now: datetime) -> None:
        known = dispatch.kind in KNOWN_KINDS
        db.execute(
            "insert into inbox (seq, id, kind, order_key, moment, sha256, signed_sealed,"
            " received_at, state) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                dispatch.seq,
                dispatch.id,
                dispatch.kind,
                dispatch.order_key,
                stored(dispatch.moment),
                digest(signed),
                self._sealer.seal(signed, _place(dispatch.id)),
                stored(now),
                (InboxState.RECEIVED if known else InboxState.KEPT).value,
            ],
        )

    def _received(self, row: Row) -> Received:
        note = row["note_sealed"]
        return Received(
            seq=row["seq"],
            id=row["id"],
            kind=row["kind"],
            order_key=row["order_key"],
            state=InboxState(row["state"]),
            moment=datetime.fromisoformat(row["moment"]),
            received_at=datetime.fromisoformat(row["received_at"]),
            code=row["code"],
            tries=row["tries"],
            ended_at=moment_of(row["ended_at"]),
            ended_by=row["ended_by"],
            note=self._sealer.unseal(note, _note_place(row["id"])).decode() if note else None,
        )


# A kind that was unknown when it came is due once a later release knows it.
_DUE = """\
select head.* from inbox as head
where head.seq > ? and head.state in ('received', 'waiting', 'kept') and head.kind in ({marks})
and not exists (
    select 1 from inbox as earlier
    where earlier.order_key = head.order_key and earlier.seq < head.seq
    and earlier.state in ('received', 'waiting')
)
order by head.seq limit 1"""


def _place(dispatch_id: str) -> str:
    return f"inbox.signed:{dispatch_id}"


def _note_place(dispatch_id: str) -> str:
    return f"inbox.note:{dispatch_id}"


_not_taken = partial(
    Reason,
    next_action="未收下，系统会再次索取；反复出现时联系平台技术支持",
    next_action_en="not taken, and asked for again; if this lasts, call the platform's support",
)

DISPATCH_OF_ANOTHER = _not_taken(
    code="DISPATCH_OF_ANOTHER",
    text="下行报文不是发给本机构的",
    text_en="a dispatch is another facility's",
)
DISPATCH_CHANGED = Reason(
    code="DISPATCH_CHANGED",
    text="平台以旧编号发来内容不同的下行报文",
    text_en="an old number says something else now",
    next_action="以先收到的为准；请联系平台技术支持核对",
    next_action_en="what came first counts; ask the platform's support to compare",
)
INBOX_GAP = _not_taken(
    code="INBOX_GAP",
    text="下行报文编号不连续，缺少之前的报文",
    text_en="the dispatches leave a gap",
)
INBOX_ROLLED_BACK = Reason(
    code="INBOX_ROLLED_BACK",
    text="平台的下行报文少于本机已收到的",
    text_en="the platform has fewer dispatches than were received from it",
    next_action="已收到的照常有效；请平台技术支持核对其数据",
    next_action_en="what was received stands; ask the platform's support to check their data",
)
DISPATCH_NOT_FOUND = Reason(
    code="DISPATCH_NOT_FOUND",
    text="没有该编号的下行报文",
    text_en="there is no dispatch with this id",
    next_action="刷新列表后重新选择",
    next_action_en="reload the list and choose again",
)
DISPATCH_STATE = Reason(
    code="DISPATCH_STATE",
    text="该下行报文当前不等待人工处理",
    text_en="the dispatch does not wait for a person",
    next_action="刷新后查看最新状态",
    next_action_en="reload and look",
)
