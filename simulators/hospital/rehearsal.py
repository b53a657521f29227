"""One worker's case from card to delivery, told step by step as it happens."""

import time
from collections.abc import Callable, Generator, Iterator
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from drivers.monitor import ReaderState
from edge.clock import fresh_id, system_clock
from edge.core.dates import SHANGHAI
from simulators.hospital.bill import thirty_lines
from simulators.hospital.ground import Hospital
from simulators.hospital.records import HospitalSystem

CARD_S_MAX = 15.0
DELIVERY_S_MAX = 30.0
_LOOK_AGAIN_S = 0.05
_DAYS_IN_HOSPITAL = 10

T = TypeVar("T")
Step = dict[str, Any]
Told = Generator[Step, None, T]
"""Yields steps, returns what the next part of the case needs."""


def rehearse(place: Hospital, *, wait_s: float = DELIVERY_S_MAX) -> Iterator[Step]:
    """Yield each step of the case as it ends; the last says whether all ended as it should.

    ``wait_s`` is how long the delivery may take.
    """
    with HospitalSystem(place.url, place.token) as system:
        yield from _card(place, system)
        verification = yield from _verdict(system)
        stay = yield from _stay(system, verification)
        settlement = yield from _settlement(system, stay)
        awaited(lambda: set(deliveries(system, stay).values()) == {"accepted"}, wait_s)
        messages = deliveries(system, stay)
    yield {"step": "delivered", "messages": messages}
    ended = bool(messages) and set(messages.values()) == {"accepted"}
    yield {"step": "end", "ok": ended and settlement["fund_fen"] > 0}


def admitted_at(now: datetime) -> datetime:
    """Return when the rehearsed stay began: ten days before, so that there is a bill."""
    return now - timedelta(days=_DAYS_IN_HOSPITAL)


def discharged_stay(system: HospitalSystem) -> str:
    """Take a case as far as the discharge, without telling, and return the stay."""
    awaited(lambda: _present(system), CARD_S_MAX)
    return _silently(_stay(system, _silently(_verdict(system))))


def deliveries(system: HospitalSystem, stay: str) -> dict[str, str]:
    """Return where each message of the stay stands, by its kind."""
    messages = system.get("/sync/messages")
    return {m["kind"]: m["state"] for m in messages if m["order_key"] == stay}


def first_day(moment: datetime) -> date:
    """Return the day in Shanghai on which the rehearsed bill begins."""
    return moment.astimezone(SHANGHAI).date()


def awaited(look: Callable[[], T], seconds_max: float) -> T:
    """Look until there is something to see, or the time is up; return what was seen last."""
    ends = time.monotonic() + seconds_max
    while not (seen := look()) and time.monotonic() < ends:
        time.sleep(_LOOK_AGAIN_S)
    return seen


def _card(place: Hospital, system: HospitalSystem) -> Iterator[Step]:
    present = awaited(lambda: _present(system), CARD_S_MAX)
    yield {
        "step": "card",
        "reader": present[0]["name"] if present else None,
        "stack": "in process" if place.virtual.missing else "pcsc",
        "why": place.virtual.missing.reason.en if place.virtual.missing else None,
    }


def _present(system: HospitalSystem) -> list[Step]:
    return [r for r in system.get("/readers") if r["state"] == ReaderState.PRESENT.value]


def _silently(told: Told[T]) -> T:
    while True:
        try:
            next(told)
        except StopIteration as ended:
            value: T = ended.value
            return value


def _verdict(system: HospitalSystem) -> Told[str]:
    shown = system.post("/identifications", {})
    yield {"step": "identified", "worker": shown["worker"], "credential": shown["credential"]}
    verdict: Step = system.post(
        "/verifications", {"identification": shown["id"], "service": "inpatient_medical"}
    )
    yield {
        "step": "verified",
        "decision": verdict["decision"],
        "basis": verdict["basis"],
        "reasons": [[reason["code"], reason["article"]] for reason in verdict["reasons"]],
        "warnings": [warning["code"] for warning in verdict["warnings"]],
    }
    return str(verdict["id"])


def _stay(system: HospitalSystem, verification: str) -> Told[str]:
    began = admitted_at(system_clock())
    admission = {
        "verification": verification,
        "hospital_number": f"ZY{fresh_id()[:8]}",
        "determination": "津工认〔2026〕第0001号（合成）",
        "injured_parts": "左胫骨",
        "ward": "骨科一病区",
        "bed": "12",
        "diagnosis": "左胫骨骨折术后",
        "admitted_at": began.isoformat(),
    }
    stay: Step = system.post("/stays", admission)
    yield {"step": "admitted", "stay": stay["id"], "decision": stay["admission_decision"]}
    sent = {"lines": thirty_lines(first_day(began))}
    yield {"step": "charged", **system.post(f"/stays/{stay['id']}/charges", sent)}
    again: Step = system.post(f"/stays/{stay['id']}/charges", sent)
    yield {"step": "charged again", **again}
    left: Step = system.post(f"/stays/{stay['id']}/discharge", {})
    yield {"step": "discharged", "settle_by": left["settle_by"]}
    return str(stay["id"])


def _settlement(system: HospitalSystem, stay: str) -> Told[Step]:
    ruling: Step = system.post(f"/stays/{stay}/preview", {})
    sums = ("total_fen", "fund_fen", "personal_fen")
    yield {"step": "previewed", **{name: ruling[name] for name in sums}}
    key = fresh_id()
    receipt: Step = system.post(f"/stays/{stay}/settlement", {}, key=key)
    yield {"step": "settled", **{name: receipt[name] for name in ("id", "basis", *sums)}}
    twice: Step = system.post(f"/stays/{stay}/settlement", {}, key=key)
    yield {"step": "settled again", "same_receipt": twice == receipt}
    return receipt
