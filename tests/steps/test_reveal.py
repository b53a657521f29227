"""A whole number: to who proves themselves and says why, and entered either way."""

import json

import pytest

from edge.core.cases import CaseKind, CaseRef
from edge.core.errors import NotAllowed, NotFound
from edge.steps.reveal import Ground as Why
from edge.steps.reveal import Request, reveal
from edge.store.ledger import latest
from tests.steps.colleagues import CLERK, PASSWORD, staffed
from tests.steps.conftest import Ground


def wish(stay: str, password: str = PASSWORD) -> Request:
    case = CaseRef(CaseKind.STAY, stay)
    return Request(case=case, ground=Why.COMPLAINT, password=password)


def test_who_types_their_own_password_sees_the_person_and_it_is_entered(ground: Ground) -> None:
    stay = staffed(ground).discharged()
    shown = reveal(ground.site, wish(stay.id), CLERK)
    assert shown.person == stay.person_id
    assert len(shown.identity.number) == 18
    assert shown.identity.number not in repr(shown)
    [entry] = latest(ground.site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.operator) == ("identity.revealed", CLERK)
    assert json.loads(entry.act.body) == {"ground": "complaint", "person": stay.person_id}


def test_a_wrong_password_shows_nobody_is_entered_and_counts(ground: Ground) -> None:
    stay = staffed(ground).discharged()
    for _ in range(5):
        with pytest.raises(NotAllowed) as refused:
            reveal(ground.site, wish(stay.id, "wrong-password"), CLERK)
        assert refused.value.code == "REAUTHENTICATION_FAILED"
    [entry] = latest(ground.site.store.read(), limit=1)
    assert entry.act.kind == "reveal.refused"
    with pytest.raises(NotAllowed):  # locked by now
        reveal(ground.site, wish(stay.id), CLERK)


def test_of_a_case_that_is_not_here_nobody_is_shown(ground: Ground) -> None:
    staffed(ground)
    with pytest.raises(NotFound):
        reveal(ground.site, wish("nowhere"), CLERK)
