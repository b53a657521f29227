"""What the office learns from answers that pass through it: what came down, how old the lists are.

Believes only what the platform signed; names no person. A look that fails costs nobody an answer.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.core.errors import EdgeError
from edge.log import Log
from edge.office.books import Books
from edge.office.campus import Campus
from sync import codec
from sync.dispatch import Dispatch, DispatchKind, open_dispatch
from sync.envelope import PublicKey
from sync.errors import BadEnvelope
from sync.line import Call, Reply

_OK = frozenset({200, 206})
_LIST = re.compile(r"^/v1/lists/[^/]+/(metadata/timestamp\.json|targets/[^/]*manifest\.json)$")
_CLAIM = "claim-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """Notes what passes; ``platform_keys`` are those that sign dispatches."""

    books: Books
    platform_keys: Mapping[str, PublicKey]
    clock: Callable[[], datetime]
    log: Log

    def note(self, campus: Campus, call: Call, reply: Reply) -> None:
        """Note what an answer tells, if it tells anything."""
        if reply.status not in _OK:
            return
        try:
            if call.path == "/v1/inbox":
                self._dispatches(campus, reply.body)
            elif _LIST.match(call.path):
                self._list(campus, call.path, reply.body)
        except codec.NotThisShape:
            return  # not what we know; the campus judges it
        except EdgeError as wrong:
            self.log.warning("passing.not_noted", campus=campus.facility, why=wrong.code)

    def _dispatches(self, campus: Campus, body: bytes) -> None:
        page = codec.decode(body, _Page)
        opened = [one for one in map(self._opened, page.items) if one]
        rows = [
            (campus.facility, one.seq, one.id, one.kind, *_money(one), one.moment, self.clock())
            for one in opened
            if one.facility == campus.facility
        ]
        with self.books.transaction() as db:
            db.execute(_ASKED, [campus.facility, self.clock(), page.newest])
            db.execute_many(_KEEP_DISPATCH, rows)

    def _opened(self, signed: str) -> Dispatch | None:
        try:
            return open_dispatch(signed.encode(), self.platform_keys)
        except BadEnvelope:
            return None

    def _list(self, campus: Campus, path: str, body: bytes) -> None:
        if path.endswith("timestamp.json"):
            with self.books.transaction() as db:
                db.execute(_LIST_ASKED, [campus.facility, self.clock()])
            return
        manifest = codec.decode(body, _Manifest)
        if manifest.facility == campus.facility:
            with self.books.transaction() as db:
                db.execute(_LIST_CAME, [campus.facility, manifest.version, manifest.as_of])


class _Page(codec.Tolerant, frozen=True):
    items: tuple[str, ...]
    newest: codec.Count = 0


class _Manifest(codec.Tolerant, frozen=True):
    version: codec.Count
    facility: str
    as_of: codec.Aware


class _Approved(codec.Tolerant, frozen=True):
    approved_fen: codec.Fen


class _Audit(codec.Tolerant, frozen=True):
    items: tuple[_Approved, ...]


class _Payment(codec.Tolerant, frozen=True):
    amount_fen: codec.Fen


class _Lifted(codec.Tolerant, frozen=True):
    lifted_fen: codec.Fen


def _money(dispatch: Dispatch) -> tuple[str | None, int | None]:
    """Return the month that a dispatch is about and what it approves or pays, in fen."""
    key = dispatch.order_key
    month = key.removeprefix(_CLAIM) if key.startswith(_CLAIM) else None
    match dispatch.kind:
        case DispatchKind.AUDIT_RESULT:
            audit = codec.decode(dispatch.body, _Audit)
            return month, sum(item.approved_fen for item in audit.items)
        case DispatchKind.OBJECTION_ANSWER:
            return month, codec.decode(dispatch.body, _Lifted).lifted_fen
        case DispatchKind.PAYMENT:
            return month, codec.decode(dispatch.body, _Payment).amount_fen
        case _:
            return month, None


_KEEP_DISPATCH = (
    "insert into dispatches (facility, seq, id, kind, month, fen, moment, seen_at)"
    " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (facility, seq) do nothing"
)
_ASKED = (
    "insert into campuses (facility, asked_at, newest_seq) values (%s, %s, %s)"
    " on conflict (facility) do update"
    " set asked_at = excluded.asked_at, newest_seq = excluded.newest_seq"
)
_LIST_ASKED = (
    "insert into campuses (facility, list_asked_at) values (%s, %s)"
    " on conflict (facility) do update set list_asked_at = excluded.list_asked_at"
)
_LIST_CAME = (
    "insert into campuses (facility, list_version, list_as_of) values (%s, %s, %s)"
    " on conflict (facility) do update"
    " set list_version = excluded.list_version, list_as_of = excluded.list_as_of"
    " where campuses.list_version is null or campuses.list_version <= excluded.list_version"
)
