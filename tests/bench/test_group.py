"""What the group's bench publishes is what campuses publish: each signed by its own, each once."""

from bench.works.group import MESSAGES_A_STAY, published
from edge.office.campus import Campus
from edge.office.intake import Arrival, Checked, checked
from sync.envelope import new_key


def test_every_envelope_passes_the_check_and_stays_have_several() -> None:
    keys = {name: new_key() for name in ("B1", "B2")}
    campuses = {
        name: Campus(facility=name, name=name, keys={key.kid: key.public()})
        for name, key in keys.items()
    }
    count = 4 * MESSAGES_A_STAY
    passed = [
        checked(Arrival(subject=subject, body=body, place=place), campuses)
        for place, (subject, body) in enumerate(published(keys, count))
    ]
    envelopes = [one.envelope for one in passed if isinstance(one, Checked)]
    assert len({one.id for one in envelopes}) == count
    stays = {(one.facility, one.order_key) for one in envelopes}
    assert len(stays) == count // MESSAGES_A_STAY
