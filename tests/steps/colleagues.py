"""Two persons of the discharge desk, and a reversal by them."""

from dataclasses import replace

from edge.core.cases import CaseKind, CaseRef
from edge.core.reversal import Reversal
from edge.steps.reverse import Request, reverse
from edge.steps.settle import Request as Press
from edge.steps.settle import settle
from edge.store import operators as op
from edge.store.operators import Operator, Role
from edge.store.settlements import Settlement
from tests.passwords import quick_hash
from tests.steps.conftest import Ground

CLERK, SECOND = "出院员", "财务员"
PASSWORD = "synthetic-password-1"


def hire(ground: Ground, name: str, role: Role) -> None:
    """Give somebody an account with the password that all have here."""
    with ground.site.store.transaction() as db:
        operator = Operator(ground.site.fresh_id(), name, role)
        op.create_operator(db, operator, password_hash=quick_hash(PASSWORD), at=ground.clock())


def staffed(ground: Ground) -> Ground:
    """Return the ground with a clerk and a second person."""
    hire(ground, CLERK, Role.DISCHARGE)
    hire(ground, SECOND, Role.FINANCE)
    return ground


def stay_ref(stay: str) -> CaseRef:
    """Return the name of a stay among all cases."""
    return CaseRef(CaseKind.STAY, stay)


def settled(ground: Ground, stay: str | CaseRef, key: str = "k1") -> Settlement:
    """Settle a stay, or another case, that can be."""
    case = stay_ref(stay) if isinstance(stay, str) else stay
    outcome = settle(ground.site, Press(case=case, key=key), CLERK)
    assert isinstance(outcome, Settlement)
    return outcome


def request(settlement: str, **other: str) -> Request:
    """Return what two persons who may reverse give; ``other`` fields replace these."""
    sound = Request(
        settlement=settlement,
        key="r1",
        reason="金额录错",
        password=PASSWORD,
        second_person=SECOND,
        second_password=PASSWORD,
    )
    return replace(sound, **other)


def reversed_by_both(ground: Ground, settlement: str, key: str = "r1") -> Reversal:
    """Reverse a settlement that stands."""
    outcome = reverse(ground.site, request(settlement, key=key), CLERK)
    assert isinstance(outcome, Reversal)
    return outcome
