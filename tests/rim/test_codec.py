"""The rim: bytes to typed values, wrong ones refused by path, and the same bytes back."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import codec
from edge.core.errors import BadInput


@dataclass(frozen=True, slots=True)
class Item:
    """A part."""

    code: str
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A whole with every shape of part."""

    name: str
    items: tuple[Item, ...] | None = ()
    first: Item | None = None
    notes: dict[str, int] | None = None


@pytest.mark.parametrize(
    ("given_", "code", "field"),
    [
        (b"", "MALFORMED_JSON", ""),
        (b"{", "MALFORMED_JSON", ""),
        (b'{"name": "\xff"}', "MALFORMED_JSON", ""),
        (b"[]", "BAD_FIELD", ""),
        (b"{}", "BAD_FIELD", "name"),
        (b'{"name": 1}', "BAD_FIELD", "name"),
        (b'{"name": "n", "items": [{"code": "a"}, {}]}', "BAD_FIELD", "items[1].code"),
        (b'{"name": "n", "first": {"code": "a", "on": "x"}}', "BAD_FIELD", "first.on"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_path(given_: bytes, code: str, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        codec.decode(given_, Order)
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        ({"name": "n", "nmae": 1}, "nmae"),
        ({"name": "n", "items": [{"code": "a"}, {"code": "b", "no": 0}]}, "items[1].no"),
        ({"name": "n", "first": {"code": "a", "onn": None}}, "first.onn"),
    ],
)
def test_a_key_that_no_field_has_is_named(given_: object, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        codec.decode_exactly(json.dumps(given_), Order)
    assert (refused.value.code, refused.value.field) == ("UNKNOWN_FIELD", field)
    with pytest.raises(BadInput) as refused:
        codec.decode_exactly(json.dumps([given_]), list[Order])
    assert refused.value.field == f"[0].{field}"


def test_known_keys_pass_and_a_dictionary_may_hold_any() -> None:
    order = {"name": "n", "items": None, "first": {"code": "a"}, "notes": {"any": 1}}
    assert codec.decode_exactly(json.dumps(order), Order).notes == {"any": 1}


def test_a_key_that_is_null_is_a_key_left_out() -> None:
    assert codec.decode_exactly('{"name": "n", "items": null, "first": null}', Order) == Order("n")
    with pytest.raises(BadInput) as refused:
        codec.decode_exactly('{"name": null}', Order)
    assert (refused.value.code, refused.value.field) == ("BAD_FIELD", "name")


orders = st.builds(
    Order,
    name=st.text(),
    items=st.lists(st.builds(Item, code=st.text(), on=st.none() | st.dates())).map(tuple),
    first=st.none() | st.builds(Item, code=st.text()),
    notes=st.none() | st.dictionaries(st.text(), st.integers(-(2**53), 2**53)),
)


@given(orders)
def test_what_is_written_reads_back_and_is_written_the_same(order: Order) -> None:
    written = codec.encode(order)
    assert codec.decode(written, Order) == order
    assert codec.encode(codec.decode(written, Order)) == written


@given(st.dictionaries(st.text(), st.integers(0, 9)))
def test_the_order_of_keys_does_not_change_the_bytes(value: dict[str, int]) -> None:
    backwards = dict(reversed(list(value.items())))
    assert codec.encode(backwards) == codec.encode(value)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(BadInput):
        assert isinstance(codec.decode(data, Order), Order)


def test_a_part_that_was_written_already_stands_in_the_whole_as_it_would() -> None:
    order = Order("n", (Item("b", date(2024, 6, 1)), Item("a")), notes={"z": 1, "a": 2})
    items, notes = codec.encode(order.items), codec.encode(order.notes)
    assert codec.encode_around(order, items=items, notes=notes) == codec.encode(order)
