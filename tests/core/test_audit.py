"""The chain: what was entered verifies, what was touched is found at its place."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge.core.audit import Act, Entry, chained, first_broken

KEY = b"k" * 32

acts = st.builds(
    Act, kind=st.text(), at=st.text(), operator=st.text(), subject=st.text(), body=st.text()
)


def chain(made: list[Act], key: bytes = KEY) -> list[Entry]:
    entries: list[Entry] = []
    for act in made:
        entries.append(chained(key, entries[-1] if entries else None, act))
    return entries


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
    act = Act(kind="k", at="a", operator="o", subject="s", body="{}")
    entries = chain([act, act, act])
    entries[1] = replace(entries[1], prev=b"\x01" * 32)
    broken = first_broken(KEY, entries)
    assert broken is not None
    assert (broken.seq, broken.reason) == (2, "does not follow the entry before it")


def test_another_key_does_not_verify() -> None:
    act = Act(kind="k", at="a", operator="o", subject="s", body="{}")
    assert first_broken(b"x" * 32, chain([act])) is not None


def test_a_cut_tail_is_not_seen_without_an_anchor() -> None:
    act = Act(kind="k", at="a", operator="o", subject="s", body="{}")
    assert first_broken(KEY, chain([act, act])[:1]) is None
