"""A settlement's lines are kept once, and its messages say them when they are sent."""

from typing import Any

import pytest

from edge import codec
from edge.core.adjudication import Ruling
from edge.core.stay import Stay
from edge.steps.settle import DRAFTED_BYTES_MAX, Request, settle
from edge.store.settlements import Settlement, load_settlement
from sync.envelope import key_ring, open_signed
from sync.errors import BadEnvelope
from sync.jws import SIGNED_BYTES_MAX
from sync.relay import Relay
from tests.steps.conftest import CLERK, Ground, line
from tests.steps.test_replay import sealed_apart


def pressed(ground: Ground, stay: Stay) -> Settlement:
    done = settle(ground.site, Request(case=stay.ref, key="k"), CLERK)
    assert isinstance(done, Settlement)
    return done


def delivered(ground: Ground) -> dict[str, dict[str, Any]]:
    """Let the relay deliver all, and return what arrived by its kind."""
    relay = Relay(ground.site.store, ground.site.outbox, ground.platform, ground.clock)
    while relay.run_once():
        pass
    ring = key_ring(ground.keys.signing.public())
    opened = [open_signed(signed, ring) for signed in ground.platform.received.values()]
    return {one.kind: codec.decode(one.body, dict[str, Any]) for one in opened}


def drafts(ground: Ground) -> list[str]:
    rows = ground.site.store.read().query("select kind from outbox where draft = 1 order by seq")
    return [row["kind"] for row in rows]


def test_the_messages_say_every_line_of_the_bill_and_of_its_ruling(ground: Ground) -> None:
    done = pressed(ground, ground.discharged(line("1"), line("2", "COSMETIC"), line("3", "TREAT")))
    assert drafts(ground) == ["charges", "settlement"]
    said = delivered(ground)
    bill = codec.decode(done.bill, dict[str, Any])
    assert (said["charges"]["settlement"], said["charges"]["lines"]) == (done.id, bill["lines"])
    ruling = codec.decode(done.ruling, Ruling)
    names = ("id", "amount_fen", "fund_fen", "personal_fen", "reason", "article", "catalogue_row")
    told = [{name: getattr(one, name) for name in names} for one in ruling.lines]
    assert said["settlement"]["lines"] == told
    sums = {name: said["settlement"][name] for name in ("total_fen", "fund_fen", "personal_fen")}
    assert sums == {"total_fen": 3600, "fund_fen": 2200, "personal_fen": 1400}


def test_bill_and_ruling_lie_under_one_seal(ground: Ground) -> None:
    done = pressed(ground, ground.discharged())
    db, vault = ground.site.store.read(), ground.site.vault
    [row] = db.query("select bill_sealed, ruling_sealed from settlements")
    kept = vault.unseal(row["bill_sealed"], f"settlements.ruled:{done.id}")
    assert kept.split(b"\n") == [done.bill, done.ruling]
    assert row["ruling_sealed"] == b""
    assert load_settlement(db, vault, done.id) == done


def test_what_an_earlier_release_settled_is_delivered_line_by_line(ground: Ground) -> None:
    done = pressed(ground, ground.discharged())
    ground.site.store.read().execute("drop trigger settlement_says_the_same")
    sealed_apart(ground, done.id)
    assert [one["id"] for one in delivered(ground)["settlement"]["lines"]] == ["1"]


def test_a_bill_so_long_that_the_wire_may_refuse_it_is_signed_with_its_cause(
    ground: Ground,
) -> None:
    stay = ground.discharged(line("x" * DRAFTED_BYTES_MAX))
    pressed(ground, stay)
    assert drafts(ground) == []
    assert {"charges", "settlement"} <= delivered(ground).keys()


def test_a_bill_that_is_too_long_for_the_wire_is_not_settled(ground: Ground) -> None:
    stay = ground.discharged(line("x" * SIGNED_BYTES_MAX))
    before = ground.count("outbox")
    with pytest.raises(BadEnvelope, match="TOO_LARGE"):
        pressed(ground, stay)
    assert (ground.count("settlements"), ground.count("outbox")) == (0, before)
