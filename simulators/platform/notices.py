"""The fitting notices: whose they are, what they approve, and that each pays once. In memory.

A notice is used by a settlement of the fitting that was opened with it, and freed by its reversal.
"""

from collections.abc import Callable
from dataclasses import dataclass

from edge import codec
from edge.core.errors import BadInput
from simulators.platform.answers import Refusal
from simulators.platform.journal import Kept
from simulators.platform.register import Used, Worker
from sync.envelope import Envelope, Kind

_Key = tuple[str, str]
"""The insured region that issued a notice, and its number."""


@dataclass(frozen=True, slots=True)
class _Shown:
    id: str
    presented: bool = False


@dataclass(frozen=True, slots=True)
class _Device:
    code: str


@dataclass(frozen=True, slots=True)
class _Opening:
    id_number: str = ""
    notice: _Shown | None = None
    devices: tuple[_Device, ...] = ()


class Notices:
    """Which fitting was opened with which notice, and which notice is used by which fitting."""

    def __init__(self, worker: Callable[[str], Worker | None]) -> None:
        self._worker = worker
        self._of_case: dict[Used, _Key] = {}
        self._used_by: dict[_Key, Used] = {}

    def user(self, region: str, number: str) -> Used | None:
        """Return the fitting whose settlement, which stands, was made with this notice."""
        return self._used_by.get((region, number))

    def problem(self, envelope: Envelope) -> Refusal | None:
        """Return what is wrong with the notice of a fitting, if it has one."""
        case = Used(facility=envelope.facility, stay=envelope.order_key)
        if envelope.kind is Kind.FITTING:
            return self._opening_problem(envelope)
        key = self._of_case.get(case)
        if envelope.kind is Kind.SETTLEMENT and key and self._used_by.get(key, case) != case:
            return Refusal(code="NOTICE_USED", id=envelope.id, field="notice")
        return None

    def note(self, kept: Kept) -> None:
        """Remember what a kept message means for its notice."""
        case = Used(facility=kept.facility, stay=kept.order_key)
        if kept.kind is Kind.FITTING:
            shown = _opening(codec.encode(kept.body)).notice
            if shown:
                self._of_case[case] = (kept.insured_region, shown.id)
        key = self._of_case.get(case)
        if key and kept.kind is Kind.SETTLEMENT:
            self._used_by[key] = case
        elif key and kept.kind is Kind.REVERSAL and self._used_by.get(key) == case:
            del self._used_by[key]

    def _opening_problem(self, envelope: Envelope) -> Refusal | None:
        try:
            said = _opening(envelope.body)
        except BadInput as wrong:
            return Refusal(code="BAD_FIELD", id=envelope.id, field=wrong.field)
        code = self._wrong_with(envelope.insured_region, said)
        return Refusal(code=code, id=envelope.id, field="notice") if code else None

    def _wrong_with(self, region: str, said: _Opening) -> str:
        if said.notice is None:
            return ""
        worker = self._worker(said.id_number)
        papers = worker.notices if worker else ()
        known = next((one for one in papers if one.id == said.notice.id), None)
        if self.user(region, said.notice.id) or (known and known.used):
            return "NOTICE_USED"
        if known is None:
            return "" if said.notice.presented else "NOTICE_UNKNOWN"
        approved = {item.code for item in known.items}
        return "" if approved.issuperset(one.code for one in said.devices) else "NOT_APPROVED"


def _opening(body: bytes) -> _Opening:
    return codec.decode(body, _Opening)
