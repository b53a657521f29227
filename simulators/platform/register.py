"""Whom the platform knows: facilities, workers, filings, contribution, notices. Never changed.

Loaded from a readable TOML or JSON file of synthetic persons (``register.toml`` is one).
"""

from datetime import date
from pathlib import Path
from typing import Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from simulators.script_file import load_file

SAMPLE = Path(__file__).with_name("register.toml")

Benefit = Literal["medical", "rehab", "device"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Facility(_Entry):
    """An agreement facility as the library knows it. ``id`` is what envelopes name."""

    id: str
    name: str = ""
    region: str
    city: str
    kinds: tuple[Benefit, ...]
    direct: bool = True
    suspended: bool = False
    live_on: date | None = None


class Used(_Entry):
    """The case that used a paper up, or its part of it: a facility's stay or fitting."""

    facility: str
    stay: str


class Filing(_Entry):
    """A filing with its own dates; fields as in FACTS.json.

    ``settled_by`` are the stays that were settled under it here, beside ``episodes_settled``.
    """

    id: str
    category: Literal["long_term_residence", "long_term_work", "referral"]
    status: Literal["active", "pending", "suspended", "terminated", "cancelled"]
    valid_from: date
    benefits: tuple[Benefit, ...] = ()
    destination: str | None = None
    approved_at: AwareDatetime | None = None
    valid_to: date | None = None
    facilities: tuple[str, ...] = ()
    non_direct_facilities: tuple[str, ...] = ()
    rehab_until: date | None = None
    trip_from: date | None = None
    trip_to: date | None = None
    episodes_settled: int = 0
    device_until: date | None = None
    devices: tuple[str, ...] = ()
    settled_by: tuple[Used, ...] = ()


class Contribution(_Entry):
    """The state of the contributions, as of a day."""

    status: Literal["paying", "interrupted", "terminated", "deceased"]
    as_of: date


class NoticeItem(_Entry):
    """One approved device: limit in fen, minimum service life in years."""

    code: str
    limit_fen: int
    service_years: int


class Notice(_Entry):
    """A fitting notice (配置费用核付通知单). ``used_by``: the fitting settled with it."""

    id: str
    items: tuple[NoticeItem, ...]
    valid_to: date | None = None
    used: bool = False
    used_by: Used | None = None


class Determination(_Entry):
    """An injury determination (工伤认定) and the parts of the body it names."""

    number: str
    parts: str


class Worker(_Entry):
    """A synthetic insured person and the papers in that name."""

    id_number: str
    name: str
    insured_region: str
    insured_city: str | None = None
    suspended: bool = False
    contribution: Contribution | None = None
    determinations: tuple[Determination, ...] = ()
    filings: tuple[Filing, ...] = ()
    notices: tuple[Notice, ...] = ()


class Known(Protocol):
    """Whoever knows facilities and workers: a register file, or an agency's own."""

    def facility(self, facility_id: str) -> Facility | None:
        """Return the facility of this id."""

    def worker(self, id_number: str) -> Worker | None:
        """Return the worker of this identity number."""


class Register(_Entry):
    """All that the platform knows before the first message."""

    facilities: tuple[Facility, ...]
    workers: tuple[Worker, ...]

    def facility(self, facility_id: str) -> Facility | None:
        """Return the facility of this id."""
        return next((known for known in self.facilities if known.id == facility_id), None)

    def worker(self, id_number: str) -> Worker | None:
        """Return the worker of this identity number."""
        return next((known for known in self.workers if known.id_number == id_number), None)


def load_register(path: Path = SAMPLE) -> Register:
    """Read a register: ``.toml``, or ``.json`` of the same shape.

    Raises:
        BadFile: not TOML or JSON, an unknown key, or a value that does not fit, with its place.
    """
    return load_file(path, Register)
