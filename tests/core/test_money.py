"""Money: what is a number, how it is rounded, how it is written."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.money import (
    FEN_MAX,
    PRICE_MAX,
    PRICE_UNIT,
    QUANTITY_MAX,
    QUANTITY_UNIT,
    amount_agrees,
    amount_fen,
    half_up,
    multiplier_of,
    parse_price,
    parse_quantity,
    quantity_of,
    share_of,
    yuan,
)

prices = st.integers(0, PRICE_MAX)
quantities = st.integers(-QUANTITY_MAX, QUANTITY_MAX)


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("0", 0),
        ("2", 20_000),
        ("007", 70_000),
        ("0.5", 5_000),
        ("0.0001", 1),
        ("-1.2500", -12_500),
        ("1000000", QUANTITY_MAX),
        ("-1000000.0000", -QUANTITY_MAX),
    ],
)
def test_a_quantity_of_at_most_four_places_is_read_in_ten_thousandths(
    text: str, quantity: int
) -> None:
    assert parse_quantity(text) == quantity


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", ".5", "2.", "+2", " 2", "2\n", "1e3", "0.00001", "1,000", "２", "NaN", "--1"),
        *("1000000.0001", "-1000000.0001", "9" * 5000),
    ],
)
def test_anything_else_is_no_quantity(text: str) -> None:
    assert parse_quantity(text) is None


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("0", 0),
        ("12.345600", 12_345_600),
        ("0.000001", 1),
        ("1000000000.000000", PRICE_MAX),
    ],
)
def test_a_price_of_at_most_six_places_is_read_in_millionths_of_a_yuan(
    text: str, price: int
) -> None:
    assert parse_price(text) == price


@pytest.mark.parametrize(
    "text", ["", "-1", "1.0000000", "1e3", "¥1", "1 ", "１", "1000000000.000001", "9" * 5000]
)
def test_anything_else_is_no_price(text: str) -> None:
    assert parse_price(text) is None


@given(quantities)
def test_a_quantity_written_out_reads_back_the_same(quantity: int) -> None:
    assert parse_quantity(f"{Decimal(quantity) / QUANTITY_UNIT:.4f}") == quantity


@given(prices)
def test_a_price_written_out_reads_back_the_same(price: int) -> None:
    assert parse_price(f"{Decimal(price) / PRICE_UNIT:.6f}") == price


@pytest.mark.parametrize(
    ("limit", "quantity"),
    [
        ("0", 0),
        ("-0", 0),
        ("2", 20_000),
        ("0.0001", 1),
        ("1E+3", 10_000_000),
        ("1E+6", QUANTITY_MAX),
    ],
)
def test_a_limit_of_at_most_four_places_is_taken_exactly(limit: str, quantity: int) -> None:
    assert quantity_of(Decimal(limit)) == quantity


@pytest.mark.parametrize("limit", ["-1", "0.00001", "NaN", "sNaN", "Infinity", "1E+400", "1000001"])
def test_anything_else_is_no_limit(limit: str) -> None:
    assert quantity_of(Decimal(limit)) is None


@pytest.mark.parametrize(
    ("given_", "multiplier"),
    [("0.0001", 1), ("1.5", 15_000), ("100", 1_000_000), ("0", None), ("100.0001", None)],
)
def test_a_multiplier_is_above_nothing_and_at_most_a_hundred(
    given_: str, multiplier: int | None
) -> None:
    assert multiplier_of(Decimal(given_)) == multiplier


@given(prices, quantities)
def test_an_amount_is_the_product_rounded_half_up_by_magnitude(price: int, quantity: int) -> None:
    exact = Decimal(price) / PRICE_UNIT * Decimal(quantity) / QUANTITY_UNIT * 100
    assert amount_fen(price, quantity) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("price", "quantity", "fen"),
    [("0.005", "1", 1), ("0.004999", "1", 0), ("0.005", "-1", -1), ("12.3456", "2", 2469)],
)
def test_half_a_fen_rounds_away_from_nothing(price: str, quantity: str, fen: int) -> None:
    counted, priced = parse_quantity(quantity), parse_price(price)
    assert counted is not None
    assert priced is not None
    assert amount_fen(priced, counted) == fen


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_rounding_is_the_same_for_what_is_given_and_what_is_given_back(
    numerator: int, denominator: int
) -> None:
    assert half_up(-numerator, denominator) == -half_up(numerator, denominator)


@given(prices, quantities, st.integers(-3, 3))
def test_an_amount_agrees_when_it_is_the_product_to_within_one_fen(
    price: int, quantity: int, off: int
) -> None:
    product = abs(amount_fen(price, quantity))
    fen = max(0, product + off)
    assert amount_agrees(fen, price, quantity) == (abs(fen - product) <= 1)
    assert amount_agrees(-fen, price, -quantity) == amount_agrees(fen, price, quantity)


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "0.00"),
        (5, "0.05"),
        (-5, "-0.05"),
        (123_456, "1,234.56"),
        (-100_000_000, "-1,000,000.00"),
        (FEN_MAX, "1,000,000,000.00"),
    ],
)
def test_fen_are_written_as_yuan_for_people(fen: int, text: str) -> None:
    assert yuan(fen) == text


@pytest.mark.parametrize(
    ("text", "share"),
    [("0", 0), ("0.1", 1_000), ("0.3333", 3_333), ("1", 10_000)],
)
def test_a_share_lies_between_nothing_and_all(text: str, share: int) -> None:
    assert share_of(Decimal(text)) == share


@pytest.mark.parametrize("text", ["-0.0001", "1.0001", "0.00001", "NaN", "Infinity"])
def test_anything_else_is_no_share(text: str) -> None:
    assert share_of(Decimal(text)) is None
