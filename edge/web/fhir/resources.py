"""Resources read and written: what is no FHIR R4B is refused by its FHIRPath, and never sent.

The one importer of ``fhir.resources``, which takes a second: it is imported by the first call.
"""

import json
from decimal import Decimal
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.core.errors import BadInput, Words
from edge.web.fhir.words import Json

Kind = Literal[
    "CapabilityStatement",
    "Claim",
    "ClaimResponse",
    "CoverageEligibilityRequest",
    "CoverageEligibilityResponse",
    "OperationOutcome",
    "PaymentReconciliation",
]


class Read(BaseModel):
    """What we use of a resource; the rest was checked as FHIR and passes unread."""

    model_config = ConfigDict(extra="ignore", frozen=True)


T = TypeVar("T", bound=Read)


def read(body: bytes, kind: Kind, into: type[T]) -> T:
    """Read one resource.

    Raises:
        BadInput: MALFORMED_JSON; FHIR_FIELD, whose ``field`` is the FHIRPath of what is wrong.
    """
    try:
        given = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError) as wrong:
        raise _malformed() from wrong
    said = given.get("resourceType") if isinstance(given, dict) else None
    if said != kind:
        raise wrong_field("resourceType", f"{said} is not {kind}")
    try:
        _model(kind).model_validate(given)
        return into.model_validate(given)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
        raise wrong_field(_path(kind, first["loc"]), first["msg"]) from wrong
    except (ValueError, TypeError, RecursionError) as wrong:
        raise wrong_field(kind, "is no FHIR R4B") from wrong


def written(resource: Json) -> bytes:
    """Check a resource of ours and write it.

    Raises:
        ValidationError: a mistake of ours.
    """
    kind = str(resource["resourceType"])
    said: str = _model(kind).model_validate(resource).model_dump_json(exclude_none=True)
    return said.encode()


def wrong_field(path: str, why: str) -> BadInput:
    """Return the refusal of one element."""
    return BadInput(
        "FHIR_FIELD",
        Words(f"{path} 不符合要求", f"{path}: {why}"),
        Words("按 docs/fhir.md 改正后重新提交", "correct it as docs/fhir.md says, and send again"),
        field=path,
    )


def _model(kind: str) -> Any:  # noqa: ANN401 - a class of a package that is imported late
    from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415 - it takes a second

    return get_fhir_model_class(kind)


def _path(kind: str, place: tuple[int | str, ...]) -> str:
    """Write a place as FHIRPath: ``Claim.item[0].quantity``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return f"{kind}{''.join(steps)}"


def _malformed() -> BadInput:
    return BadInput(
        "MALFORMED_JSON",
        Words("提交的内容不是有效的 JSON", "the body is not valid JSON"),
        Words("改正后重新提交", "correct the body and send it again"),
    )
