"""A clerk ends a doubt about a name with a reason; another number is nobody's to confirm."""

import pytest

from edge import codec
from edge.core.errors import Conflict
from edge.core.stay import Injury
from edge.core.verification import Code, Decision
from edge.steps.admit import Admission, admit
from edge.steps.charge import charge
from edge.steps.confirm_identity import confirm_identity
from edge.steps.discharge import discharge
from edge.steps.replay import Same, replay
from edge.steps.settle import Request, settle
from edge.store.ledger import latest
from edge.store.settlements import Settlement
from edge.store.verifications import Verification
from tests.steps.conftest import CLERK, FACTS, Ground, line

REASON = "查验身份证件：参保信息用异体字，系同一人"


def doubted(ground: Ground, name: str = "测试㐂") -> Verification:
    """Let the record write the worker's name otherwise."""
    ground.platform.facts = FACTS | {"worker": FACTS["worker"] | {"name": name}}
    return ground.verified()


def codes(verification: Verification) -> list[str]:
    return [reason.code for reason in verification.verdict.reasons]


def test_a_reason_turns_the_hold_into_what_it_would_be_without_the_doubt(ground: Ground) -> None:
    before = doubted(ground)
    assert (before.verdict.decision, Code.IDENTITY_UNPROVEN in codes(before)) == ("hold", True)
    after = confirm_identity(ground.site, before.id, REASON, CLERK)
    assert after.verdict.decision is Decision.DIRECT
    assert after.facts.credential.confirmed == REASON
    assert isinstance(replay(ground.site, after.id), Same)


def test_it_is_audited_without_the_reason_or_a_name(ground: Ground) -> None:
    before = doubted(ground)
    confirm_identity(ground.site, before.id, REASON, CLERK)
    acts = [entry.act for entry in latest(ground.site.store.read(), limit=2)]
    assert [act.kind for act in acts] == ["cover.verified", "identity.confirmed"]
    assert (acts[1].operator, acts[1].subject) == (CLERK, before.id)
    assert REASON not in acts[1].body
    stored = codec.encode(list(ground.site.store.read().query("select * from stays")))
    assert REASON.encode() not in stored


def test_the_same_two_names_are_not_asked_about_again_up_to_the_settlement(ground: Ground) -> None:
    admission = Admission(
        verification=confirm_identity(ground.site, doubted(ground).id, REASON, CLERK).id,
        hospital_number="ZY1",
        injury=Injury(determination="认定1", parts="左手"),
    )
    stay = admit(ground.site, admission, CLERK)
    charge(ground.site, stay.id, (line("1"),), CLERK)
    discharge(ground.site, stay.id, None, CLERK)
    assert isinstance(settle(ground.site, Request(case=stay.ref, key="k1"), CLERK), Settlement)


def test_a_third_spelling_is_a_new_doubt(ground: Ground) -> None:
    confirm_identity(ground.site, doubted(ground).id, REASON, CLERK)
    assert Code.IDENTITY_UNPROVEN not in codes(doubted(ground))
    assert Code.IDENTITY_UNPROVEN in codes(doubted(ground, "测试乙"))


def test_pressed_twice_the_first_word_stands(ground: Ground) -> None:
    before = doubted(ground)
    confirm_identity(ground.site, before.id, REASON, CLERK)
    again = confirm_identity(ground.site, before.id, "另一理由", CLERK)
    assert again.facts.credential.confirmed == REASON
    assert ground.count("identity_confirmations") == 1


def test_there_is_nothing_to_confirm_where_nothing_is_doubted(ground: Ground) -> None:
    with pytest.raises(Conflict) as refused:
        confirm_identity(ground.site, ground.verified().id, REASON, CLERK)
    assert refused.value.code == "NOTHING_TO_CONFIRM"
    assert ground.count("identity_confirmations") == 0


def test_another_number_stays_another_number(ground: Ground) -> None:
    other = {"id_number": "110101198001010010", "name": "测试㐂"}
    ground.platform.facts = FACTS | {"worker": FACTS["worker"] | other}
    before = ground.verified()
    assert Code.IDENTITY_MISMATCH in codes(before)
    after = confirm_identity(ground.site, before.id, REASON, CLERK)
    assert after.verdict.decision is Decision.HOLD
    assert Code.IDENTITY_MISMATCH in codes(after)
