"""What a verdict is made of: reasons, warnings, packs. The sentences stand in ``sentences``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from edge.core.verification.facts import Decision


class Code(StrEnum):
    """Every reason. Stable: codes are added, never renamed."""

    LOCAL_WORKER = "LOCAL_WORKER"
    IDENTITY_MISMATCH = "IDENTITY_MISMATCH"
    IDENTITY_UNPROVEN = "IDENTITY_UNPROVEN"
    CARD_EXPIRED = "CARD_EXPIRED"
    CREDENTIAL_REQUIRED = "CREDENTIAL_REQUIRED"
    FILING_MISSING = "FILING_MISSING"
    FILING_PENDING = "FILING_PENDING"
    FILING_NOT_YET_VALID = "FILING_NOT_YET_VALID"
    FILING_EXPIRED = "FILING_EXPIRED"
    FILING_SUSPENDED = "FILING_SUSPENDED"
    FILING_TERMINATED = "FILING_TERMINATED"
    FILING_CANCELLED = "FILING_CANCELLED"
    FILING_CONSUMED = "FILING_CONSUMED"
    FILING_SERVICE_MISMATCH = "FILING_SERVICE_MISMATCH"
    FILING_DESTINATION_MISMATCH = "FILING_DESTINATION_MISMATCH"
    FILING_FACILITY_NOT_CHOSEN = "FILING_FACILITY_NOT_CHOSEN"
    REFERRAL_WINDOW_PASSED = "REFERRAL_WINDOW_PASSED"
    REHAB_PERIOD_ENDED = "REHAB_PERIOD_ENDED"
    LATE_FILING_ALLOWED = "LATE_FILING_ALLOWED"
    LATE_FILED = "LATE_FILED"
    ADMITTED_WITHIN_VALIDITY = "ADMITTED_WITHIN_VALIDITY"
    CONTRIBUTION_INTERRUPTED = "CONTRIBUTION_INTERRUPTED"
    CONTRIBUTION_UNKNOWN = "CONTRIBUTION_UNKNOWN"
    ELIGIBILITY_LOST = "ELIGIBILITY_LOST"
    WORKER_SUSPENDED = "WORKER_SUSPENDED"
    FACILITY_NOT_DIRECT = "FACILITY_NOT_DIRECT"
    FACILITY_SUSPENDED = "FACILITY_SUSPENDED"
    FACILITY_TYPE_MISMATCH = "FACILITY_TYPE_MISMATCH"
    SERVICE_OUT_OF_SCOPE = "SERVICE_OUT_OF_SCOPE"
    THIRD_PARTY_LIABILITY = "THIRD_PARTY_LIABILITY"
    NOTICE_MISSING = "NOTICE_MISSING"
    NOTICE_EXPIRED = "NOTICE_EXPIRED"
    NOTICE_USED = "NOTICE_USED"
    DEVICE_NOT_APPROVED = "DEVICE_NOT_APPROVED"
    SERVICE_LIFE_NOT_REACHED = "SERVICE_LIFE_NOT_REACHED"
    LIST_STALE = "LIST_STALE"
    PLATFORM_UNREACHABLE = "PLATFORM_UNREACHABLE"
    VERIFIED_ONLINE = "VERIFIED_ONLINE"
    VERIFIED_FROM_LIST = "VERIFIED_FROM_LIST"
    SETTLEMENT_OVERDUE = "SETTLEMENT_OVERDUE"


class WarningCode(StrEnum):
    """What the clerk should know beside the decision, which it never changes."""

    FILING_EXCEEDS_PACK = "FILING_EXCEEDS_PACK"
    PACK_TERM_PASSED = "PACK_TERM_PASSED"
    LAW_SILENT = "LAW_SILENT"
    LATE_APPROVAL_RISK = "LATE_APPROVAL_RISK"
    FILING_ENDS_SOON = "FILING_ENDS_SOON"


class PackSide(StrEnum):
    """Which side's pack."""

    INSURED = "insured"
    TREATMENT = "treatment"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw: the code and what its sentence names. ``variant`` picks the sentence."""

    code: Code
    variant: str = ""
    blanks: Mapping[str, object] = field(default_factory=dict)


Findings = Sequence[Finding]
"""What one check saw."""

NOTHING: Findings = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason: what it asks for, where that is written, and what the clerk does next."""

    code: Code
    effect: Decision
    article: str
    text: str
    text_en: str
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskWarning:
    """One thing to know, beside the verdict."""

    code: WarningCode
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackUsed:
    """Which file of rules governed a side."""

    side: PackSide
    region: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision with all its reasons, strongest first, as the contract's JSON has it.

    ``settle_by`` is the last moment to settle, in Asia/Shanghai; at discharge only.
    """

    decision: Decision
    reasons: tuple[Reason, ...]
    warnings: tuple[DeskWarning, ...]
    packs: tuple[PackUsed, ...]
    settle_by: datetime | None = None
