"""CoverageEligibilityRequest in, CoverageEligibilityResponse out: the verdict at the desk."""

from dataclasses import dataclass
from typing import Any, Final

from pydantic import Field

from edge import codec
from edge.case.verdict import Asked
from edge.core.stay import ADMITS
from edge.core.verification import Emergency, Moment, Service
from edge.store.verifications import Verification
from edge.web.fhir.reading import Concept, Reference, coded, value_of
from edge.web.fhir.resources import Read, wrong_field
from edge.web.fhir.words import (
    CIRCUMSTANCE,
    DESK,
    IDENTIFICATION,
    REASON,
    REGION,
    SERVICE,
    VERDICT,
    VERIFICATION,
    Json,
    concept,
    named,
    text_extension,
)

KIND: Final = "CoverageEligibilityRequest"
THIRD_PARTY = "third_party"


class _Item(Read):
    category: Concept
    modifier: tuple[Concept, ...] = ()


class EligibilityRequest(Read):
    """What we use of the request: whoever is presented, one service, the circumstances."""

    patient: Reference
    item: tuple[_Item, ...] = Field(min_length=1, max_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Who is meant (an identification, or whoever is presented at a desk), and what is asked."""

    identification: str
    desk: str
    asked: Asked


def question_of(given: EligibilityRequest) -> Question:
    """Return what is asked.

    Raises:
        BadInput: FHIR_FIELD.
    """
    system, value = value_of(given.patient, (IDENTIFICATION, DESK), f"{KIND}.patient")
    item = given.item[0]
    service = _of(Service, coded(item.category, SERVICE, f"{KIND}.item[0].category"), "category")
    if service is Service.DEVICE:
        raise wrong_field(f"{KIND}.item[0].category", "devices are asked for by the JSON API")
    said = [
        coded(one, CIRCUMSTANCE, f"{KIND}.item[0].modifier[{n}]")
        for n, one in enumerate(item.modifier)
    ]
    urgent = [_of(Emergency, one, "modifier") for one in said if one != THIRD_PARTY]
    return Question(
        identification=value if system == IDENTIFICATION else "",
        desk=value if system == DESK else "",
        asked=Asked(
            service=service,
            moment=Moment.ADMISSION,
            emergency=urgent[0] if urgent else None,
            third_party=THIRD_PARTY in said,
        ),
    )


def response_of(verification: Verification) -> Json:
    """Return the verdict as FHIR tells it; ``preAuthRef`` is the verification's id."""
    facts, verdict = verification.facts, verification.verdict
    inforce = verdict.decision in ADMITS
    item: Json = {"category": concept(SERVICE, facts.service), "excluded": not inforce}
    return {
        "resourceType": "CoverageEligibilityResponse",
        "id": verification.id,
        "extension": [_verdict(verification)],
        "status": "active",
        "purpose": ["validation"],
        "patient": named(IDENTIFICATION, verification.identification_id or ""),
        "created": verification.at.isoformat(),
        "request": named(IDENTIFICATION, verification.identification_id or ""),
        "outcome": "complete",
        "disposition": verdict.decision.value,
        "insurer": named(REGION, facts.worker.insured_region),
        "insurance": [
            {
                "coverage": named(VERIFICATION, verification.id),
                "inforce": inforce,
                "item": [item],
            }
        ],
        "preAuthRef": verification.id,
    }


def _verdict(verification: Verification) -> Json:
    verdict = verification.verdict
    said: list[Json] = [
        text_extension("decision", verdict.decision),
        text_extension("basis", verification.basis),
    ]
    if verification.as_of:
        said.append({"url": "as-of", "valueDateTime": verification.as_of.isoformat()})
    said += [_parts("reason", codec.plain(one)) for one in verdict.reasons]
    said += [_parts("warning", codec.plain(one)) for one in verdict.warnings]
    return {"url": VERDICT, "extension": said}


def _parts(name: str, said: dict[str, Any]) -> Json:
    """Return the fields of a reason, each under the name that the API gives it."""
    fields = [text_extension(key, str(value)) for key, value in said.items() if value]
    return {"url": f"{REASON}:{name}", "extension": fields}


def _of(kind: Any, code: str, element: str) -> Any:  # noqa: ANN401 - one of our enums
    try:
        return kind(code)
    except ValueError as wrong:
        known = ", ".join(one.value for one in kind)
        raise wrong_field(f"{KIND}.item[0].{element}", f"one of {known}") from wrong
