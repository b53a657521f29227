"""Manual reimbursement: only what cannot settle directly, with its ground, once and for good."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from edge.core.errors import BadInput, Conflict, EdgeError, Fault, NotFound
from edge.core.fallback import ManualPackage
from edge.core.stay import StayState
from edge.core.verification import Decision
from edge.steps.charge import charge
from edge.steps.fall_back import Request, fall_back, package_handed
from edge.steps.preview import preview
from edge.steps.settle import Request as Press
from edge.steps.settle import settle
from edge.store.ledger import latest
from edge.store.settlements import add_settlement, settlement_of
from edge.store.stays import load_stay
from sync.envelope import Kind
from tests.steps.colleagues import CLERK, reversed_by_both, settled, staffed, stay_ref
from tests.steps.conftest import FACTS, PERSON, Ground, line

TABLES = ("ledger", "outbox", "verifications", "manual_packages")


def counts(ground: Ground) -> list[int]:
    return [ground.count(table) for table in TABLES]


def state_of(ground: Ground, stay: str) -> StayState:
    return load_stay(ground.site.store.read(), stay).state


def handed(ground: Ground, stay: str, *, third_party: bool = True) -> ManualPackage:
    request = Request(case=stay_ref(stay), reason="与职工商定", third_party=third_party)
    return fall_back(ground.site, request, CLERK)


def refusal(ground: Ground, stay: str, *, third_party: bool = False) -> str:
    before = counts(ground)
    with pytest.raises(EdgeError) as refused:
        handed(ground, stay, third_party=third_party)
    assert counts(ground) == before
    return refused.value.code


def test_with_the_network_down_it_goes_by_the_article_on_faults(ground: Ground) -> None:
    stay = ground.discharged()
    ground.platform.down = True
    package = handed(ground, stay.id, third_party=False)
    assert (package.ground.code, package.ground.article) == (
        "PLATFORM_UNREACHABLE",
        "津 第二十九条",
    )
    assert package.verdict.decision is Decision.HOLD
    assert state_of(ground, stay.id) is StayState.MANUAL


def test_the_package_holds_all_that_its_documents_need(ground: Ground) -> None:
    stay = ground.discharged(line("1", price="9.00"), line("2", price="12.00"))
    shown = preview(ground.site, stay.ref)
    package = handed(ground, stay.id)
    assert package.stay == replace(stay, state=StayState.MANUAL)
    assert (package.person.number, package.person.name) == (PERSON.number, PERSON.name)
    assert package.reason == "与职工商定"
    assert package.ground.code == "THIRD_PARTY_LIABILITY"
    assert package.ground.article == package.verdict.reasons[0].article
    assert all(reason.article for reason in package.verdict.reasons)
    assert (package.bill, package.ruling) == (shown.bill, shown.ruling)
    assert package.handed_at == ground.clock()
    assert [paper.zh for paper in package.papers if paper.is_bill] == ["住院收费票据"]
    assert {paper.article for paper in package.papers} == {"客户规则"}
    assert not any(paper.asked_back for paper in package.papers)
    assert package.reversed_settlement is None


def test_package_ledger_entry_and_message_are_one(ground: Ground) -> None:
    stay = ground.discharged()
    before = counts(ground)
    handed(ground, stay.id)
    assert [a - b for a, b in zip(counts(ground), before, strict=True)] == [1, 1, 1, 1]
    [entry] = latest(ground.site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.subject) == ("stay.handed_to_manual", stay.id)
    assert json.loads(entry.act.body)["ground"] == "THIRD_PARTY_LIABILITY"
    [message, *_] = ground.site.outbox.messages(ground.site.store.read())
    assert (message.kind, message.order_key) == (Kind.MANUAL, stay.id)


def test_a_fault_while_committing_leaves_nothing(ground: Ground) -> None:
    stay = ground.discharged()
    before = counts(ground)
    # The last thing that is written is the ledger entry.
    ground.site.store.read().execute(
        "create trigger full before insert on ledger begin select raise(abort, 'disk full'); end"
    )
    with pytest.raises(Fault):
        handed(ground, stay.id)
    assert counts(ground) == before
    assert state_of(ground, stay.id) is StayState.DISCHARGED


def test_asked_again_the_same_package_is_given(ground: Ground) -> None:
    stay = ground.discharged()
    package = handed(ground, stay.id)
    before = counts(ground)
    assert handed(ground, stay.id, third_party=False) == package
    assert counts(ground) == before


def test_reading_the_package_gives_it_whole_and_enters_who_looked(ground: Ground) -> None:
    stay = ground.discharged()
    package = handed(ground, stay.id)
    assert package_handed(ground.site, stay.ref, "财务员") == package
    [entry] = latest(ground.site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.operator) == ("identity.shown", "财务员")


@pytest.mark.parametrize("stay", ["nowhere", ""])
def test_there_is_no_package_of_an_unknown_stay(ground: Ground, stay: str) -> None:
    with pytest.raises(NotFound) as refused:
        package_handed(ground.site, stay_ref(stay), CLERK)
    assert refused.value.code == "UNKNOWN_STAY"


def test_there_is_no_package_of_a_stay_that_is_not_in_manual(ground: Ground) -> None:
    with pytest.raises(NotFound) as refused:
        package_handed(ground.site, ground.discharged().ref, CLERK)
    assert refused.value.code == "NO_MANUAL_PACKAGE"


def test_the_identity_lies_sealed(ground: Ground) -> None:
    handed(ground, ground.discharged().id)
    files = list(ground.site.settings.data.glob("edge.db*"))
    assert not any(PERSON.number.encode() in file.read_bytes() for file in files)


def test_what_settles_directly_does_not_go_to_manual(ground: Ground) -> None:
    assert refusal(ground, ground.discharged().id) == "NOT_MANUAL"


def test_a_local_worker_does_not_go_to_manual(ground: Ground) -> None:
    stay = ground.discharged()
    local = {"insured_region": "120000", "insured_city": "120100"}
    ground.platform.facts = FACTS | {"worker": FACTS["worker"] | local}
    assert refusal(ground, stay.id) == "NOT_MANUAL"


def test_lines_that_cannot_be_ruled_are_a_ground(ground: Ground) -> None:
    stay = ground.discharged(line("1"), line("2", code="NOWHERE"))
    package = handed(ground, stay.id, third_party=False)
    assert (package.ground.code, package.ground.article) == ("LINES_REFUSED", "津 第二十九条")
    assert [refused.id for refused in package.ruling.refused] == ["2"]


def test_without_charges_there_is_nothing_to_reimburse(ground: Ground) -> None:
    from edge.steps.discharge import discharge

    stay = discharge(ground.site, ground.admitted().id, None, CLERK)
    assert refusal(ground, stay.id, third_party=True) == "NO_CHARGES"


def test_a_stay_in_hospital_and_a_settled_one_do_not_go_to_manual(ground: Ground) -> None:
    assert refusal(ground, ground.admitted().id, third_party=True) == "STAY_STATE"
    ground.site.store.read().execute("update stays set state = 'cancelled'")
    stay = ground.discharged()
    settled(ground, stay.id)
    assert refusal(ground, stay.id, third_party=True) == "STAY_STATE"
    with pytest.raises(Fault):
        ground.site.store.read().execute("update stays set state = 'manual'")


def test_a_reason_is_demanded(ground: Ground) -> None:
    request = Request(case=ground.discharged().ref, reason=" ", third_party=True)
    with pytest.raises(BadInput) as refused:
        fall_back(ground.site, request, CLERK)
    assert refused.value.code == "FIELD_EMPTY"


def test_a_reversed_stay_goes_to_manual_and_asks_the_original_bill_back(ground: Ground) -> None:
    stay = staffed(ground).discharged()
    first = settled(ground, stay.id)
    reversed_by_both(ground, first.id)
    package = handed(ground, stay.id)
    assert package.reversed_settlement == first.id
    assert [paper.zh for paper in package.papers if paper.asked_back] == ["住院收费票据"]
    kinds = [m.kind for m in ground.site.outbox.messages(ground.site.store.read(), limit=2)]
    assert kinds == [Kind.MANUAL, Kind.REVERSAL]


def test_a_stay_in_manual_is_never_settled_here(ground: Ground) -> None:
    stay = ground.discharged()
    handed(ground, stay.id)
    with pytest.raises(Conflict, match="STAY_STATE"):
        settle(ground.site, Press(case=stay.ref, key="k1"), CLERK)
    with pytest.raises(Conflict, match="STAY_STATE"):
        charge(ground.site, stay.id, [line("9")], CLERK)
    for state in set(StayState) - {StayState.MANUAL}:
        with pytest.raises(Fault):
            ground.site.store.read().execute("update stays set state = ?", [state])
    assert ground.count("settlements") == 0


def test_the_database_itself_settles_no_stay_in_manual(ground: Ground) -> None:
    gone = ground.discharged()
    handed(ground, gone.id)
    other = settled(ground, ground.discharged().id)
    forged = replace(other, id="x", case=gone.ref, idempotency_key="x")
    with pytest.raises(Fault, match="never settled"):
        add_settlement(ground.site.store.read(), ground.site.vault, forged)


def test_the_database_itself_hands_no_settled_stay_over(ground: Ground) -> None:
    """Raw SQL by whoever has the file: the package, the state and the settlement bar each other."""
    gone = ground.discharged()
    handed(ground, gone.id)
    done = ground.discharged()
    standing = settled(ground, done.id)
    columns = "verification_id, ground, article, package_sealed, message_id, handed_at"
    copied = (
        f"insert into manual_packages (stay_id, {columns})"  # noqa: S608 - ours
        f" select ?, {columns} from manual_packages"
    )
    db = ground.site.store.read()
    for forged in (done.id, ground.admitted().id):
        with pytest.raises(Fault, match="only a case in manual has a package"):
            db.execute(copied, [forged])
    with pytest.raises(Fault, match="a settled stay never goes to manual"):
        db.execute("update stays set state = 'manual' where id = ?", [done.id])
    # Even where somebody has bent the state, the package bars the settlement.
    db.execute("drop trigger manual_is_final")
    db.execute("update stays set state = 'discharged' where id = ?", [gone.id])
    second = replace(standing, id="x", case=gone.ref, idempotency_key="x")
    with pytest.raises(Fault, match="a case with a manual package is never settled"):
        add_settlement(db, ground.site.vault, second)


@pytest.mark.parametrize(
    "change", ["delete from manual_packages", "update manual_packages set article = ''"]
)
def test_the_database_itself_keeps_what_was_handed_over(ground: Ground, change: str) -> None:
    handed(ground, ground.discharged().id)
    with pytest.raises(Fault):
        ground.site.store.read().execute(change)


def test_a_desk_that_settles_and_one_that_hands_over_do_not_both_win(ground: Ground) -> None:
    for round_ in range(4):
        stay = ground.discharged().id
        acts = (partial(settled, ground, stay, f"k{round_}"), partial(handed, ground, stay))
        outcomes, codes = together(*acts)
        assert codes == ["STAY_STATE"]
        effective = settlement_of(ground.site.store.read(), ground.site.vault, stay_ref(stay))
        assert state_of(ground, stay) is (StayState.SETTLED if effective else StayState.MANUAL)
        assert [isinstance(one, ManualPackage) for one in outcomes] == [effective is None]


def together(*acts: Callable[[], object]) -> tuple[list[object], list[str]]:
    """Run all at once, each in a thread; return what came of them, and the codes of refusals."""
    outcomes: list[object] = []
    codes: list[str] = []

    def run(act: Callable[[], object]) -> None:
        try:
            outcomes.append(act())
        except Conflict as refused:
            codes.append(refused.code)

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes, codes
