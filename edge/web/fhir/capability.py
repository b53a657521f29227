"""CapabilityStatement: what of FHIR is spoken here."""

from datetime import datetime

from edge.web.fhir.words import MEDIA_TYPE, Json

SPOKEN = {
    "CoverageEligibilityRequest": ("create",),
    "Claim": ("create",),
    "PaymentReconciliation": ("read",),
}
"""Resource: its interactions."""


def capabilities(*, at: datetime, facility: str) -> Json:
    """Return the statement."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": at.isoformat(),
        "publisher": facility,
        "kind": "instance",
        "implementation": {"description": "Injury desk edge"},
        "fhirVersion": "4.3.0",
        "format": [MEDIA_TYPE],
        "rest": [
            {
                "mode": "server",
                "security": {"description": "Authorization: Bearer, a token of edge tokens"},
                "resource": [
                    {"type": kind, "interaction": [{"code": code} for code in codes]}
                    for kind, codes in SPOKEN.items()
                ],
            }
        ],
    }
