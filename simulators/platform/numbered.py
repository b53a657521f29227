"""The same platform behind a gateway of numbered transactions (docs/platform-protocol.md).

Unwraps the transaction, asks the intake as the direct paths do, and wraps what it says.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, ValidationError

from edge import codec
from edge.clock import Clock
from simulators.platform.answers import Absent, Answer, Later, Receipt, Refusal, on_the_wire
from simulators.platform.intake import Intake
from sync.dialect import Act
from sync.jws import SIGNED_BYTES_MAX
from sync.numbered import DONE, EARLIER_MISSING, NOT_RECEIVED, PATH, REFUSED, TRANSACTIONS

_BODY_BYTES_MAX = SIGNED_BYTES_MAX + 64 * 1024
_BAD = 400
_ACTS = {number: act for act, number in TRANSACTIONS.items()}


class Transaction(BaseModel):
    """One numbered transaction, as it comes in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    infno: str
    msgid: str
    fixmedins_code: str
    inf_time: str
    infver: str
    input: dict[str, str]


async def _bounded(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_BYTES_MAX:
            return b""
    return bytes(body)


def add_numbered(app: FastAPI, intake: Intake, clock: Clock) -> None:
    """Take numbered transactions, each at its number."""

    @app.post(f"{PATH}/{{number}}")
    def gateway(number: str, body: Annotated[bytes, Depends(_bounded)]) -> Response:
        try:
            asked = Transaction.model_validate_json(body)
        except ValidationError:
            return Response(status_code=_BAD)
        if asked.infno != number:
            return Response(status_code=_BAD)
        return Response(output(intake, asked, clock()), media_type="application/json")


def output(intake: Intake, asked: Transaction, now: datetime) -> bytes:
    """Return what comes back of a transaction."""
    code, sentence, told = performed(intake, asked)
    whole = {
        "infcode": code,
        "inf_refmsgid": asked.msgid,
        "respond_time": now.isoformat(),
        "err_msg": sentence,
        "output": told,
    }
    return codec.encode(whole)


def performed(intake: Intake, asked: Transaction) -> tuple[int, str, Any]:
    """Return code, sentence and output of a transaction."""
    signed = asked.input.get("signed", "").encode()
    questions: dict[Act, Callable[[bytes], dict[str, Any] | Refusal]] = {
        Act.VERIFICATION: intake.inquire,
        Act.CREDENTIAL: intake.resolve,
        Act.CARD_KEY: intake.card_key,
        Act.RECOLLECTION: intake.recollect,
    }
    act = _ACTS.get(asked.infno)
    if act in questions:
        said = questions[act](signed)
        return _answered(said) if isinstance(said, Refusal) else (DONE, "", said)
    if act is Act.MESSAGE:
        return _answered(intake.receive(signed))
    if act is Act.STATUS:
        return _answered(intake.asked_about(signed))
    if act is Act.INBOX and (page := intake.page(signed)) is not None:
        if isinstance(page, Refusal):
            return _answered(page)
        return DONE, "", codec.decode(page, dict[str, Any])
    return REFUSED, f"交易编号 {asked.infno} 不存在", None


def _answered(answer: Answer) -> tuple[int, str, Any]:
    told: dict[str, Any] = codec.decode(on_the_wire(answer)[1], dict[str, Any])
    match answer:
        case Receipt():
            code = DONE
        case Refusal():
            code = REFUSED
        case Later():
            code = EARLIER_MISSING
        case Absent():
            return NOT_RECEIVED, "未收到该报文", None
    return code, told.get("text", ""), told
