"""The facts of one verification, shaped as FACTS.json is. Judges nothing.

Every key may be left out when it is null, false or empty; what that means is said at the field.
Dates are calendar days in Asia/Shanghai; moments are aware.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum

from edge.core.credential import CredentialKind


class Decision(StrEnum):
    """What is answered at the desk, and what one reason asks for: the strongest first."""

    LOCAL = "local"
    REFUSE = "refuse"
    MANUAL = "manual"
    HOLD = "hold"
    PROVISIONAL = "provisional"
    DIRECT = "direct"


class Benefit(StrEnum):
    """What the fund grants; also the kinds of a facility."""

    MEDICAL = "medical"
    REHAB = "rehab"
    DEVICE = "device"


class Service(StrEnum):
    """What is asked for at the desk."""

    INPATIENT_MEDICAL = "inpatient_medical"
    OUTPATIENT_MEDICAL = "outpatient_medical"
    INPATIENT_REHAB = "inpatient_rehab"
    OUTPATIENT_REHAB = "outpatient_rehab"
    DEVICE = "device"

    @property
    def benefit(self) -> Benefit:
        """The benefit that the service belongs to."""
        return _BENEFITS[self]

    @property
    def is_stay(self) -> bool:
        """Whether the worker is admitted."""
        return self in _STAYS

    @property
    def is_visit(self) -> bool:
        """Whether the worker comes and goes on one day."""
        return self in _VISITS


_STAYS = frozenset({Service.INPATIENT_MEDICAL, Service.INPATIENT_REHAB})
_VISITS = frozenset({Service.OUTPATIENT_MEDICAL, Service.OUTPATIENT_REHAB})
_BENEFITS = {
    Service.INPATIENT_MEDICAL: Benefit.MEDICAL,
    Service.OUTPATIENT_MEDICAL: Benefit.MEDICAL,
    Service.INPATIENT_REHAB: Benefit.REHAB,
    Service.OUTPATIENT_REHAB: Benefit.REHAB,
    Service.DEVICE: Benefit.DEVICE,
}


class Moment(StrEnum):
    """When the desk asks. A visit is settled at the moment ``discharge`` too."""

    ADMISSION = "admission"
    VISIT = "visit"
    FITTING = "fitting"
    DISCHARGE = "discharge"


class Emergency(StrEnum):
    """Why the worker could not file first."""

    EMERGENCY = "emergency"
    FORCE_MAJEURE = "force_majeure"


class Category(StrEnum):
    """Why the worker is treated elsewhere."""

    LONG_TERM_RESIDENCE = "long_term_residence"
    LONG_TERM_WORK = "long_term_work"
    REFERRAL = "referral"


class FilingStatus(StrEnum):
    """What the insured region's agency says of a filing."""

    ACTIVE = "active"
    PENDING = "pending"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"
    CANCELLED = "cancelled"


class ContributionStatus(StrEnum):
    """Whether the worker is insured. ``terminated``: the contract ended."""

    PAYING = "paying"
    INTERRUPTED = "interrupted"
    TERMINATED = "terminated"
    DECEASED = "deceased"


class Basis(StrEnum):
    """Where the facts come from: the platform, the cached list, or neither."""

    ONLINE = "online"
    LIST = "list"
    NONE = "none"


class DeviceAct(StrEnum):
    """What is done with a device; a repair asks for no service life."""

    FIRST = "first"
    REPLACEMENT = "replacement"
    REPAIR = "repair"


class OfflineSettlement(Enum):
    """Whether the site lets a settlement rest on the cached list."""

    NEVER = "never"
    WITHIN_LIMITS = "within_limits"


Names = tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """Where the worker stands: region and city are 6-digit division codes."""

    region: str
    id: str = ""
    city: str | None = None
    kinds: tuple[Benefit, ...] | None = ()
    direct: bool = False
    suspended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """The insured person. Without ``insured_city`` (insured at the province) no city is theirs."""

    insured_region: str
    id_number: str | None = None
    name: str | None = None
    insured_city: str | None = None
    suspended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What was read from the card or e-card. Without ``valid_until`` it does not expire.

    ``confirmed`` is the clerk's reason for taking the holder for the worker all the same, where a
    number is lacking or the names differ; it never cures another number.
    """

    kind: CredentialKind = CredentialKind.NONE
    id_number: str | None = None
    name: str | None = None
    valid_until: date | None = None
    confirmed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """The insured region's approval, as the platform or the list gives it.

    Left out: ``valid_to`` and ``device_until`` come from the pack; ``destination``,
    ``facilities``, ``devices`` bar nothing; ``benefits`` means all.
    """

    category: Category
    status: FilingStatus
    id: str = ""
    benefits: tuple[Benefit, ...] | None = ()
    destination: str | None = None
    approved_at: datetime | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    facilities: Names = ()
    non_direct_facilities: Names = ()
    rehab_until: date | None = None
    trip_from: date | None = None
    trip_to: date | None = None
    episodes_settled: int = 0
    device_until: date | None = None
    devices: Names = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """The contribution status and the day it was true."""

    status: ContributionStatus
    as_of: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeItem:
    """One approved device. Its limit is in fen.

    ``limit_multiplier`` raises the limit, the catalogue's where the notice names none: a decimal of
    at most 4 places, such as 1.5.
    """

    code: str
    limit_fen: int | None = None
    service_years: int | None = None
    limit_multiplier: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The fitting notice (配置费用核付通知单). Without ``valid_to`` it does not expire.

    ``presented``: the worker showed it, and nobody but the paper tells what is on it.
    """

    id: str = ""
    items: tuple[NoticeItem, ...] | None = ()
    valid_to: date | None = None
    used: bool = False
    presented: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device asked for."""

    code: str
    act: DeviceAct = DeviceAct.FIRST
    last_fitted_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the facts rest on. A list without ``as_of`` is stale."""

    basis: Basis = Basis.NONE
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the site decides: whether to settle on a list, and how old it may be, in hours."""

    offline_settlement: OfflineSettlement = OfflineSettlement.WITHIN_LIMITS
    list_fresh_h: int = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a verdict depends on, besides the packs."""

    facility: Facility
    worker: Worker
    service: Service
    moment: Moment
    at: datetime
    credential: Credential = Credential()
    admitted_at: datetime | None = None
    discharged_at: datetime | None = None
    admission_decision: Decision | None = None
    emergency: Emergency | None = None
    third_party: bool = False
    filing: Filing | None = None
    contribution: Contribution | None = None
    notice: Notice | None = None
    devices: tuple[Device, ...] | None = ()
    source: Source = Source()
    policy: Policy = Policy()
