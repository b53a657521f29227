"""From a bill's bytes to its settlement on the disk, against the least that could be called that.

Ours takes the lines as the hospital's system sends them and settles the stay: all is verified,
ruled, sealed, chained, and laid ready for the platform. The floor decodes the same bytes, splits
each line by the plain loop, and writes the bytes compressed. The catalogue of 300,000 codes is in
the site's database; the platform answers at once, for its wire is another measurement's.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import zstandard

from bench.frame import Work
from bench.works.adjudicate import CODES, Case, PlainCatalogue, cases, plain_loop
from edge import codec
from edge.case.verdict import Asked, examined
from edge.core.cases import CaseKind, CaseRef
from edge.core.catalogue import CatalogueRow
from edge.core.charges import Charge
from edge.core.credential import Credential, CredentialKind
from edge.core.identity import Identity
from edge.core.money import parse_price, parse_quantity
from edge.core.stay import UNKNOWN_BEDSIDE, Injury, Stay, StayState
from edge.core.verification import Decision, Moment, Service
from edge.settings import load_settings
from edge.site import FarEnd, Site
from edge.site.opening import open_site
from edge.steps.charge import charge
from edge.steps.settle import Request, settle
from edge.store.catalogues import NewVersion, keep_version, staged
from edge.store.people import Identification, remember_person, save_identification
from edge.store.settlements import Settlement
from edge.store.stays import add_stay, move_stay
from edge.store.verifications import Verification, save_verification
from simulators.card import synthetic_person
from simulators.hospital.ground import found
from sync.question import Answer, Question

SIZES = ((10, 10), (100, 50), (1_000, 300), (20_000, 2_000))
"""Lines of a bill, and how many different codes they have."""

STAYS = {10: 1_500, 100: 1_200, 1_000: 300, 20_000: 60}
"""Stays that lie ready for each size: a stay settles once, and a round may take several."""

_NOW = datetime(2024, 7, 1, 1, tzinfo=UTC)
_ADMITTED = datetime(2024, 6, 1, 1, tzinfo=UTC)
_LEFT = datetime(2024, 6, 30, 1, tzinfo=UTC)
_WHO = "bench"


@dataclass(frozen=True, slots=True)
class Bill:
    """One bill's bytes, as every stay of its size is charged with, and the stays to come."""

    site: Site
    request: bytes
    catalogue: PlainCatalogue
    stays: Iterator[str]
    file: int

    def ours(self) -> None:
        """Take the lines and settle the next stay."""
        stay = next(self.stays)
        charge(self.site, stay, codec.decode(self.request, list[Charge]), _WHO)
        outcome = settle(self.site, Request(case=CaseRef(CaseKind.STAY, stay), key=stay), _WHO)
        if not isinstance(outcome, Settlement):
            raise TypeError(outcome)

    def floor(self) -> None:
        """Decode, split, write."""
        lines = codec.decode(self.request, list[dict[str, Any]])
        prices: dict[str, int] = {}
        quantities: dict[str, int] = {}
        for line in lines:
            if line["price"] not in prices:
                prices[line["price"]] = parse_price(line["price"]) or 0
            if line["quantity"] not in quantities:
                quantities[line["quantity"]] = parse_quantity(line["quantity"]) or 0
        plain = [
            (
                line["id"],
                line["code"],
                quantities[line["quantity"]],
                prices[line["price"]],
                line["amount_fen"],
                line["injury_related"],
            )
            for line in lines
        ]
        plain_loop(plain, self.catalogue)
        os.pwrite(self.file, zstandard.ZstdCompressor(level=3).compress(self.request), 0)
        os.fdatasync(self.file)


def works() -> Iterator[Work]:
    """Yield a bill of each size, all on one site."""
    with bills(SIZES, CODES, STAYS) as made:
        for lines, bill in made:
            work = f"{lines:,} lines, {CODES:,} codes in SQLite"
            yield Work(name="settle", work=work, ours=bill.ours, floor=bill.floor, size=lines)


@contextmanager
def bills(
    sizes: tuple[tuple[int, int], ...], codes: int, stays: dict[int, int]
) -> Iterator[Iterator[tuple[int, Bill]]]:
    """Found a site with the catalogue; give a bill of each size, its stays waiting."""
    with TemporaryDirectory() as folder:
        settings_file, _ = found(Path(folder) / "site", lambda: _ADMITTED)
        file = os.open(Path(folder) / "floor", os.O_RDWR | os.O_CREAT)
        with open_site(load_settings(settings_file), clock=lambda: _NOW) as opened:
            site = replace(opened, platform=cast("FarEnd", _Platform()))
            verifications = map(partial(_verified, site), count())

            def made() -> Iterator[tuple[int, Bill]]:
                for case in cases(sizes, codes):
                    if not site.store.read().one("select 1 from catalogue_rows limit 1"):
                        _keep(site, [rows[0] for rows in case.catalogue.rows.values()])
                    yield len(case.bill.lines), _bill(site, verifications, case, stays, file)

            yield made()
        os.close(file)


class _Platform:
    """Answers at once, and the same of everybody."""

    def ask(self, question: Question) -> Answer:
        """Say that the worker is covered."""
        worker = {**_WORKER, "id_number": question.id_number, "name": question.name}
        return Answer(facts={**_FACTS, "worker": worker}, as_of=_NOW, proof=b"{}")


_WORKER = {"insured_region": "110000", "insured_city": "110100"}
_FACTS: dict[str, Any] = {
    "facility": {"direct": True, "suspended": False},
    "filing": {
        "id": "F1",
        "category": "long_term_residence",
        "status": "active",
        "benefits": ["medical"],
        "destination": "120100",
        "approved_at": "2024-03-02T10:00:00+08:00",
        "valid_from": "2024-03-02",
        "valid_to": "2025-03-01",
    },
    "contribution": {"status": "paying", "as_of": "2024-06-01"},
}


def _verified(site: Site, sequence: int) -> Verification:
    """Let another worker be known, and found covered: each has one stay."""
    worker = synthetic_person(sequence)
    with site.store.transaction() as db:
        identity = Identity(worker.number, worker.name)
        person = remember_person(db, site.vault, identity, fresh=f"p{sequence}", now=_ADMITTED)
        card = Credential(
            kind=CredentialKind.CARD,
            id_number=worker.number,
            name=worker.name,
            valid_until=None,
            card_id="",
            card_number="",
            issuing_region="110100",
            spec_version="2.0",
        )
        shown = Identification(
            id=f"i{sequence}",
            presentation=f"t{sequence}",
            person_id=person,
            source="card",
            reader="",
            credential=card,
            presented_at=_ADMITTED,
            expires_at=_NOW + timedelta(days=1),
        )
        save_identification(db, site.vault, shown)
    asked = Asked(service=Service.INPATIENT_MEDICAL, moment=Moment.ADMISSION)
    verification = examined(replace(site, clock=lambda: _ADMITTED), shown, asked, _WHO)
    with site.store.transaction() as db:
        save_verification(db, site.vault, verification)
    return verification


def _keep(site: Site, rows: list[CatalogueRow]) -> None:
    new = NewVersion(
        region="120000",
        version="bench",
        insurance=None,
        starts_on=_ADMITTED.date().replace(month=1),
        bed_day_fen=None,
        kinds=frozenset(row.kind for row in rows),
        file_sha256="",
        imported_at=_ADMITTED,
        imported_by=_WHO,
        row_count=len(rows),
        new_count=len(rows),
        changed_count=0,
        ended_count=0,
    )
    quiet: Callable[[int, int], None] = lambda _done, _about: None  # noqa: E731
    with staged(site.store.read(), rows, quiet), site.store.transaction() as db:
        keep_version(db, new)


def _bill(
    site: Site, verifications: Iterator[Verification], case: Case, stays: dict[int, int], file: int
) -> Bill:
    lines = len(case.bill.lines)
    names = [f"{lines}-{number}" for number in range(stays[lines])]
    verified = list(islice(verifications, len(names)))
    with site.store.transaction() as db:
        for name, verification in zip(names, verified, strict=True):
            stay = Stay(
                id=name,
                person_id=verification.person_id,
                verification_id=verification.id,
                hospital_number=name,
                service=Service.INPATIENT_MEDICAL,
                injury=Injury(determination="1", parts="左手"),
                bedside=UNKNOWN_BEDSIDE,
                insured_region="110000",
                admission_decision=Decision.DIRECT,
                state=StayState.DISCHARGED,
                admitted_at=_ADMITTED,
                discharged_at=_LEFT,
                settle_by=_LEFT + timedelta(hours=48),
            )
            add_stay(db, stay)
            move_stay(db, stay)
    request = codec.encode(list(case.bill.lines))
    return Bill(site, request, case.plain_catalogue, iter(names), file)
