"""The chain: what was entered verifies, what was touched is found at its place."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge.core.audit import (
    GENESIS,
    Act,
    Anchor,
    BrokenLink,
    Entry,
    chained,
)
from edge.core.audit import first_broken as first_broken_link
from edge.digest import KeyedSm3, hmac_sm3, sm3

KEY = KeyedSm3(b"k" * 32)

ACT = Act(kind="k", at="a", operator="o", subject="s", body="{}")

acts = st.builds(
    Act, kind=st.text(), at=st.text(), operator=st.text(), subject=st.text(), body=st.text()
)


def chain(made: list[Act], key: KeyedSm3 = KEY) -> list[Entry]:
    entries: list[Entry] = []
    for act in made:
        prev = entries[-1].mac if entries else GENESIS
        entries.append(chained(key, act, seq=len(entries) + 1, prev=prev))
    return entries


def first_broken(key: KeyedSm3, entries: list[Entry], *anchors: Anchor) -> BrokenLink | None:
    return first_broken_link(key, [entry.link for entry in entries], anchors)


def anchor(entry: Entry, **other: object) -> Anchor:
    return replace(Anchor(seq=entry.seq, mac=entry.mac, source="paper"), **other)  # type: ignore[arg-type]


def test_the_mac_is_the_formula_that_was_promised() -> None:
    row = b"".join(len(f).to_bytes(4, "big") + f for f in (b"k", b"a", b"o", b"s", b"{}"))
    [entry] = chain([ACT])
    said = b"\x01" + (1).to_bytes(8, "big") + GENESIS + sm3(b"\x00" + row)
    assert entry.mac == hmac_sm3(b"k" * 32, said)


@given(st.lists(acts, max_size=8))
def test_a_chain_verifies_with_its_key(made: list[Act]) -> None:
    assert first_broken(KEY, chain(made)) is None


@given(st.lists(acts, min_size=1, max_size=6), st.data())
def test_a_changed_act_is_found_at_its_place(made: list[Act], data: st.DataObject) -> None:
    entries = chain(made)
    at = data.draw(st.integers(0, len(made) - 1))
    other = data.draw(acts.filter(lambda act: act != made[at]))
    entries[at] = replace(entries[at], act=other)
    broken = first_broken(KEY, entries)
    assert broken is not None
    assert (broken.seq, broken.reason) == (at + 1, "changed after it was written")


@given(st.lists(acts, min_size=2, max_size=6), st.data())
def test_a_missing_entry_is_found_at_its_place(made: list[Act], data: st.DataObject) -> None:
    entries = chain(made)
    gone = data.draw(st.integers(0, len(made) - 2))
    broken = first_broken(KEY, entries[:gone] + entries[gone + 1 :])
    assert broken is not None
    assert (broken.seq, broken.reason) == (gone + 1, "missing")


def test_an_entry_that_does_not_follow_the_one_before_is_found() -> None:
    entries = chain([ACT] * 3)
    entries[1] = replace(entries[1], prev=b"\x01" * 32)
    broken = first_broken(KEY, entries)
    assert broken is not None
    assert (broken.seq, broken.reason) == (2, "does not follow the entry before it")


def test_another_key_does_not_verify() -> None:
    assert first_broken(KeyedSm3(b"x" * 32), chain([ACT])) is not None


def test_a_cut_tail_is_not_seen_without_an_anchor() -> None:
    entries = chain([ACT, ACT])
    assert first_broken(KEY, entries[:1]) is None
    broken = first_broken(KEY, entries[:1], anchor(entries[1]))
    assert broken == BrokenLink(2, "cut off", "paper")


def test_an_empty_ledger_meets_no_anchor() -> None:
    assert first_broken(KEY, []) is None
    assert first_broken(KEY, [], anchor(chain([ACT])[0])) == BrokenLink(1, "cut off", "paper")


def test_anchors_meet_their_entries_in_any_order_and_more_than_once() -> None:
    entries = chain([ACT] * 4)
    anchors = [anchor(entries[place]) for place in (3, 0, 2, 2)]
    assert first_broken(KEY, entries, *anchors) is None


def test_a_chain_rewritten_by_who_has_its_key_does_not_meet_an_older_anchor() -> None:
    entries = chain([ACT] * 4)
    rewritten = chain([ACT, replace(ACT, body="{1}"), ACT, ACT])
    broken = first_broken(KEY, rewritten, anchor(entries[0]), anchor(entries[2]))
    assert broken == BrokenLink(3, "is not what was anchored", "paper")


def test_an_anchor_that_nobody_signed_is_found_wherever_it_points() -> None:
    entries = chain([ACT] * 2)
    for seq in (0, 1, 2):
        bad = anchor(entries[0], seq=seq, sound=False)
        broken = first_broken(KEY, entries, bad)
        assert broken == BrokenLink(seq, "its signed head does not verify", "paper")
    broken = first_broken(KEY, entries, anchor(entries[0], seq=9, sound=False))
    assert broken == BrokenLink(3, "its signed head does not verify", "paper")


def test_the_first_of_several_faults_is_named() -> None:
    entries = chain([ACT] * 4)
    false = anchor(entries[1], mac=bytes(32))
    entries[2] = replace(entries[2], prev=bytes(32))
    found = first_broken(KEY, entries, false)
    assert found == BrokenLink(2, "is not what was anchored", "paper")
    assert first_broken(KEY, entries[:1] + entries[2:], false) == BrokenLink(2, "missing")
