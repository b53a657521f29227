"""What is told of a settlement, whatever was settled: the receipt, and why there is none."""

from datetime import datetime
from http import HTTPStatus

from fastapi import Response
from pydantic import BaseModel

from edge import codec
from edge.core.adjudication import Ruling
from edge.core.cases import CaseKind
from edge.core.changes import Change
from edge.core.settlement import Block
from edge.digest import sha256
from edge.store.settlements import Settlement
from edge.web.problems import Problem

KEY = "required, at most 200 characters; one for each form, the same when you try again"
"""What an endpoint says of its Idempotency-Key."""


class Receipt(BaseModel):
    """A settlement of a stay or of a fitting; money in fen.

    ``entry_sheet`` is what is to be typed of it, in the login channel.
    """

    id: str
    stay: str | None
    fitting: str | None
    verification: str
    total_fen: int
    fund_fen: int
    personal_fen: int
    basis: str
    entry_sheet: str | None
    settled_at: datetime


def receipt(settlement: Settlement) -> Receipt:
    """Return a settlement as the API shows it."""
    case = settlement.case
    return Receipt(
        id=settlement.id,
        stay=case.id if case.kind is CaseKind.STAY else None,
        fitting=case.id if case.kind is CaseKind.FITTING else None,
        verification=settlement.verification_id,
        total_fen=settlement.total_fen,
        fund_fen=settlement.fund_fen,
        personal_fen=settlement.personal_fen,
        basis=settlement.basis,
        entry_sheet=settlement.entry_sheet_id,
        settled_at=settlement.settled_at,
    )


def already_settled(winner: Settlement) -> Response:
    """Return the problem that carries the winner's receipt."""
    return settled_before().response(settlement=receipt(winner).model_dump(mode="json"))


def settled_before() -> Problem:
    """Return the problem that a case was settled before."""
    return Problem(
        status=HTTPStatus.CONFLICT,
        code="ALREADY_SETTLED",
        detail="该业务已经结算，未重复结算",
        detail_en="this case is settled already; it was not settled twice",
        next_action="使用随附的结算回执",
        next_action_en="use the receipt that comes with this answer",
        field="Idempotency-Key",
    )


def previewed_tag(ruling: Ruling) -> str:
    """Return what a settlement can be held to."""
    return sha256(codec.encode(ruling))


def previewed(ruling: Ruling) -> Response:
    """Return a ruling; its ETag is what a settlement can be held to."""
    body = codec.encode(ruling)
    tag = {"ETag": f'"{sha256(body)}"'}
    return Response(body, headers=tag, media_type="application/json")


def blocked(blocks: tuple[Block, ...], changes: tuple[Change, ...] = ()) -> Response:
    """Return the problem that lists all that is in the way, and what is not as previewed."""
    first = blocks[0]
    problem = Problem(
        status=HTTPStatus.CONFLICT,
        code=first.code,
        detail=first.reason.zh,
        detail_en=first.reason.en,
        next_action=first.next_action.zh,
        next_action_en=first.next_action.en,
    )
    return problem.response(blocks=codec.plain(blocks), changes=codec.plain(changes))
