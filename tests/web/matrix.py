"""Who may call what: every endpoint of the service, and the roles and scopes that it lets in."""

from edge.store.documents import OwnerKind
from edge.store.operators import ADMINISTRATORS, DESK_ROLES, Role, Scope
from edge.web.api.documents import ANY, MAY

Grants = frozenset[Role | Scope]

OPEN: Grants = frozenset()
ALL: Grants = frozenset({*Role, *Scope})
ARRIVAL: Grants = frozenset({Role.ADMISSION, Role.DISCHARGE, Role.FITTING})
CLAIMS_READ: Grants = frozenset({Role.FINANCE, Scope.READ})
SYNC: Grants = frozenset({Role.FINANCE, Role.SYSTEM_ADMINISTRATOR})
EVERYBODY: Grants = frozenset(Role)
STAYS_SEEN: Grants = frozenset({Role.ADMISSION, Role.DISCHARGE, Role.FINANCE})
DUE_SEEN: Grants = frozenset({Role.DISCHARGE, Role.FINANCE})
FITTINGS_READ: Grants = frozenset({Role.FITTING, Role.FINANCE, Scope.READ})

MATRIX: dict[str, Grants] = {
    "POST /api/v1/login": OPEN,
    "POST /api/v1/logout": OPEN,
    "POST /api/v1/password": OPEN,  # a session's own: tests/web/test_login.py
    "GET /api/v1/events": ALL,
    "GET /api/v1/readers": frozenset({*Role, Scope.READ}),
    "POST /api/v1/readings": ARRIVAL | {Role.SYSTEM_ADMINISTRATOR},
    "GET /api/v1/presentations": ARRIVAL | {Scope.IDENTIFY, Scope.READ},
    "POST /api/v1/agent/sessions": frozenset({Scope.AGENT}),
    "POST /api/v1/agent/farewells": frozenset({Scope.AGENT}),
    "POST /api/v1/agent/devices": frozenset({Scope.AGENT}),
    "POST /api/v1/agent/card-keys": frozenset({Scope.AGENT}),
    "POST /api/v1/agent/requests": frozenset({Scope.AGENT}),
    "POST /api/v1/agent/answers": frozenset({Scope.AGENT}),
    "POST /api/v1/identifications": ARRIVAL | {Scope.IDENTIFY},
    "POST /api/v1/verifications": ARRIVAL | {Scope.VERIFY},
    "GET /api/v1/verifications/{verification}": ARRIVAL | {Role.FINANCE, Scope.READ, Scope.VERIFY},
    "POST /api/v1/compat/iReadCardBas": frozenset({Scope.CARD}),
    "POST /api/v1/compat/iReadCardBas_HSM_Step1": frozenset({Scope.CARD}),
    "POST /api/v1/compat/iReadCardBas_HSM_Step2": frozenset({Scope.CARD}),
    "POST /api/v1/arrivals": ARRIVAL,  # a token needs two scopes: a test of its own
    "GET /api/v1/stays": frozenset({Role.ADMISSION, Role.DISCHARGE, Role.FINANCE, Scope.READ}),
    "GET /api/v1/stays/due": frozenset({Role.ADMISSION, Role.DISCHARGE, Role.FINANCE, Scope.READ}),
    "GET /api/v1/day-ends/{day}/workbook": frozenset(
        {Role.DISCHARGE, Role.FINANCE, Role.AUDITOR, Scope.READ}
    ),
    "GET /api/v1/day-ends/{day}": frozenset(
        {Role.DISCHARGE, Role.FINANCE, Role.AUDITOR, Scope.READ}
    ),
    "GET /api/v1/stays/{stay}": frozenset(
        {Role.ADMISSION, Role.DISCHARGE, Role.FINANCE, Scope.READ}
    ),
    "POST /api/v1/stays": frozenset({Role.ADMISSION, Scope.ADMIT}),
    "POST /api/v1/stays/{stay}/charges": frozenset({Scope.CHARGE}),
    "GET /api/v1/stays/{stay}/charges": frozenset(
        {Role.DISCHARGE, Role.FINANCE, Scope.READ, Scope.CHARGE}
    ),
    "GET /api/v1/stays/{stay}/charges/report": frozenset(
        {Role.DISCHARGE, Role.FINANCE, Scope.READ, Scope.CHARGE}
    ),
    "POST /api/v1/stays/{stay}/plan": frozenset(
        {Role.ADMISSION, Role.DISCHARGE, Scope.ADMIT, Scope.DISCHARGE}
    ),
    # a person answers for it: no token confirms who somebody is
    "POST /api/v1/verifications/{verification}/confirmation": frozenset(
        {Role.ADMISSION, Role.DISCHARGE, Role.FITTING}
    ),
    "POST /api/v1/stays/{stay}/discharge": frozenset({Role.DISCHARGE, Scope.DISCHARGE}),
    "POST /api/v1/stays/{stay}/preview": frozenset({Role.DISCHARGE, Scope.SETTLE}),
    "POST /api/v1/stays/{stay}/settlement": frozenset({Role.DISCHARGE, Scope.SETTLE}),
    "POST /api/v1/stays/{stay}/manual": frozenset({Role.DISCHARGE, Scope.SETTLE}),
    "GET /api/v1/stays/{stay}/manual": frozenset({Role.DISCHARGE, Role.FINANCE, Scope.SETTLE}),
    # a whole number is shown to a person who proves themselves, never to a system
    "POST /api/v1/stays/{stay}/identity": frozenset({Role.ADMISSION, Role.DISCHARGE, Role.FINANCE}),
    "POST /api/v1/fittings/{fitting}/identity": frozenset({Role.FITTING, Role.FINANCE}),
    "GET /api/v1/fittings": FITTINGS_READ,
    "GET /api/v1/fittings/{fitting}": FITTINGS_READ,
    "POST /api/v1/fittings": frozenset({Role.FITTING, Scope.FIT}),
    "POST /api/v1/fittings/{fitting}/fitted": frozenset({Role.FITTING, Scope.FIT}),
    "POST /api/v1/fittings/{fitting}/preview": frozenset({Role.FITTING, Scope.SETTLE}),
    "POST /api/v1/fittings/{fitting}/settlement": frozenset({Role.FITTING, Scope.SETTLE}),
    "POST /api/v1/fittings/{fitting}/manual": frozenset({Role.FITTING, Scope.SETTLE}),
    "GET /api/v1/fittings/{fitting}/manual": frozenset({Role.FITTING, Role.FINANCE, Scope.SETTLE}),
    # the national site is typed into by a person, who answers for the number
    "GET /api/v1/fittings/{fitting}/entry-sheets": frozenset({Role.FITTING}),
    "GET /api/v1/entry-sheets": frozenset({Role.FITTING, Role.FINANCE}),
    "POST /api/v1/entry-sheets/{sheet}/confirmation": frozenset({Role.FITTING}),
    "POST /api/v1/entry-sheets/{sheet}/withdrawal": frozenset({Role.FITTING}),
    "GET /api/v1/settlements/{settlement}": frozenset(
        {Role.ADMISSION, Role.DISCHARGE, Role.FITTING, Role.FINANCE, Scope.READ}
    ),
    # no hospital system reverses: a token proves no person
    "POST /api/v1/settlements/{settlement}/reversal": frozenset(
        {Role.DISCHARGE, Role.FINANCE, Role.FITTING}
    ),
    **dict.fromkeys(
        (
            "GET /api/v1/stays/{stay}/documents",
            "POST /api/v1/stays/{stay}/documents",
            "POST /api/v1/stays/{stay}/referral-opinions",
            "GET /api/v1/stays/{stay}/manual/papers",
            "POST /api/v1/stays/{stay}/manual/papers",
            "POST /api/v1/stays/{stay}/manual/handover",
        ),
        MAY[OwnerKind.STAY],
    ),
    **dict.fromkeys(
        (
            "GET /api/v1/fittings/{fitting}/documents",
            "POST /api/v1/fittings/{fitting}/documents",
            "GET /api/v1/fittings/{fitting}/manual/papers",
            "POST /api/v1/fittings/{fitting}/manual/papers",
            "POST /api/v1/fittings/{fitting}/manual/handover",
        ),
        MAY[OwnerKind.FITTING],
    ),
    "GET /api/v1/settlements/{settlement}/statement.pdf": (
        MAY[OwnerKind.STAY] | MAY[OwnerKind.FITTING]
    ),
    "GET /api/v1/stays/{stay}/workbook": frozenset({Role.DISCHARGE, Role.FINANCE, Scope.READ}),
    "GET /api/v1/fittings/{fitting}/workbook": FITTINGS_READ,
    "GET /api/v1/receivables/workbook": CLAIMS_READ,
    "GET /api/v1/claims/{month}/documents": CLAIMS_READ,
    "POST /api/v1/claims/{month}/documents": CLAIMS_READ,
    "GET /api/v1/day-ends/{day}/documents": MAY[OwnerKind.DAY],
    "POST /api/v1/day-ends/{day}/documents": MAY[OwnerKind.DAY],
    # whose document it is decides further: tests of its own
    "GET /api/v1/documents/{document}": ANY,
    "GET /api/v1/documents/{document}/content": ANY,
    "POST /api/v1/documents/{document}/prints": ANY,
    **dict.fromkeys(
        (
            "GET /api/v1/complaints",
            "POST /api/v1/complaints",
            "GET /api/v1/complaints/report",
            "GET /api/v1/complaints/workbook",
            "GET /api/v1/complaints/{complaint}",
            "POST /api/v1/complaints/{complaint}/work",
            "POST /api/v1/complaints/{complaint}/answer",
            "POST /api/v1/complaints/{complaint}/receipt",
        ),
        DESK_ROLES,
    ),
    "GET /api/v1/catalogue/mappings": frozenset({Role.FINANCE, Role.DISCHARGE, Scope.READ}),
    "POST /api/v1/catalogue/mappings": frozenset({Role.FINANCE}),
    "GET /api/v1/receivables": CLAIMS_READ,
    "GET /api/v1/claims/{month}": CLAIMS_READ,
    "GET /api/v1/claims/{month}/workbook": CLAIMS_READ,
    "GET /api/v1/settlements/{settlement}/disagreement": CLAIMS_READ,
    **dict.fromkeys(
        (
            "POST /api/v1/claims/{month}/reverification",
            "POST /api/v1/claims/{month}/submission",
            "POST /api/v1/claims/{month}/withdrawal",
            "POST /api/v1/claims/{month}/objections",
            "POST /api/v1/claims/{month}/confirmation",
            "POST /api/v1/settlements/{settlement}/disagreement",
        ),
        frozenset({Role.FINANCE}),
    ),
    "GET /api/v1/sync/dispatches": SYNC | {Scope.READ},
    "GET /api/v1/sync/announcements": SYNC | {Scope.READ},
    "POST /api/v1/sync/dispatches/collection": SYNC,
    "POST /api/v1/sync/dispatches/{dispatch}/aside": SYNC,
    "GET /api/v1/sync/messages": DESK_ROLES | {Role.SYSTEM_ADMINISTRATOR, Scope.READ},
    "GET /api/v1/sync/status": DESK_ROLES | {Role.SYSTEM_ADMINISTRATOR, Scope.READ},
    "GET /api/v1/sync/reminders": DESK_ROLES | {Role.SYSTEM_ADMINISTRATOR, Scope.READ},
    "POST /api/v1/sync/messages/{message}/retry": frozenset(
        {Role.FINANCE, Role.SYSTEM_ADMINISTRATOR}
    ),
    "POST /api/v1/sync/messages/{message}/resolve": frozenset(
        {Role.FINANCE, Role.SYSTEM_ADMINISTRATOR}
    ),
    "GET /api/v1/audit": frozenset({Role.AUDITOR, Role.SECURITY_ADMINISTRATOR}),
    "GET /api/fhir/metadata": ALL,
    "POST /api/fhir/CoverageEligibilityRequest": frozenset({Scope.VERIFY}),
    "POST /api/fhir/Claim": frozenset({Scope.SETTLE}),
    "GET /api/fhir/PaymentReconciliation/{month}": frozenset({Scope.READ}),
    "GET /": EVERYBODY,
    "GET /pages/header": EVERYBODY,
    "GET /devices": EVERYBODY,
    "GET /pages/devices": EVERYBODY,
    **dict.fromkeys(("GET /stays", "GET /pages/stay-list"), STAYS_SEEN),
    **dict.fromkeys(
        ("GET /claims", "GET /claims/{month}", "GET /pages/claims/{month}"),
        frozenset({Role.FINANCE}),
    ),
    **dict.fromkeys(
        (
            "GET /fittings",
            "GET /fittings/{fitting}",
            "GET /fittings/{fitting}/lines",
            "GET /pages/fitting-card",
            "GET /pages/fittings",
            "GET /pages/fittings/{fitting}",
        ),
        frozenset({Role.FITTING, Role.FINANCE}),
    ),
    **dict.fromkeys(
        ("GET /overview", "GET /pages/overview"), DESK_ROLES | {Role.SYSTEM_ADMINISTRATOR}
    ),
    "GET /audit": frozenset({Role.AUDITOR, Role.SECURITY_ADMINISTRATOR}),
    **dict.fromkeys(
        (
            "GET /admin",
            "GET /admin/accounts/{account}",
            "GET /api/v1/accounts",
            # whose authenticator each may renew is the step's to say: tests/web/test_accounts.py
            "POST /api/v1/accounts/{account}/second-factor",
            "POST /api/v1/accounts/{account}/second-factor/confirmation",
        ),
        ADMINISTRATORS,
    ),
    **dict.fromkeys(
        (
            "POST /api/v1/accounts",
            "POST /api/v1/accounts/{account}/role",
            "POST /api/v1/accounts/{account}/unlocking",
            "POST /api/v1/accounts/{account}/ending",
            "POST /api/v1/accounts/{account}/sessions/ending",
            "POST /api/v1/accounts/{account}/password",
            "GET /api/v1/tokens",
            "POST /api/v1/tokens",
            "POST /api/v1/tokens/{token}/ending",
        ),
        frozenset({Role.SECURITY_ADMINISTRATOR}),
    ),
    **dict.fromkeys(
        (
            "GET /admin/uploads/{upload}",
            "GET /api/v1/catalogue/versions",
            "POST /api/v1/catalogue/uploads",
            "POST /api/v1/catalogue/uploads/{upload}/import",
            "GET /api/v1/backups",
            "POST /api/v1/backups",
            "POST /api/v1/backups/{backup}/check",
            "POST /api/v1/packs/check",
        ),
        frozenset({Role.SYSTEM_ADMINISTRATOR}),
    ),
    "GET /fallbacks": frozenset({Role.DISCHARGE, Role.FITTING, Role.FINANCE}),
    **dict.fromkeys(("GET /complaints", "GET /complaints/{complaint}"), DESK_ROLES),
    **dict.fromkeys(("GET /due", "GET /pages/due", "GET /due/next"), DUE_SEEN),
    **dict.fromkeys(
        (
            "GET /messages",
            "GET /pages/messages",
            "GET /messages/{message}",
            "GET /pages/messages/{message}",
        ),
        DESK_ROLES | {Role.SYSTEM_ADMINISTRATOR, Scope.READ},
    ),
    "GET /metrics": frozenset({Scope.METRICS, Role.SYSTEM_ADMINISTRATOR}),
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /favicon.ico": OPEN,
    "GET /static": OPEN,
    "GET /help": OPEN,  # the manual holds no secret: tests/web/test_manual.py
    "GET /login": OPEN,
    "GET /password": OPEN,  # a session's own: tests/web/test_accounts.py
    "GET /api/docs": OPEN,
    "GET /api/openapi.json": OPEN,
    "HEAD /api/openapi.json": OPEN,
    **dict.fromkeys(
        (
            "GET /stays/{stay}",
            "GET /stays/{stay}/lines",
            "GET /verifications/{verification}",
            "GET /pages/card",
            "GET /search",
            "GET /pages/stays",
            "GET /pages/stays/{stay}",
            "GET /pages/verifications/{verification}/card",
        ),
        DESK_ROLES,
    ),
}
"""Endpoint: who may."""
