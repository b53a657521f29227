"""Facts of every kind by dice: any two places, service, moment, filing, paper, source and clock.

Most draws are sound, so that one trouble or two stand out; every day that matters is met: the
first of each text, the last of each period, and the hours around midnight in Shanghai.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TypeVar

from edge.core.credential import CredentialKind
from edge.core.dates import SHANGHAI, local_day
from edge.core.verification import (
    Basis,
    Benefit,
    Category,
    Contribution,
    ContributionStatus,
    Credential,
    Decision,
    Device,
    DeviceAct,
    Emergency,
    Facility,
    Facts,
    Filing,
    FilingStatus,
    Moment,
    Notice,
    NoticeItem,
    OfflineSettlement,
    Policy,
    Service,
    Source,
    Worker,
)

T = TypeVar("T")

PLACES = (
    ("120000", "120100"),
    ("120000", "120101"),
    ("110000", "110100"),
    ("310000", "310101"),
    ("500000", "500200"),
    ("510000", "510100"),
    ("510000", "510107"),
    ("510000", "513200"),
    ("370000", "370100"),
    ("370000", "370200"),
    ("220000", "220100"),
    ("220000", "220184"),
    ("220000", "222400"),
    ("330000", "330100"),
    ("650000", "650100"),
    ("660000", "660100"),
)
STARTS = (
    datetime(2024, 1, 1, tzinfo=SHANGHAI),
    datetime(2024, 2, 2, tzinfo=SHANGHAI),
    datetime(2024, 2, 29, 23, 59, 59, tzinfo=SHANGHAI),
    datetime(2024, 4, 1, tzinfo=SHANGHAI),
    datetime(2024, 6, 1, 9, tzinfo=SHANGHAI),
    datetime(2024, 8, 31, 16, 30, tzinfo=UTC),
    datetime(2025, 4, 1, tzinfo=SHANGHAI),
    datetime(2025, 7, 25, tzinfo=SHANGHAI),
    datetime(2026, 2, 28, 16, tzinfo=UTC),
)
PERIODS = (0, 1, 6, 29, 30, 31, 58, 59, 60, 61, 179, 182, 183, 184, 363, 364, 365, 366)
NUMBER, NAME = "12010119900307401X", "阿一·示例"


class Dice:
    """A stream of facts; the same seed gives the same stream."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)  # noqa: S311 - facts, not secrets

    def facts(self) -> Facts:
        """Return facts that do not contradict themselves."""
        region, city = self._place()
        began, service = self._began(), self._one(list(Service))
        leaving = self._odds(0.5)
        left = began + timedelta(hours=self._one((0, 5, 24, 300, 1500)))
        now = left + timedelta(hours=self._one((0, 1, 48, 49, 100))) if leaving else began
        now += timedelta(seconds=self._rare(1, 0) if leaving else 0)
        return Facts(
            facility=Facility(
                id=self._one(("H1", "H2", "H3")),
                region=region,
                city=self._rare(None, city),
                kinds=self._rare((service.benefit,), tuple(Benefit))
                if self._odds(0.9)
                else self._some(list(Benefit)),
                direct=self._odds(0.85),
                suspended=self._odds(0.05),
            ),
            worker=self._worker(region, city),
            service=service,
            moment=Moment.DISCHARGE if leaving else self._one(list(Moment)[:3]),
            at=now,
            credential=self._credential(now),
            admitted_at=began if leaving else None,
            discharged_at=left if leaving else None,
            admission_decision=self._one((None, *Decision)),
            emergency=self._one((None, None, *Emergency)),
            third_party=self._odds(0.05),
            filing=self._rare(None, self._filing(region, city, began)),
            contribution=self._contribution(),
            notice=self._notice(began),
            devices=self._devices(began),
            source=self._source(now),
            policy=Policy(
                offline_settlement=self._one(list(OfflineSettlement)),
                list_fresh_h=self._one((24, 24, 0, 1)),
            ),
        )

    def _began(self) -> datetime:
        return self._one(STARTS) + timedelta(seconds=self._one((-1, 0, 0, 1, 40_000)))

    def _place(self) -> tuple[str, str]:
        return self._one(PLACES)

    def _worker(self, region: str, city: str) -> Worker:
        home, town = self._place()
        if self._odds(0.4):
            near = [place for place in PLACES if place[0] == region and place[1] != city]
            home, town = self._one(near or [self._place()])
        if self._odds(0.05):
            home, town = region, city
        return Worker(
            insured_region=home,
            insured_city=self._one((town, town, town, None, home)),
            id_number=self._rare(None, NUMBER),
            name=self._rare(None, NAME),
            suspended=self._odds(0.05),
        )

    def _credential(self, now: datetime) -> Credential:
        if self._odds(0.1):
            return Credential()
        return Credential(
            kind=self._one((CredentialKind.CARD, CredentialKind.E_CARD)),
            id_number=self._one((*[NUMBER] * 9, NUMBER.lower(), None, "11010119800101001X")),
            name=self._one((*[NAME] * 7, "阿一• 示例", None, "阿一示例")),
            valid_until=self._one((None, None, *self._around(now, (-1, 0, 400, 900)))),
            confirmed=self._rare("系同一人", None),
        )

    def _filing(self, region: str, city: str, began: datetime) -> Filing:
        category = self._one(list(Category))
        length = self._one(PERIODS)
        first = local_day(began) - timedelta(days=length) if self._odds(0.9) else None
        first = self._rare(local_day(began) + timedelta(days=1), first)
        return Filing(
            category=category,
            status=self._one((*[FilingStatus.ACTIVE] * 15, *FilingStatus)),
            benefits=self._rare(self._some(list(Benefit)), ()),
            destination=self._destination(region, city),
            approved_at=self._approved(began),
            valid_from=first,
            valid_to=self._after(first, began),
            facilities=self._one(((), (), ("H1",), ("H1", "H2"))),
            non_direct_facilities=self._one(((), (), ("H1",), ("H3",))),
            rehab_until=self._one((None, *self._around(began, (-1, 0, 3, 90)))),
            trip_from=self._one((None, *self._around(began, (-1, 0, 1)))),
            trip_to=self._one((None, *self._around(began, (1, 2)))),
            episodes_settled=self._one((0, 0, 1, 2)),
            device_until=self._after(first, began),
            devices=self._one(((), (), ("P1",), ("P1", "P2"))),
        )

    def _destination(self, region: str, city: str) -> str | None:
        right = (city, region, None, f"{city[:4]}00")
        return self._one(right) if self._odds(0.8) else self._place()[self._one((0, 1))]

    def _approved(self, began: datetime) -> datetime | None:
        days = self._one((*PERIODS, 30, -1, -2, -30))
        moment = began - timedelta(days=days)
        return self._rare(
            None, self._rare(began, moment + timedelta(seconds=self._one((-1, 0, 1))))
        )

    def _after(self, first: date | None, began: datetime) -> date | None:
        """Return a last day, mostly one near the case, never before ``first``."""
        last = self._one((None, None, *self._around(began, (-1, 0, 1, 40, 500))))
        return first if last and first and last < first else last

    def _contribution(self) -> Contribution | None:
        if self._odds(0.1):
            return None
        if self._odds(0.8):
            return Contribution(status=ContributionStatus.PAYING)
        return Contribution(status=self._one(list(ContributionStatus)))

    def _notice(self, began: datetime) -> Notice | None:
        if self._odds(0.2):
            return None
        items = [
            NoticeItem(code=code, service_years=self._one((None, 0, 1, 2)))
            for code in self._one((("P1",), ("P1", "P2"), ("P2", "P1", "P1"), ()))
        ]
        return Notice(
            items=tuple(items),
            valid_to=self._one((None, *self._around(began, (-1, 0, 30)))),
            used=self._odds(0.1),
        )

    def _devices(self, began: datetime) -> tuple[Device, ...]:
        day = local_day(began)
        fitted = (None, day, day - timedelta(days=365), day - timedelta(days=366))
        return tuple(
            Device(code=code, act=self._one(list(DeviceAct)), last_fitted_on=self._one(fitted))
            for code in self._one(((), ("P1",), ("P1", "P2"), ("P3",)))
        )

    def _source(self, now: datetime) -> Source:
        ages = (0, 1, 3600, 3601, 24 * 3600, 24 * 3600 + 1, -1)
        as_of = now - timedelta(seconds=self._one(ages))
        return Source(basis=self._one((Basis.ONLINE, *Basis)), as_of=self._rare(None, as_of))

    def _around(self, moment: datetime, offsets: Sequence[int]) -> list[date]:
        return [local_day(moment) + timedelta(days=offset) for offset in offsets]

    def _some(self, all_of_them: list[T]) -> tuple[T, ...]:
        return tuple(self.chance.sample(all_of_them, self.chance.randrange(len(all_of_them) + 1)))

    def _one(self, choices: Sequence[T]) -> T:
        return self.chance.choice(choices)

    def _odds(self, odds: float) -> bool:
        return self.chance.random() < odds

    def _rare(self, seldom: T, mostly: T) -> T:
        return seldom if self._odds(0.1) else mostly
