"""A stored settlement is decided again: the same bytes, or what parts them, by name."""

from dataclasses import replace
from typing import Any

import pytest

from edge import codec, packs
from edge.core.catalogue import CostKind
from edge.core.errors import Fault, NotFound
from edge.core.rules import Rulebook
from edge.core.verification import Facts, Verdict
from edge.digest import sha256
from edge.shipped import config_folder
from edge.site import Site
from edge.site.rulebooks import kept_by_release
from edge.steps.replay import Difference, Differs, Same, replay, said
from edge.store.kept_packs import keep_packs
from edge.store.settlements import Settlement, evidence_of, load_settlement
from tests.catalogues.shelf import keep_rows, row
from tests.steps.colleagues import reversed_by_both, settled, staffed
from tests.steps.conftest import Ground, line


def settlement(ground: Ground) -> Settlement:
    stay = ground.discharged(line("1", price="9.00"), line("2", price="12.00"))
    return settled(ground, stay.id)


def with_packs(site: Site, *, region: str, **other: str) -> Site:
    """Return the site with the packs of one region otherwise."""
    packs = site.rulebook.packs
    changed = [replace(p, **other) if p.region == region else p for p in packs]  # type: ignore[arg-type]
    return replace(site, rulebook=Rulebook(changed))


def stored_otherwise(ground: Ground, table: str, column: str, row: str, value: object) -> None:
    """Seal another value in a row, as only who has the keys could."""
    db = ground.site.store.read()
    db.execute("drop trigger settlement_says_the_same")
    if table == "settlements":
        sealed_apart(ground, row)
    sealed = ground.site.vault.seal_value(value, f"{table}.{column}:{row}")
    db.execute(f"update {table} set {column}_sealed = ? where id = ?", [sealed, row])  # noqa: S608 - ours


def sealed_apart(ground: Ground, settlement_id: str) -> None:
    """Keep a settlement as earlier releases did: bill and ruling under a seal of their own."""
    db, vault = ground.site.store.read(), ground.site.vault
    kept = load_settlement(db, vault, settlement_id)
    db.execute(
        "update settlements set bill_sealed = ?, ruling_sealed = ? where id = ?",
        [
            vault.seal(kept.bill, f"settlements.bill:{settlement_id}"),
            vault.seal(kept.ruling, f"settlements.ruling:{settlement_id}"),
            settlement_id,
        ],
    )


def test_a_settlement_that_an_earlier_release_kept_is_the_same(ground: Ground) -> None:
    first = settlement(ground)
    ground.site.store.read().execute("drop trigger settlement_says_the_same")
    sealed_apart(ground, first.id)
    db, vault = ground.site.store.read(), ground.site.vault
    assert load_settlement(db, vault, first.id) == first
    assert replay(ground.site, first.id) == Same()


def test_a_settlement_replays_byte_for_byte(ground: Ground) -> None:
    outcome = replay(ground.site, settlement(ground).id)
    assert outcome == Same()
    assert said(outcome).startswith("✓")


def test_a_verification_replays_byte_for_byte(ground: Ground) -> None:
    assert replay(ground.site, ground.verified().id) == Same()


def test_a_verification_that_nobody_could_answer_replays(ground: Ground) -> None:
    ground.platform.down = True
    asked = ground.verified()
    assert asked.basis == "none"
    assert replay(ground.site, asked.id) == Same()


def test_a_verification_whose_pack_was_never_kept_here_is_told_so(ground: Ground) -> None:
    asked = ground.verified()
    outcome = replay(with_packs(ground.site, region="120000", sha256="f" * 64), asked.id)
    assert isinstance(outcome, Differs)
    assert [one.what for one in outcome.what] == ["pack 120000 (treatment)"]


def test_the_place_where_a_verification_parts_is_named(ground: Ground) -> None:
    asked = ground.verified()
    late = replace(asked.facts, third_party=True)
    stored_otherwise(ground, "verifications", "facts", asked.id, late)
    outcome = replay(ground.site, asked.id)
    assert isinstance(outcome, Differs)
    assert (outcome.what[0].what, outcome.what[0].now) == ("verdict.decision", '"manual"')


def test_a_bill_stored_with_one_bed_day_standard_and_no_word_of_changes_replays(
    ground: Ground,
) -> None:
    keep_rows(ground.site.store, [row("BED", CostKind.BED)], version="beds", bed_day_fen=5000)
    stay = ground.discharged(line("1", "BED", "60.00"), line("2"))
    first = settled(ground, stay.id)
    bill = codec.decode(first.bill, dict[str, Any])
    assert bill["standards"].pop("changes") == []
    stored_otherwise(ground, "settlements", "bill", first.id, bill)
    assert replay(ground.site, first.id) == Same()


def test_a_bill_whose_rows_were_stored_before_lists_had_names_and_shares_replays(
    ground: Ground,
) -> None:
    first = settlement(ground)
    bill = codec.decode(first.bill, dict[str, Any])
    for kept in bill["catalogue"]:
        assert (kept.pop("insurance"), kept.pop("co_payment_share")) == (None, None)
    stored_otherwise(ground, "settlements", "bill", first.id, bill)
    db = ground.site.store.read()
    digest = sha256(codec.encode(bill["catalogue"]))
    db.execute("update settlements set catalogue_sha256 = ? where id = ?", [digest, first.id])
    assert replay(ground.site, first.id) == Same()


def test_what_was_reversed_still_replays(ground: Ground) -> None:
    first = settlement(staffed(ground))
    reversed_by_both(ground, first.id)
    second = settled(ground, first.case, "k2")
    ground.clock.pass_time(days=400)
    assert replay(ground.site, first.id) == replay(ground.site, second.id) == Same()


def test_a_pack_that_was_changed_is_named_and_nothing_is_pretended(ground: Ground) -> None:
    first = settlement(ground)
    [kept] = [pack for pack in first.packs if pack.region == "120000"]
    changed = with_packs(ground.site, region="120000", sha256="f" * 64, version="2027.1")
    outcome = replay(changed, first.id)
    now = f"2027.1 {'f' * 64}"
    gone = Difference("pack 120000 (treatment)", f"{kept.version} {kept.sha256}", now)
    assert outcome == Differs((gone,))
    assert said(outcome) == f"✗ pack 120000 (treatment): {kept.version} {kept.sha256} → {now}"


def test_the_same_version_number_of_another_file_is_another_pack(ground: Ground) -> None:
    first = settlement(ground)
    outcome = replay(with_packs(ground.site, region="120000", sha256="f" * 64), first.id)
    assert isinstance(outcome, Differs)


def test_a_pack_that_is_gone_is_named(ground: Ground) -> None:
    first = settlement(ground)
    left = [pack for pack in ground.site.rulebook.packs if pack.region != "110000"]
    outcome = replay(replace(ground.site, rulebook=Rulebook(left)), first.id)
    assert isinstance(outcome, Differs)
    assert [(one.what, one.now) for one in outcome.what] == [("pack 110000 (insured)", "not here")]


def test_what_an_earlier_pack_decided_is_decided_by_that_pack_again(ground: Ground) -> None:
    first = settlement(ground)
    site = ground.site
    with site.store.transaction() as db:
        shipped = packs.pack_files(config_folder() / "regions")
        keep_packs(db, kept_by_release(shipped), site.clock())
    changed = with_packs(site, region="120000", sha256="f" * 64, version="2027.1")
    assert replay(changed, first.id) == Same()


def test_a_pack_that_did_not_decide_may_change(ground: Ground) -> None:
    first = settlement(ground)
    assert replay(with_packs(ground.site, region="510000", sha256="f" * 64), first.id) == Same()


def test_the_place_where_a_ruling_parts_is_named(ground: Ground) -> None:
    first = settlement(ground)
    ruling = codec.decode(first.ruling, dict[str, object])
    stored_otherwise(ground, "settlements", "ruling", first.id, {**ruling, "fund_fen": 1})
    assert replay(ground.site, first.id) == Differs(
        (
            Difference("ruling.fund_fen", "1", "1900"),
            Difference("settlement.fund_fen", "1900", "1"),
        )
    )


def test_lines_that_part_are_named_by_their_place_or_as_a_whole(ground: Ground) -> None:
    first = settlement(ground)
    ruling = codec.decode(first.ruling, dict[str, Any])
    lines = ruling["lines"]
    stored_otherwise(ground, "settlements", "ruling", first.id, {**ruling, "lines": lines[:1]})
    outcome = replay(ground.site, first.id)
    assert isinstance(outcome, Differs)
    assert outcome.what[0].what == "ruling.lines"
    assert outcome.what[0].now.endswith("…")


def test_sums_that_are_not_the_rulings_are_named(ground: Ground) -> None:
    first = settlement(ground)
    db = ground.site.store.read()
    db.execute("drop trigger settlement_says_the_same")
    db.execute("update settlements set fund_fen = 0, personal_fen = total_fen")
    db.execute("update settlements set catalogue_sha256 = 'x'")
    outcome = replay(ground.site, first.id)
    assert isinstance(outcome, Differs)
    assert [one.what for one in outcome.what] == [
        "settlement.fund_fen",
        "settlement.personal_fen",
        "settlement.catalogue",
    ]


def test_the_place_where_a_verdict_parts_is_named(ground: Ground) -> None:
    first = settlement(ground)
    evidence = evidence_of(ground.site.store.read(), ground.site.vault, first)
    verdict = codec.decode(evidence.verdict, Verdict)
    other = replace(verdict, reasons=(replace(verdict.reasons[0], article="他 第一条"),))
    assert len(verdict.reasons) == 1
    stored_otherwise(ground, "verifications", "verdict", first.verification_id, other)
    outcome = replay(ground.site, first.id)
    assert isinstance(outcome, Differs)
    assert outcome.what[0].what == "verdict.reasons[0].article"


def test_inputs_that_a_later_release_refuses_differ(ground: Ground) -> None:
    first = settlement(ground)
    evidence = evidence_of(ground.site.store.read(), ground.site.vault, first)
    facts = codec.decode(evidence.facts, Facts)
    impossible = replace(facts, discharged_at=None)
    stored_otherwise(ground, "verifications", "facts", first.verification_id, impossible)
    outcome = replay(ground.site, first.id)
    assert isinstance(outcome, Differs)
    [differs] = outcome.what
    assert (differs.what, differs.now) == ("verdict", '"refused: DATE_MISSING discharged_at"')


def test_an_input_that_was_tampered_with_is_a_fault(ground: Ground) -> None:
    first = settlement(ground)
    ground.site.store.read().execute("update verifications set facts_sealed = zeroblob(64)")
    with pytest.raises(Fault) as broken:
        replay(ground.site, first.id)
    assert broken.value.code == "SEAL_BROKEN"


def test_an_unknown_settlement_is_not_found(ground: Ground) -> None:
    with pytest.raises(NotFound):
        replay(ground.site, "nowhere")
