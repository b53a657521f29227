"""Which of a worker's papers a list holds is meant by a case. Judges none of them.

On line the platform chooses; from the list we do, and take the paper that serves best.
"""

from collections.abc import Iterable
from datetime import date, datetime

from edge.core.dates import local_day
from edge.core.verification.facts import Filing, FilingStatus, Notice, Service


def filing_for(
    filings: Iterable[Filing], *, service: Service, places: tuple[str, str], at: datetime
) -> Filing | None:
    """Return the filing that fits the service, our city or region (``places``), and the day best.

    Of two that fit alike the one that began later counts; without any there is none.
    """
    day = local_day(at)

    def fitness(filing: Filing) -> tuple[bool, bool, bool, bool, date]:
        return (
            filing.destination in {None, *places},
            not filing.benefits or service.benefit in filing.benefits,
            filing.status is FilingStatus.ACTIVE,
            _holds(filing.valid_from, filing.valid_to, day),
            filing.valid_from or date.min,
        )

    return max(filings, key=fitness, default=None)


def notice_for(
    notices: Iterable[Notice], *, service: Service, at: datetime, named: str = ""
) -> Notice | None:
    """Return the fitting notice for a device: the one ``named``, of which there may be none.

    Where none is named: unused and unexpired first, then the latest.
    """
    if service is not Service.DEVICE:
        return None
    if named:
        return next((notice for notice in notices if notice.id == named), None)
    day = local_day(at)

    def fitness(notice: Notice) -> tuple[bool, bool, date]:
        return not notice.used, _holds(None, notice.valid_to, day), notice.valid_to or date.max

    return max(notices, key=fitness, default=None)


def _holds(first: date | None, last: date | None, day: date) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)
