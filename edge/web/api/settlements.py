"""A settlement: what it is now, and its reversal by two persons."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, assert_never

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from edge.core.reversal import REASON_LENGTH_MAX, Reversal
from edge.steps.reverse import REVERSERS, AlreadyReversed, Request, reverse
from edge.store.names import NAME_LENGTH_MAX
from edge.store.operators import Role, Scope
from edge.store.reversals import reversal_of
from edge.store.settlements import load_settlement
from edge.web.api.receipts import KEY, Receipt, receipt
from edge.web.desk import Desk
from edge.web.problems import Problem
from edge.web.rooms import api_room
from edge.web.security import Caller, require

Reads = Annotated[
    Caller,
    Depends(require(Role.ADMISSION, Role.DISCHARGE, Role.FITTING, Role.FINANCE, Scope.READ)),
]
Reverses = Annotated[Caller, Depends(require(*frozenset().union(*REVERSERS.values())))]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SecondPerson(_Body):
    """The colleague who stands beside: their own account and password, typed by themselves."""

    name: str = Field(min_length=1, max_length=NAME_LENGTH_MAX)
    password: SecretStr


class ReversalForm(_Body):
    """Why, the caller's own password again, and the second person."""

    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=REASON_LENGTH_MAX),
    ]
    password: SecretStr
    second_person: SecondPerson


class Reversed(BaseModel):
    """A reversal; ``operator`` pressed, ``second_person`` stood beside."""

    id: str
    settlement: str
    reason: str
    operator: str
    second_person: str
    reversed_at: datetime
    entry_sheet: str | None


class SettlementNow(Receipt):
    """A settlement and whether it still counts."""

    effective: bool
    reversal: Reversed | None


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of a settlement."""
    routes = api_room("settlements", at="/settlements")
    site = desk.site

    @routes.get("/{settlement}")
    def one(_caller: Reads, settlement: str) -> SettlementNow:
        """Return one settlement, effective or reversed."""
        db = site.store.read()
        found = receipt(load_settlement(db, site.vault, settlement))
        undone = reversal_of(db, site.vault, settlement)
        return SettlementNow(
            **found.model_dump(),
            effective=undone is None,
            reversal=_reversed(undone) if undone else None,
        )

    @routes.post("/{settlement}/reversal", status_code=201, response_model=Reversed)
    def reversal(
        caller: Reverses,
        settlement: str,
        given: ReversalForm,
        idempotency_key: Annotated[str, Header(description=KEY)] = "",
    ) -> Reversed | Response:
        """Undo a settlement: both persons prove themselves, nothing is deleted.

        409 ALREADY_REVERSED carries what was done before in ``reversal``.
        """
        request = Request(
            settlement=settlement,
            key=idempotency_key,
            reason=given.reason,
            password=given.password.get_secret_value(),
            second_person=given.second_person.name,
            second_password=given.second_person.password.get_secret_value(),
        )
        outcome = reverse(site, request, caller.name)
        case = load_settlement(site.store.read(), site.vault, settlement).case
        desk.changed(case.kind, case.id)
        match outcome:
            case Reversal():
                return _reversed(outcome)
            case AlreadyReversed(winner):
                return _already_reversed(winner)
            case _:
                assert_never(outcome)

    return routes


def _reversed(reversal: Reversal) -> Reversed:
    return Reversed(
        id=reversal.id,
        settlement=reversal.settlement_id,
        reason=reversal.reason,
        operator=reversal.operator,
        second_person=reversal.second_person,
        reversed_at=reversal.reversed_at,
        entry_sheet=reversal.entry_sheet_id,
    )


def _already_reversed(winner: Reversal) -> Response:
    problem = Problem(
        status=HTTPStatus.CONFLICT,
        code="ALREADY_REVERSED",
        detail="该结算已经冲正，未重复冲正",
        detail_en="this settlement is reversed already; it was not reversed twice",
        next_action="查看随附的冲正记录；可重新结算或转手工报销",
        next_action_en="see the reversal that comes with this answer; settle again or go to manual",
        field="Idempotency-Key",
    )
    return problem.response(reversal=_reversed(winner).model_dump(mode="json"))
