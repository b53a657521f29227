"""How a rehearsed case tells itself, step by step, and what every case does first.

Knows no case: each has a module of its own, and ``rehearsal`` puts them in a row.
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from drivers.monitor import ReaderState
from edge.clock import fresh_id
from simulators.hospital.ground import Hospital
from simulators.hospital.records import HospitalSystem

CARD_S_MAX = 15.0
DELIVERY_S_MAX = 30.0
_LOOK_AGAIN_S = 0.05

T = TypeVar("T")
Step = dict[str, Any]
Told = Generator[Step, None, T]
"""Yields steps, returns what the next part of the case needs."""


def awaited(look: Callable[[], T], seconds_max: float) -> T:
    """Look until there is something to see, or the time is up; return what was seen last."""
    ends = time.monotonic() + seconds_max
    while not (seen := look()) and time.monotonic() < ends:
        time.sleep(_LOOK_AGAIN_S)
    return seen


def silently(told: Told[T]) -> T:
    """Run a part of a case to its end without telling, and return what it returns."""
    while True:
        try:
            next(told)
        except StopIteration as ended:
            value: T = ended.value
            return value


def deliveries(system: HospitalSystem, case: str) -> dict[str, str]:
    """Return where each message of a stay or fitting stands, by its kind."""
    messages = system.get("/sync/messages")
    return {m["kind"]: m["state"] for m in messages if m["order_key"] == case}


def delivered(system: HospitalSystem, case: str, wait_s: float) -> Told[bool]:
    """Wait until the platform has every message of the case; return whether it has."""
    awaited(lambda: set(deliveries(system, case).values()) == {"accepted"}, wait_s)
    messages = deliveries(system, case)
    yield {"step": "delivered", "messages": messages}
    return bool(messages) and set(messages.values()) == {"accepted"}


def card(place: Hospital, system: HospitalSystem) -> Iterator[Step]:
    """Wait for the worker's card, and tell on which stack it is read."""
    present = awaited(lambda: cards_present(system), CARD_S_MAX)
    yield {
        "step": "card",
        "reader": present[0]["name"] if present else None,
        "stack": "in process" if place.virtual.missing else "pcsc",
        "why": place.virtual.missing.reason.en if place.virtual.missing else None,
    }


def cards_present(system: HospitalSystem) -> list[Step]:
    """Return the readers that hold a card."""
    return [r for r in system.get("/readers") if r["state"] == ReaderState.PRESENT.value]


def verdict(
    system: HospitalSystem, presented: Mapping[str, str] = MappingProxyType({}), **asked: object
) -> Told[str]:
    """Identify the worker, ask for a service, and return the verification's id.

    ``presented`` says what was shown where it is not the card in the reader: ``{"qr": …}``.
    """
    shown = system.post("/identifications", dict(presented))
    yield {"step": "identified", "worker": shown["worker"], "credential": shown["credential"]}
    found: Step = system.post("/verifications", {"identification": shown["id"], **asked})
    yield {
        "step": "verified",
        "decision": found["decision"],
        "basis": found["basis"],
        "reasons": [[reason["code"], reason["article"]] for reason in found["reasons"]],
        "warnings": [warning["code"] for warning in found["warnings"]],
    }
    return str(found["id"])


def settled(system: HospitalSystem, case: str) -> Told[Step]:
    """Preview and settle ``case`` (``/stays/…``), twice with one key; return the receipt."""
    ruling: Step = system.post(f"{case}/preview", {})
    sums = ("total_fen", "fund_fen", "personal_fen")
    yield {"step": "previewed", **{name: ruling[name] for name in sums}}
    key = fresh_id()
    receipt: Step = system.post(f"{case}/settlement", {}, key=key)
    yield {"step": "settled", **{name: receipt[name] for name in ("id", "basis", *sums)}}
    twice: Step = system.post(f"{case}/settlement", {}, key=key)
    yield {"step": "settled again", "same_receipt": twice == receipt}
    return receipt
