"""What parts two rulings is named: sums, lines that came, went or turned, refusals."""

from edge.core.adjudication import Ruling, adjudicate
from edge.core.changes import CHANGES_MAX, Change, changes, in_words
from edge.core.charges import Charge
from edge.core.errors import Words
from tests.core.bills import RULES, bill, line, row

CAPPED = row("A", price_cap_fen=900)
FREE = row("A")


def ruling(*lines: Charge, rows: tuple[object, ...] = (FREE,)) -> Ruling:
    return adjudicate(bill(lines, rows), RULES)  # type: ignore[arg-type]


def told(before: Ruling, after: Ruling) -> list[tuple[str, object, object]]:
    return [(one.what, one.before, one.after) for one in changes(before, after)]


def test_equal_rulings_have_no_changes() -> None:
    assert changes(ruling(line("1", "A")), ruling(line("1", "A"))) == ()


def test_a_line_that_came_or_went_is_told_with_the_sums() -> None:
    one, both = ruling(line("1", "A")), ruling(line("1", "A"), line("2", "A", price="5"))
    assert told(one, both) == [
        ("total_fen", 1000, 1500),
        ("fund_fen", 1000, 1500),
        ("lines.2", None, 500),
    ]
    assert told(both, one)[-1] == ("lines.2", 500, None)


def test_a_line_that_is_ruled_otherwise_is_told_by_what_turned() -> None:
    before, after = ruling(line("1", "A")), ruling(line("1", "A"), rows=(CAPPED,))
    assert told(before, after) == [
        ("fund_fen", 1000, 900),
        ("personal_fen", 0, 100),
        ("lines.1.fund_fen", 1000, 900),
        ("lines.1.personal_fen", 0, 100),
        ("lines.1.bucket", None, "over_standard"),
        ("lines.1.reason", "IN_SCOPE", "OVER_PRICE_CAP"),
    ]


def test_a_refusal_that_came_or_was_mended_is_told() -> None:
    sound, unknown = ruling(line("1", "A")), ruling(line("1", "B"))
    assert told(sound, unknown)[-2:] == [
        ("lines.1", 1000, None),
        ("refused.1", None, "UNKNOWN_CODE"),
    ]
    assert told(unknown, sound)[-1] == ("refused.1", "UNKNOWN_CODE", None)
    assert told(unknown, unknown) == []


def test_of_what_nobody_remembers_the_sums_now_are_told() -> None:
    assert changes(None, ruling(line("1", "A"))) == (
        Change(what="total_fen", before=None, after=1000),
        Change(what="fund_fen", before=None, after=1000),
        Change(what="personal_fen", before=None, after=0),
    )


def test_of_many_changes_the_first_are_told() -> None:
    many = ruling(*(line(str(number), "A") for number in range(CHANGES_MAX + 9)))
    assert len(changes(ruling(line("x", "A")), many)) == CHANGES_MAX


def test_what_changed_is_said_in_a_sentence_with_the_sums_in_yuan() -> None:
    one, both = ruling(line("1", "A")), ruling(line("1", "A"), line("2", "A", price="5"))
    said = in_words(changes(one, both))
    assert said.zh == "费用总额 10.00 → 15.00 元；基金支付 10.00 → 15.00 元；明细 2"
    assert said.en == "total 10.00 → 15.00 yuan; fund 10.00 → 15.00 yuan; lines 2"


def test_of_many_lines_that_changed_the_first_are_named_and_of_what_is_forgotten_the_sums() -> None:
    many = ruling(*(line(str(number), "A") for number in range(7)))
    said = in_words(changes(ruling(), many))
    assert said.zh.endswith("；明细 0, 1, 2, 3, 4 等 7 条")
    assert said.en.endswith("; lines 0, 1, 2, 3, 4 and 2 more")
    five = ruling(*(line(str(number), "A") for number in range(5)))
    assert in_words(changes(ruling(), five)).zh.endswith("；明细 0, 1, 2, 3, 4")
    assert in_words(changes(None, ruling(line("1", "A")))) == Words(
        "费用总额 10.00 元；基金支付 10.00 元；个人负担 0.00 元",
        "total 10.00 yuan; fund 10.00 yuan; personal 0.00 yuan",
    )
