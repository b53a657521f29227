"""What happens to a case's money is told to the hospital's systems, with its cause."""

from dataclasses import replace

from edge.settings import Webhook
from edge.steps.fall_back import Request, fall_back
from edge.store.database import Rows
from sync.envelope import Kind, open_signed
from sync.frame import unpack
from sync.message import open_frame
from tests.steps.colleagues import CLERK, reversed_by_both, settled, staffed
from tests.steps.conftest import PERSON, Ground


def hooked(ground: Ground) -> Ground:
    settings = ground.site.settings.model_copy(
        update={"webhooks": (Webhook(name="his", url="https://his.example/edge"),)}
    )
    ground.site = replace(ground.site, settings=settings)
    return staffed(ground)


def told(ground: Ground) -> list[str]:
    """Return the bodies of what the hospital's systems will get, oldest first."""
    db: Rows = ground.site.store.read()
    ring = {ground.site.public_key.kid: ground.site.public_key}
    rows = db.query("select * from outbox where kind = 'hook' order by seq")
    opened = [
        open_signed(unpack(open_frame(ground.site.vault, row)), ring)
        for row in rows
        if row["order_key"].startswith("hook:his:")
    ]
    assert all(one.kind is Kind.HOOK for one in opened)
    return [one.body.decode() for one in opened]


def test_settlement_reversal_and_hand_over_are_told_in_order(ground: Ground) -> None:
    hooked(ground)
    stay = ground.discharged()
    done = settled(ground, stay.id)
    reversed_by_both(ground, done.id)
    fall_back(ground.site, Request(case=stay.ref, reason="商定", third_party=True), CLERK)
    first, second, third = told(ground)
    assert '"event":"case.settled"' in first
    assert f'"settlement":"{done.id}"' in first
    assert '"personal_fen":200' in first
    assert '"event":"settlement.reversed"' in second
    assert '"event":"case.handed_to_manual"' in third
    assert all(stay.hospital_number in body for body in (first, second, third))
    assert all(PERSON.number not in body and PERSON.name not in body for body in told(ground))


def test_without_webhooks_nothing_is_put(ground: Ground) -> None:
    settled(ground, ground.discharged().id)
    assert told(ground) == []
