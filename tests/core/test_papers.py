"""Which of a worker's papers on the list a case means."""

from datetime import date, datetime

import pytest

from edge.core.dates import SHANGHAI
from edge.core.verification import (
    Benefit,
    Category,
    Filing,
    FilingStatus,
    Notice,
    Service,
    filing_for,
    notice_for,
)

AT = datetime(2026, 6, 1, 9, tzinfo=SHANGHAI)
PLACES = ("120100", "120000")


def filing(**other: object) -> Filing:
    """Return a filing to our city in force on the day; ``other`` replaces these."""
    fields: dict[str, object] = {
        "id": "plain",
        "category": Category.LONG_TERM_RESIDENCE,
        "status": FilingStatus.ACTIVE,
        "destination": "120100",
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2026, 12, 31),
    }
    return Filing(**{**fields, **other})  # type: ignore[arg-type] # tests name real fields


BETTER_THAN_PLAIN = filing(id="later", valid_from=date(2026, 3, 1))
WORSE_THAN_PLAIN = {
    "another place": filing(id="x", destination="510100", valid_from=date(2026, 5, 1)),
    "another benefit": filing(id="x", benefits=(Benefit.DEVICE,), valid_from=date(2026, 5, 1)),
    "not active": filing(id="x", status=FilingStatus.PENDING, valid_from=date(2026, 5, 1)),
    "expired": filing(id="x", valid_from=date(2026, 5, 1), valid_to=date(2026, 5, 31)),
    "not begun": filing(id="x", valid_from=date(2026, 6, 2)),
    "without a beginning": filing(id="x", valid_from=None),
}


@pytest.mark.parametrize("worse", WORSE_THAN_PLAIN.values(), ids=WORSE_THAN_PLAIN)
def test_the_filing_that_serves_is_meant(worse: Filing) -> None:
    for order in ([filing(), worse], [worse, filing()]):
        meant = filing_for(order, service=Service.INPATIENT_MEDICAL, places=PLACES, at=AT)
        assert meant == filing()


def test_of_two_filings_that_fit_the_later_is_meant() -> None:
    both = [BETTER_THAN_PLAIN, filing()]
    meant = filing_for(both, service=Service.INPATIENT_MEDICAL, places=PLACES, at=AT)
    assert meant == BETTER_THAN_PLAIN


@pytest.mark.parametrize("destination", ["120000", None])
def test_a_filing_for_the_whole_province_or_anywhere_is_for_us(destination: str | None) -> None:
    wide = filing(id="wide", destination=destination)
    elsewhere = filing(destination="510100", valid_from=date(2026, 5, 1))
    meant = filing_for([elsewhere, wide], service=Service.INPATIENT_MEDICAL, places=PLACES, at=AT)
    assert meant == wide


def test_without_filings_none_is_meant() -> None:
    assert filing_for([], service=Service.INPATIENT_MEDICAL, places=PLACES, at=AT) is None


def test_a_notice_counts_for_devices_alone() -> None:
    notice = Notice(id="N")
    assert notice_for([notice], service=Service.INPATIENT_MEDICAL, at=AT) is None
    assert notice_for([notice], service=Service.DEVICE, at=AT) == notice
    assert notice_for([], service=Service.DEVICE, at=AT) is None


def test_a_notice_that_is_named_is_that_one_or_none() -> None:
    good, other = Notice(id="good"), Notice(id="other", used=True)
    service = Service.DEVICE
    assert notice_for([good, other], service=service, at=AT, named="other") == other
    assert notice_for([good, other], service=service, at=AT, named="nowhere") is None


@pytest.mark.parametrize(
    "worse",
    [
        Notice(id="used", used=True),
        Notice(id="expired", valid_to=date(2026, 5, 31)),
        Notice(id="ends sooner", valid_to=date(2026, 6, 1)),
    ],
    ids=lambda notice: notice.id,
)
def test_the_notice_that_serves_longest_is_meant(worse: Notice) -> None:
    good = Notice(id="good", valid_to=date(2026, 7, 1))
    assert notice_for([worse, good], service=Service.DEVICE, at=AT) == good
    assert notice_for([good, worse], service=Service.DEVICE, at=AT) == good
