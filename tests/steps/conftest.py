"""A site on a real database, with a platform that answers from a value and a clock that stands."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from drivers.cards import read_card
from drivers.monitor import Presented
from edge import packs
from edge.case.verdict import Asked
from edge.core.catalogue import CatalogueRow, CostKind
from edge.core.charges import Charge
from edge.core.rules import Rulebook
from edge.core.stay import Injury, Stay
from edge.core.verification import Moment, Service
from edge.settings import Facility, Settings
from edge.settings import Platform as PlatformSettings
from edge.shipped import config_folder
from edge.site import Site
from edge.site.opening import LIST_FILES
from edge.steps.admit import Admission, admit
from edge.steps.charge import charge
from edge.steps.discharge import discharge
from edge.steps.identify import identify
from edge.steps.verify import verify
from edge.store.catalogues import Catalogues
from edge.store.drafts import composer
from edge.store.keys import Keys, create_keys, load_keys
from edge.store.ledger import Ledger
from edge.store.people import Identification
from edge.store.vault import Vault
from edge.store.verifications import Verification
from simulators.card import SyntheticPerson, social_security_card
from simulators.reader import InProcessReaders
from sync.envelope import key_ring
from sync.inbox import Inbox
from sync.lists import CachedList
from sync.outbox import Outbox
from tests.catalogues.shelf import keep_rows
from tests.fakes.clock import Clock, Ids
from tests.fakes.log import Log
from tests.fakes.platform import PLATFORM_KEY, Platform
from tests.laid import laid

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
CLERK = "入院员"
PERSON = SyntheticPerson()

FACTS: dict[str, Any] = {
    "facility": {"direct": True, "suspended": False},
    "worker": {
        "id_number": PERSON.number,
        "name": PERSON.name,
        "insured_region": "110000",
        "insured_city": "110100",
    },
    "filing": {
        "id": "F1",
        "category": "long_term_residence",
        "status": "active",
        "benefits": ["medical", "rehab"],
        "destination": "120100",
        "approved_at": "2026-03-02T10:00:00+08:00",
        "valid_from": "2026-03-02",
        "valid_to": "2027-03-01",
    },
    "contribution": {"status": "paying", "as_of": "2026-11-01"},
    "notice": None,
}

NEW_YEAR = date(2024, 1, 1)
ROWS = (
    CatalogueRow("DRUG", CostKind.DRUG, in_scope=True, price_cap_fen=1000, valid_from=NEW_YEAR),
    CatalogueRow("TREAT", CostKind.TREATMENT, in_scope=True, valid_from=NEW_YEAR),
    CatalogueRow("COSMETIC", CostKind.TREATMENT, in_scope=False, valid_from=NEW_YEAR),
)


@dataclass(slots=True)
class Ground:
    """One site and what a test may turn: its clock, its platform, its log."""

    site: Site
    clock: Clock
    platform: Platform
    keys: Keys
    log: Log
    person: SyntheticPerson = PERSON
    _stays: int = field(default=0)

    def meet(self, person: SyntheticPerson) -> None:
        """Let another worker come to the desk; the platform knows them as well as the first."""
        self.person = person
        worker = {"id_number": person.number, "name": person.name}
        self.platform.facts = FACTS | {"worker": FACTS["worker"] | worker}

    def identified(self) -> Identification:
        """Present the worker's card."""
        readers = InProcessReaders()
        readers.insert(social_security_card(self.person))
        with readers.open(readers.names[0]) as card:
            record = read_card(card)
        return identify(
            self.site, Presented(self.site.fresh_id(), "reader", record, self.clock()), CLERK
        )

    def verified(self) -> Verification:
        """Verify for an admission."""
        asked = Asked(service=Service.INPATIENT_MEDICAL, moment=Moment.ADMISSION)
        return verify(self.site, self.identified().id, asked, CLERK)

    def admitted(self) -> Stay:
        """Admit the worker now."""
        self._stays += 1
        admission = Admission(
            verification=self.verified().id,
            hospital_number=f"ZY{self._stays}",
            injury=Injury(determination="认定1", parts="左手"),
        )
        return admit(self.site, admission, CLERK)

    def discharged(self, *lines: Charge) -> Stay:
        """Admit, charge and discharge the worker an hour later."""
        stay = self.admitted()
        charge(self.site, stay.id, lines or (line("1"),), CLERK)
        self.clock.pass_time(hours=1)
        return discharge(self.site, stay.id, None, CLERK)

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        row = self.site.store.read().one(f"select count(*) as n from {table}")  # noqa: S608 - ours
        return int(row["n"]) if row else 0


def line(line_id: str, code: str = "DRUG", price: str = "12.00", **other: object) -> Charge:
    """Return a charge of one unit on the day of the tests; ``other`` fields replace these."""
    fields: dict[str, Any] = {
        "date": date(2026, 11, 20),
        "code": code,
        "quantity": "1",
        "price": price,
        "amount_fen": int(Decimal(price) * 100),
        "injury_related": True,
    }
    return Charge(id=line_id, **{**fields, **other})


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with ground_at(tmp_path) as ground:
        yield ground


@contextmanager
def ground_at(folder: Path) -> Iterator[Ground]:
    """Open the site in ``folder``, which is founded first if it is not there yet."""
    clock, log = Clock(NOW), Log()
    platform = Platform(FACTS, as_of=NOW)
    founded = (folder / "keys").exists()
    if not founded:
        create_keys(folder / "keys")
    keys = load_keys(folder / "keys")
    store = laid(folder / "edge.db")
    if not founded:
        keep_rows(store, ROWS)
    vault = Vault(keys)
    site = Site(
        settings=_settings(folder),
        store=store,
        vault=vault,
        ledger=Ledger(keys),
        rulebook=_rulebook(),
        catalogues=Catalogues(store),
        outbox=Outbox(vault, keys.signing, compose=composer(store, vault)),
        inbox=Inbox(vault, key_ring(PLATFORM_KEY.public()), facility="TJ0001"),
        platform=platform,
        cached_list=CachedList(
            folder / "list", facility="TJ0001", key=keys.listing, files=LIST_FILES, source=None
        ),
        public_key=keys.signing.public(),
        clock=clock,
        fresh_id=Ids(),
        log=log,
    )
    try:
        yield Ground(site, clock, platform, keys, log)
    finally:
        store.close()


@cache
def _rulebook() -> Rulebook:
    return packs.load(config_folder() / "regions")


def _settings(folder: Path) -> Settings:
    return Settings(
        data=folder,
        facility=Facility(
            id="TJ0001", name="测试医院", region="120000", city="120100", kinds=("medical",)
        ),
        platform=PlatformSettings(url="http://127.0.0.1:9"),
    )
