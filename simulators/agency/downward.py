"""What the agency sends down: numbered for each facility, signed, kept until it is asked for."""

from edge import codec
from edge.clock import Clock, FreshId
from edge.store.database import Rows, Store
from simulators.agency.ledger import signing_key
from simulators.platform.answers import Refusal
from sync.dispatch import (
    Dispatch,
    DispatchKind,
    Page,
    open_page_question,
    page_on_the_wire,
    sign_dispatch,
)
from sync.envelope import signer
from sync.errors import BadEnvelope
from sync.keys import PublicKey, key_ring


class Downward:
    """The dispatches of every facility."""

    def __init__(self, store: Store, clock: Clock, ids: FreshId) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._key = signing_key(store)

    @property
    def public_key(self) -> PublicKey:
        """What a facility receives when it registers (``platform.keys``)."""
        return self._key.public()

    def tell(
        self, db: Rows, facility: str, kind: DispatchKind, order_key: str, body: object
    ) -> str:
        """Sign a dispatch and keep it under the facility's next number; return its id."""
        row = db.one(
            "select coalesce(max(seq), 0) + 1 as next from dispatches where facility = ?",
            [facility],
        )
        dispatch = Dispatch(
            id=self._ids(),
            seq=int(row["next"]) if row else 1,
            facility=facility,
            kind=kind,
            order_key=order_key,
            moment=self._clock(),
            body=codec.encode(body),
        )
        db.execute(
            "insert into dispatches (facility, seq, id, signed) values (?, ?, ?, ?)",
            [facility, dispatch.seq, dispatch.id, sign_dispatch(dispatch, self._key).decode()],
        )
        return dispatch.id

    def page(self, signed: bytes, keys: dict[str, PublicKey]) -> bytes | Refusal:
        """Answer a facility that asks for what is new; ``keys`` are by facility."""
        try:
            facility, question = open_page_question(signed, key_ring(*keys.values()))
        except BadEnvelope as wrong:
            return Refusal(code=wrong.code)
        if facility not in keys or keys[facility].kid != signer(signed):
            return Refusal(code="WRONG_SIGNER", field="facility")
        db = self._store.read()
        rows = db.query(
            "select signed from dispatches where facility = ? and seq > ? order by seq limit ?",
            [facility, question.after, question.limit],
        )
        items = tuple(str(row["signed"]).encode() for row in rows)
        newest = db.one(
            "select coalesce(max(seq), 0) as seq from dispatches where facility = ?", [facility]
        )
        return page_on_the_wire(question, Page(items, int(newest["seq"]) if newest else 0))
