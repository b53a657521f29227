"""Claim in, ClaimResponse out: a predetermination is a preview, a claim is a settlement."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from edge.core.adjudication import RuledLine
from edge.core.cases import CaseKind, CaseRef
from edge.core.charges import Charge
from edge.site.rulings import Ruled
from edge.steps.settle import Request
from edge.store.settlements import Settlement
from edge.web.fhir.reading import (
    Concept,
    Extension,
    Identifier,
    Money,
    Quantity,
    Reference,
    coded,
    value_of,
)
from edge.web.fhir.resources import Read, wrong_field
from edge.web.fhir.words import (
    ADJUDICATION,
    CLAIM_TYPE,
    CODE,
    FITTING,
    IDENTIFICATION,
    INFORMATION,
    LINE,
    REASON,
    REGION,
    RELATION,
    REVERSES,
    SETTLEMENT,
    SHARE,
    STAY,
    Json,
    concept,
    money,
    named,
    text_extension,
)

OVERDUE = "overdue_reason"
RELATIONS: Mapping[str, bool] = {"injury": True, "other": False}
_CASES = {STAY: CaseKind.STAY, FITTING: CaseKind.FITTING}
_LINES_MAX = 20_000


class _Insurance(Read):
    coverage: Reference
    preAuthRef: tuple[str, ...] = ()  # noqa: N815 - FHIR's name


class _Information(Read):
    category: Concept
    valueString: str = Field(default="", max_length=400)  # noqa: N815 - FHIR's name


class _Item(Read):
    id: str = ""
    sequence: int
    extension: tuple[Extension, ...] = ()
    productOrService: Concept  # noqa: N815 - FHIR's name
    programCode: tuple[Concept, ...] = ()  # noqa: N815 - FHIR's name
    servicedDate: date | None = None  # noqa: N815 - FHIR's name
    quantity: Quantity | None = None
    unitPrice: Money | None = None  # noqa: N815 - FHIR's name
    net: Money | None = None


class ClaimGiven(Read):
    """What we use of a Claim: the case, the card read again, the lines that are new."""

    use: Literal["predetermination", "claim"]
    identifier: tuple[Identifier, ...] = ()
    patient: Reference
    insurance: tuple[_Insurance, ...] = Field(min_length=1, max_length=1)
    supportingInfo: tuple[_Information, ...] = ()  # noqa: N815 - FHIR's name
    item: tuple[_Item, ...] = Field(default=(), max_length=_LINES_MAX)

    @property
    def paths(self) -> dict[str, str]:
        """Where each line stands, by its id."""
        return {one.id: f"Claim.item[{n}]" for n, one in enumerate(self.item)}


def case_of(given: ClaimGiven) -> CaseRef:
    """Return the stay or fitting that the claim is about.

    Raises:
        BadInput: FHIR_FIELD.
    """
    system, value = value_of(given.patient, tuple(_CASES), "Claim.patient")
    return CaseRef(_CASES[system], value)


def lines_of(given: ClaimGiven) -> list[Charge]:
    """Return the charge lines that come with the claim.

    Raises:
        BadInput: FHIR_FIELD.
    """
    return [_line(one, f"Claim.item[{n}]") for n, one in enumerate(given.item)]


def request_of(given: ClaimGiven, *, key: str) -> Request:
    """Return what settles; ``key`` from the header, else the claim's own identifier.

    Raises:
        BadInput: FHIR_FIELD.
    """
    insurance = given.insurance[0]
    shown = insurance.coverage.identifier
    if shown.value:
        value_of(insurance.coverage, (IDENTIFICATION,), "Claim.insurance[0].coverage")
    told = [
        one.valueString
        for n, one in enumerate(given.supportingInfo)
        if coded(one.category, INFORMATION, f"Claim.supportingInfo[{n}].category") == OVERDUE
    ]
    return Request(
        case=case_of(given),
        key=key or next((one.value for one in given.identifier if one.value), ""),
        identification=shown.value or None,
        overdue_reason=told[0] if told else "",
        preview=insurance.preAuthRef[0] if insurance.preAuthRef else "",
    )


def previewed(given: ClaimGiven, outcome: Ruled, *, tag: str, region: str, at: datetime) -> Json:
    """Return what the bill comes to; ``preAuthRef`` holds a settlement to it."""
    ruling = outcome.ruling
    codes = {line.id: line.code for line in outcome.bill.lines}
    sequences = {one.id: one.sequence for one in given.item}
    mine = [line for line in ruling.lines if line.id in sequences]
    others = [line for line in ruling.lines if line.id not in sequences]
    items = [{"itemSequence": sequences[one.id], "adjudication": _split(one)} for one in mine]
    added = [
        {
            "extension": [text_extension(LINE, one.id)],
            "productOrService": concept(CODE, codes.get(one.id, "")),
            "adjudication": _split(one),
        }
        for one in others
    ]
    response = _response(case_of(given), "predetermination", region, at)
    totals = _totals(ruling.total_fen, ruling.fund_fen, ruling.personal_fen)
    return (
        response
        | {"preAuthRef": tag, "total": totals}
        | ({"item": items} if items else {})
        | ({"addItem": added} if added else {})
    )


def settled(settlement: Settlement, *, region: str) -> Json:
    """Return a settlement's receipt."""
    response = _response(settlement.case, "claim", region, settlement.settled_at)
    totals = _totals(settlement.total_fen, settlement.fund_fen, settlement.personal_fen)
    return response | {
        "id": settlement.id,
        "identifier": [{"system": SETTLEMENT, "value": settlement.id}],
        "disposition": settlement.basis,
        "total": totals,
    }


def _response(case: CaseRef, use: str, region: str, at: datetime) -> Json:
    system = STAY if case.kind is CaseKind.STAY else FITTING
    return {
        "resourceType": "ClaimResponse",
        "status": "active",
        "type": concept(CLAIM_TYPE, "institutional"),
        "use": use,
        "patient": named(system, case.id),
        "created": at.isoformat(),
        "insurer": named(REGION, region),
        "outcome": "complete",
    }


def _totals(total_fen: int, fund_fen: int, personal_fen: int) -> list[Json]:
    return [
        {"category": concept(ADJUDICATION, "submitted"), "amount": money(total_fen)},
        {"category": concept(ADJUDICATION, "benefit"), "amount": money(fund_fen)},
        {"category": concept(SHARE, "personal"), "amount": money(personal_fen)},
    ]


def _split(line: RuledLine) -> list[Json]:
    why = concept(REASON, line.reason, line.article)
    share = concept(SHARE, line.bucket or "personal")
    return [
        {"category": concept(ADJUDICATION, "submitted"), "amount": money(line.amount_fen)},
        {
            "category": concept(ADJUDICATION, "benefit"),
            "reason": why,
            "amount": money(line.fund_fen),
        },
        {"category": share, "amount": money(line.personal_fen)},
    ]


def _line(item: _Item, path: str) -> Charge:
    product = item.productOrService.coding
    relation = item.programCode[0] if item.programCode else Concept()
    related = coded(relation, RELATION, f"{path}.programCode[0]")
    if related not in RELATIONS:
        raise wrong_field(f"{path}.programCode[0]", " or ".join(RELATIONS))
    said = {"id": item.id, "productOrService": product[0].code if product else ""}
    empty = [name for name, value in said.items() if not value]
    if empty:
        raise wrong_field(f"{path}.{empty[0]}", "required here")
    day, quantity, price, net = item.servicedDate, item.quantity, item.unitPrice, item.net
    if day is None or quantity is None or price is None or net is None:
        raise wrong_field(path, "servicedDate, quantity, unitPrice and net are required here")
    price.require_yuan(f"{path}.unitPrice")
    reverses = (one.valueString for one in item.extension if one.url == REVERSES)
    return Charge(
        id=item.id,
        date=day,
        code=said["productOrService"],
        name=product[0].display,
        quantity=format(quantity.value, "f"),
        price=format(price.value, "f"),
        amount_fen=net.fen(f"{path}.net"),
        injury_related=RELATIONS[related],
        reverses=next(reverses, None),
    )
