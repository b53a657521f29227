"""What happens to a case's money is told to the hospital's systems, with its cause."""

from dataclasses import replace

import pytest

from edge.settings import Settings, Webhook
from edge.site.opening import gateway_of
from edge.steps.fall_back import Request, fall_back
from edge.store.database import Rows
from sync.envelope import Kind, open_signed
from sync.frame import unpack
from sync.message import open_frame
from sync.relay import Relay
from tests.steps.colleagues import CLERK, reversed_by_both, settled, staffed
from tests.steps.conftest import PERSON, Ground
from tests.sync.test_webhooks import Hospital, listening


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


def test_the_relay_delivers_each_to_its_own_end_and_waits_for_no_other(ground: Ground) -> None:
    hooked(ground)
    settled(ground, ground.discharged().id)
    hospital = Hospital(status=503)
    with listening(hospital) as url:
        webhook = Webhook(name="his", url=url)
        settings = ground.site.settings.model_copy(update={"webhooks": (webhook,)})
        with gateway_of(replace(ground.site, settings=settings)) as gateway:
            relay = Relay(ground.site.store, ground.site.outbox, gateway, ground.clock)
            relay.run_once()
            counts = ground.site.outbox.status(ground.site.store.read())
            assert (counts.pending, counts.rejected, counts.unknown) == (1, 0, 0)
            hospital.status = 204
            ground.clock.pass_time(hours=1)
            relay.run_once()
    counts = ground.site.outbox.status(ground.site.store.read())
    assert counts.pending == 0
    assert counts.accepted == len(ground.platform.received) + 1
    assert len({message for _, message, _ in hospital.posted}) == 1


@pytest.mark.parametrize(
    "given",
    [
        [{"name": "his", "url": "https://a"}, {"name": "his", "url": "https://b"}],
        [{"name": "HIS 1", "url": "https://a"}],
        [{"name": "his", "url": "ftp://a"}],
        [{"name": "his", "url": "https://a/?q=1"}],
    ],
)
def test_webhooks_that_cannot_be_are_refused(ground: Ground, given: list[dict[str, str]]) -> None:
    whole = ground.site.settings.model_dump(mode="json") | {"webhooks": given}
    with pytest.raises(ValueError, match="webhooks"):
        Settings.model_validate(whole)
