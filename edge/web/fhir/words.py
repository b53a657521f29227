"""The names that our FHIR uses: systems of identifiers and codes, extensions. Holds no logic."""

BASE = "urn:injury-desk"

# What an identifier's value is.
DESK = f"{BASE}:desk"
IDENTIFICATION = f"{BASE}:identification"
VERIFICATION = f"{BASE}:verification"
STAY = f"{BASE}:stay"
FITTING = f"{BASE}:fitting"
SETTLEMENT = f"{BASE}:settlement"
MONTH = f"{BASE}:month"
REGION = f"{BASE}:region"

# What a coding's code is.
SERVICE = f"{BASE}:service"
CIRCUMSTANCE = f"{BASE}:circumstance"
CODE = f"{BASE}:code"
INFORMATION = f"{BASE}:information"
RELATION = f"{BASE}:relation"
SHARE = f"{BASE}:share"
REASON = f"{BASE}:reason"

# Extensions.
REVERSES = f"{BASE}:reverses"
VERDICT = f"{BASE}:verdict"
LINE = f"{BASE}:line"

ADJUDICATION = "http://terminology.hl7.org/CodeSystem/adjudication"
PAYMENT_TYPE = "http://terminology.hl7.org/CodeSystem/payment-type"
CLAIM_TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
CURRENCY = "CNY"
MEDIA_TYPE = "application/fhir+json"

Json = dict[str, object]


def named(system: str, value: str) -> Json:
    """Return a reference to something by its name with us."""
    return {"identifier": {"system": system, "value": value}}


def concept(system: str, code: str, display: str = "") -> Json:
    """Return a concept of one coding."""
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]}


def money(fen: int) -> Json:
    """Return an amount in yuan, exactly."""
    sign, whole, rest = "-" if fen < 0 else "", *divmod(abs(fen), 100)
    return {"value": f"{sign}{whole}.{rest:02d}", "currency": CURRENCY}


def text_extension(url: str, value: str) -> Json:
    """Return an extension that holds a text."""
    return {"url": url, "valueString": value}
