"""An agency of the tests' own: it signs what comes down, and settles months at the site."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from edge import codec
from edge.claiming import draft_now
from edge.core.claim import Month, read_month, summed
from edge.core.dates import local_day
from edge.steps.claim import Submission, submit
from edge.steps.collect import Collected, collect
from edge.steps.settle import Request, settle
from edge.store.claims import Claim
from edge.store.settlements import Settlement
from sync.dispatch import Dispatch, DispatchKind, sign_dispatch
from sync.relay import Relay
from tests.fakes.platform import PLATFORM_KEY
from tests.steps.conftest import CLERK, Ground, line

NOVEMBER = read_month("2026-11")
DECEMBER = datetime(2026, 12, 2, 1, 0, tzinfo=UTC)
FINANCE = "财务"


@dataclass(slots=True)
class Agency:
    """Tells one site things."""

    ground: Ground
    _told: int = field(default=0)

    def tell(self, kind: str, body: dict[str, Any], order_key: str = "claim-2026-11") -> str:
        """Sign a dispatch, to be collected; return its id."""
        self._told += 1
        dispatch = Dispatch(
            id=f"d-{self._told}",
            seq=self._told,
            facility="TJ0001",
            kind=kind,
            order_key=order_key,
            moment=self.ground.clock(),
            body=codec.encode(body),
        )
        self.ground.platform.dispatches.append(sign_dispatch(dispatch, PLATFORM_KEY))
        return dispatch.id

    def say(self, kind: str, body: dict[str, Any], order_key: str = "claim-2026-11") -> Collected:
        """Tell and let the site collect."""
        self.tell(kind, body, order_key)
        return collect(self.ground.site)

    def audited(self, claim: Claim, *settlements: Settlement, deduct_fen: int = 0) -> Collected:
        """Audit a claim; ``deduct_fen`` is deducted from the first settlement's first line."""
        items = [
            {
                "settlement": one.id,
                "fund_fen": one.fund_fen,
                "approved_fen": one.fund_fen - (deduct_fen if number == 0 else 0),
                "deductions": [deduction(deduct_fen)] if number == 0 and deduct_fen else [],
            }
            for number, one in enumerate(settlements)
        ]
        body = {"claim": claim.id, "month": claim.month, "items": items}
        return self.say(DispatchKind.AUDIT_RESULT, body)


def deduction(amount_fen: int, name: str = "K-1") -> dict[str, Any]:
    """Return a deduction as the agency writes it."""
    return {
        "id": name,
        "line": "1",
        "amount_fen": amount_fen,
        "kind": "clinical_routine",
        "reason": "超出诊疗常规",
        "article": "津 第二十四条",
        "points": 2,
    }


def settled(ground: Ground, key: str = "key-1") -> Settlement:
    """Settle a stay of one line: 12 yuan, 10 of them the fund's."""
    stay = ground.discharged(line("1", date=local_day(ground.clock())))
    done = settle(ground.site, Request(case=stay.ref, key=key), CLERK)
    assert isinstance(done, Settlement)
    return done


def delivered(ground: Ground) -> None:
    """Let the relay send everything that is due."""
    relay = Relay(ground.site.store, ground.site.outbox, ground.platform, ground.clock)
    relay.run_once()


def submission(ground: Ground, month: Month = NOVEMBER, key: str = "claim-key") -> Submission:
    """Return a submission of what the draft is now."""
    whole = summed(draft_now(ground.site.store.read(), month).items)
    return Submission(month=month, key=key, count=whole.count, fund_fen=whole.fund_fen)


def claimed(ground: Ground) -> Claim:
    """Let November pass, and claim it."""
    delivered(ground)
    ground.clock.now = DECEMBER
    claim = submit(ground.site, submission(ground), FINANCE)
    delivered(ground)
    return claim
