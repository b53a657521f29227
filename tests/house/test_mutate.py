"""How mutation testing is counted: against us where there is doubt."""

from tests.mutate import Score, score


def test_a_mutant_that_no_test_reaches_survives_and_one_that_never_ends_is_killed() -> None:
    counts = {
        "total": 100,
        "killed": 80,
        "survived": 5,
        "no_tests": 4,
        "suspicious": 1,
        "timeout": 8,
        "segfault": 0,
        "skipped": 2,
    }
    assert score(counts) == Score(killed=88, survived=10, total=98, percent=89.8)
