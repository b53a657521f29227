"""Whatever is sent however often, in whatever batches: each line counts once, and none is lost."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.core.charges import Charge, Refusal
from edge.core.stay import Stay
from edge.steps.charge import charge
from edge.steps.preview import preview
from edge.store.bills import lines_of
from edge.store.stays import add_stay, newest_stays
from tests.steps.conftest import Ground, line

SYSTEM = "医院信息系统"

some_lines = st.builds(
    line, st.sampled_from("ABCD"), st.sampled_from(["TREAT", "COSMETIC", "NOWHERE"])
)
batches = st.lists(st.lists(some_lines, min_size=1, max_size=5), min_size=1, max_size=6)


def another_stay(ground: Ground) -> Stay:
    """Return a stay like the person's own, without a line."""
    first = newest_stays(ground.site.store.read(), limit=1) or [ground.admitted()]
    name = ground.site.fresh_id()
    stay = replace(first[0], id=name, hospital_number=name)
    with ground.site.store.transaction() as db:
        add_stay(db, stay)
    return stay


def receive(known: dict[str, Charge], batch: list[Charge]) -> tuple[int, int, list[str]]:
    """Take a batch as slowly as it can be told: return what is accepted, known, and refused."""
    standing = {name for name, one in known.items() if one.code != "NOWHERE"}
    new: dict[str, Charge] = {}
    duplicates, clashes = 0, []
    for one in batch:
        if one in (new.get(one.id), None if one.id in new else known.get(one.id)):
            duplicates += 1
        elif one.id in new or one.id in standing:
            clashes.append(one.id)
        else:
            new[one.id] = one
    known.update(new)
    unknown = [name for name in known if name in new and new[name].code == "NOWHERE"]
    return len(new) - len(unknown), duplicates, [*unknown, *clashes]


@given(batches)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_bill_comes_to_the_same_however_its_lines_are_sent(
    ground: Ground, sent: list[list[Charge]]
) -> None:
    site = ground.site
    stay = another_stay(ground)
    known: dict[str, Charge] = {}
    for batch in [*sent, *sent]:
        received = charge(site, stay.id, batch, SYSTEM)
        told = (received.accepted, received.duplicates, [one.id for one in received.refused])
        assert told == receive(known, batch)
        assert lines_of(site.store.read(), site.vault, stay.id) == known
    ruling = preview(site, stay.ref).ruling
    sound = [one for one in known.values() if one.code != "NOWHERE"]
    assert ruling.total_fen == sum(one.amount_fen for one in sound)
    assert {one.id for one in ruling.refused} == known.keys() - {one.id for one in sound}
    assert all(one.code is Refusal.UNKNOWN_CODE for one in ruling.refused)
