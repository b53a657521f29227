"""A fitting from its notice to a settlement that was typed into the national site (津 第五条)."""

from collections.abc import Iterator

from edge.clock import fresh_id
from simulators.hospital.ground import DESKS, FITTER, Hospital
from simulators.hospital.people import DETERMINATION, DEVICE, NOTICE
from simulators.hospital.records import HospitalSystem
from simulators.hospital.telling import Step, Told, card, settled, verdict

_PRICE_FEN = 1_400_000


def device(place: Hospital) -> Iterator[Step]:
    """Yield each step of the case as it ends; the last says whether all ended as it should."""
    with place.system() as system:
        yield from card(place, system)
        verification = yield from verdict(
            system,
            service="device",
            moment="fitting",
            devices=[{"code": DEVICE}],
            notice={"id": NOTICE},
        )
        fitting = yield from _fitted(system, verification)
        settlement = yield from settled(system, f"/fittings/{fitting}")
        sent = [m for m in system.get("/sync/messages") if m["order_key"] == fitting]
    number = yield from _typed(place, fitting)
    yield {
        "step": "end",
        "ok": settlement["fund_fen"] > 0 and number is not None and not sent,
    }


def _fitted(system: HospitalSystem, verification: str) -> Told[str]:
    opening = {
        "verification": verification,
        "hospital_number": f"PZ{fresh_id()[:8]}",
        "determination": DETERMINATION,
        "injured_parts": "左小腿",
    }
    fitting: Step = system.post("/fittings", opening)
    yield {
        "step": "opened",
        "fitting": fitting["id"],
        "channel": fitting["channel"],
        "notice": fitting["notice"]["id"],
    }
    line = {
        "id": "1",
        "code": DEVICE,
        "name": "样例 小腿假肢",
        "quantity": "1",
        "price": f"{_PRICE_FEN // 100}",
        "amount_fen": _PRICE_FEN,
        "act": "first",
        "serial": "SYN-SN-0001",
        "model": "SYN-M-1",
    }
    done: Step = system.post(f"/fittings/{fitting['id']}/fitted", {"lines": [line]})
    yield {"step": "fitted", "state": done["fitting"]["state"], "refused": done["refused"]}
    return str(fitting["id"])


def _typed(place: Hospital, fitting: str) -> Told[str | None]:
    """Copy the sheet as the clerk does, and bring the number back."""
    with place.at_desk(FITTER, DESKS[0]) as clerk:
        [sheet] = clerk.get(f"/fittings/{fitting}/entry-sheets")
        yield {"step": "to type", "sheet": sheet["id"], "fields": len(sheet["fields"])}
        number = {"number": f"SYN-QG-{fresh_id()[:8]}"}
        closed: Step = clerk.post(f"/entry-sheets/{sheet['id']}/confirmation", number)
    yield {"step": "confirmed", "number": closed["confirmation"], "by": closed["closed_by"]}
    confirmation: str | None = closed["confirmation"]
    return confirmation
