"""Facilities in four provinces and one agency: real stores, real wire, a clock by hand."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from drivers.cards import read_card
from drivers.monitor import Presented
from edge.case.verdict import Asked
from edge.claiming import claim_now, draft_now
from edge.core.cases import CaseRef
from edge.core.catalogue import CatalogueRow, CostKind
from edge.core.charges import Charge
from edge.core.claim import Month, read_month, summed
from edge.core.dates import local_day
from edge.core.fitting import Fitted
from edge.core.reconciliation import Found
from edge.core.stay import Injury
from edge.core.verification import Code, Device, DeviceAct, Moment, Service
from edge.settings import Facility as Ours
from edge.settings import Lists, Settings
from edge.settings import Platform as Far
from edge.site import Site
from edge.site.opening import open_site
from edge.steps.admit import Admission, admit
from edge.steps.charge import charge
from edge.steps.claim import Submission, reverify, submit
from edge.steps.collect import Collected, collect
from edge.steps.discharge import discharge
from edge.steps.fit import Request as Fitting
from edge.steps.fit import fit
from edge.steps.identify import identify
from edge.steps.open_fitting import Opening, open_fitting
from edge.steps.reconcile import confirm
from edge.steps.reverse import reverse
from edge.steps.settle import Request, settle
from edge.steps.verify import verify
from edge.store.claims import Claim
from edge.store.keys import Keys, create_keys, load_keys
from edge.store.operators import Operator, Role, create_operator
from edge.store.settlements import Settlement
from edge.store.verifications import Verification
from simulators.agency.api import add_agency
from simulators.agency.listing import releases_of
from simulators.agency.office import Office, open_office
from simulators.card import SyntheticPerson, social_security_card
from simulators.card.plan import synthetic_number
from simulators.platform.app import add_lists, build
from simulators.platform.faults import Faults
from simulators.platform.register import (
    Benefit,
    Contribution,
    Facility,
    Filing,
    Notice,
    NoticeItem,
    Register,
    Worker,
)
from simulators.platform.releases import Releases
from simulators.platform.server import serve
from simulators.reader import InProcessReaders
from sync.relay import Hooks, Relay
from tests.catalogues.shelf import keep_rows
from tests.fakes.clock import Clock
from tests.fakes.log import Log
from tests.laid import laid
from tests.passwords import quick_hash
from tests.steps.colleagues import PASSWORD, SECOND, request

START = datetime(2026, 10, 5, 1, 0, tzinfo=UTC)
NEW_YEAR = date(2024, 1, 1)
CLERK, FINANCE = "出院员", "财务"
FACILITIES = {
    "SC0001": ("510000", "510100"),
    "SD0001": ("370000", "370100"),
    "JL0001": ("220000", "220100"),
    "TJ0001": ("120000", "120100"),
}
LEG = "LEG"
LEG_LIMIT_FEN = 1_500_000
ROWS = (
    CatalogueRow("DRUG", CostKind.DRUG, in_scope=True, price_cap_fen=1000, valid_from=NEW_YEAR),
    CatalogueRow("CARE", CostKind.TREATMENT, in_scope=True, valid_from=NEW_YEAR),
    CatalogueRow("REHAB", CostKind.REHAB, in_scope=True, valid_from=NEW_YEAR),
    CatalogueRow(
        LEG, CostKind.DEVICE, in_scope=True, price_cap_fen=LEG_LIMIT_FEN, valid_from=NEW_YEAR
    ),
)


def worker(number: int, region: str, city: str | None, facility: str) -> Worker:
    """Return a synthetic worker who lives near ``facility``, with everything in order."""
    return Worker(
        id_number=synthetic_number(date(1980, 1, 1), number),
        name=f"测试{'甲乙丙丁戊己庚辛壬癸'[number % 10]}",
        insured_region=region,
        insured_city=city,
        contribution=Contribution(status="paying", as_of=date(2026, 10, 1)),
        filings=(
            Filing(
                id=f"F-{number}",
                category="long_term_residence",
                status="active",
                benefits=("medical", "rehab", "device"),
                destination=FACILITIES[facility][1],
                approved_at=datetime(2026, 9, 1, tzinfo=UTC),
                valid_from=date(2026, 9, 1),
                valid_to=date(2027, 8, 31),
                facilities=(facility,),
                devices=(LEG,),
            ),
        ),
        notices=(
            Notice(
                id=f"N-{number}",
                items=(NoticeItem(code=LEG, limit_fen=LEG_LIMIT_FEN, service_years=3),),
            ),
        ),
    )


@dataclass(slots=True, kw_only=True)
class Edge:
    """One facility's site on its own database, and what is done there."""

    site: Site
    clock: Clock
    relay: Relay
    _made: int = field(default=0)

    def settled(
        self, who: Worker, service: Service, care_fen: int, code: str = "CARE"
    ) -> Settlement:
        """Treat somebody from card to settlement: one line over its cap, one in scope."""
        stay = self.discharged(who, service, care_fen, code)
        done = settle(self.site, Request(case=stay, key=f"key-{stay.id}"), CLERK)
        assert isinstance(done, Settlement), done
        return done

    def fittable(self, who: Worker) -> set[Code]:
        """Ask whether somebody may be fitted with a leg; return what is said."""
        return {reason.code for reason in self._for_a_leg(who).verdict.reasons}

    def fitted(self, who: Worker, price_fen: int) -> Settlement:
        """Fit somebody with a leg, from card to settlement."""
        verification = self._for_a_leg(who)
        self._made += 1
        opening = Opening(
            verification=verification.id,
            hospital_number=f"PZ{self._made}",
            injury=Injury(determination="认定1", parts="左小腿"),
        )
        fitting = open_fitting(self.site, opening, CLERK)
        charged = _line("1", LEG, price_fen, local_day(self.clock()))
        line = Fitted(charge=charged, act=DeviceAct.FIRST, serial="SN-1", model="M-1")
        fit(self.site, Fitting(fitting=fitting.id, lines=(line,)), CLERK)
        done = settle(self.site, Request(case=fitting.ref, key=f"key-{fitting.id}"), CLERK)
        assert isinstance(done, Settlement), done
        return done

    def reversed(self, settlement: str, role: Role = Role.DISCHARGE) -> None:
        """Let two persons take a settlement back, and deliver that."""
        with self.site.store.transaction() as db:
            for name, whose in ((CLERK, role), (SECOND, Role.FINANCE)):
                operator = Operator(self.site.fresh_id(), name, whose)
                create_operator(db, operator, password_hash=quick_hash(PASSWORD), at=self.clock())
        reverse(self.site, request(settlement), CLERK)
        self.deliver()

    def discharged(
        self, who: Worker, service: Service, care_fen: int, code: str = "CARE"
    ) -> CaseRef:
        """Treat somebody up to the discharge; return the stay."""
        visit = service in {Service.OUTPATIENT_MEDICAL, Service.OUTPATIENT_REHAB}
        moment = Moment.VISIT if visit else Moment.ADMISSION
        asked = Asked(service=service, moment=moment)
        verification = verify(self.site, self.presented(who), asked, CLERK)
        self._made += 1
        admission = Admission(
            verification=verification.id,
            hospital_number=f"ZY{self._made}",
            injury=Injury(determination="认定1", parts="左手"),
        )
        stay = admit(self.site, admission, CLERK)
        day = local_day(self.clock())
        lines = (_line("1", "DRUG", 1200, day), _line("2", code, care_fen, day))
        charge(self.site, stay.id, lines, CLERK)
        discharge(self.site, stay.id, None, CLERK)
        return stay.ref

    def deliver(self) -> None:
        """Send all that is due."""
        while self.relay.run_once():
            pass

    def claimed(self, month: Month) -> Claim:
        """Claim a month and deliver the claim."""
        self.deliver()
        reverify(self.site, month, FINANCE)
        whole = summed(draft_now(self.site.store.read(), month).items)
        pressed = Submission(
            month=month, key=f"claim-{month}", count=whole.count, fund_fen=whole.fund_fen
        )
        claim = submit(self.site, pressed, FINANCE)
        self.deliver()
        return claim

    def collected(self) -> Collected:
        """Bring down what the agency has for us."""
        return collect(self.site)

    def confirmed(self, month: Month) -> int:
        """Confirm what is due, and deliver that; return it."""
        due = claim_now(self.site, self.site.store.read(), month).balance.due_fen
        confirm(self.site, month, Found(due), FINANCE)
        self.deliver()
        return due

    def _for_a_leg(self, who: Worker) -> Verification:
        asked = Asked(service=Service.DEVICE, moment=Moment.FITTING, devices=(Device(code=LEG),))
        return verify(self.site, self.presented(who), asked, CLERK)

    def presented(self, who: Worker) -> str:
        """Present somebody's card; return the identification."""
        readers = InProcessReaders()
        person = SyntheticPerson(name=who.name, number=who.id_number)
        readers.insert(social_security_card(person))
        with readers.open(readers.names[0]) as card:
            record = read_card(card)
        shown = Presented(self.site.fresh_id(), "reader", record, self.clock())
        return identify(self.site, shown, CLERK).id


@dataclass(slots=True, kw_only=True)
class Country:
    """The agency, its wire, and by facility the edges and their lists."""

    office: Office
    url: str
    faults: Faults
    clock: Clock
    edges: dict[str, Edge]
    lists: dict[str, Releases]


@contextmanager
def country_at(
    folder: Path, *workers: Worker, facilities: Sequence[str] = tuple(FACILITIES)
) -> Iterator[Country]:
    """Run the agency over HTTP and open the sites of ``facilities``; close them at the end."""
    clock, faults = Clock(START), Faults()
    known = Register(facilities=tuple(map(facility_named, facilities)), workers=workers)
    with ExitStack() as stack:
        made = {name: _keys(folder / name / "keys") for name in facilities}
        keys = {name: one.signing.public() for name, one in made.items()}
        office = stack.enter_context(open_office(folder / "agency.db", known, clock))
        app = build(office.registry, clock, keys, faults, office.journal)
        add_agency(app, office, keys)
        list_keys = {name: one.listing for name, one in made.items()}
        lists = releases_of(office, folder / "lists", list_keys, clock)
        for name, releases in lists.items():
            add_lists(app, releases)
            (folder / f"{name}-root.json").write_bytes(releases.repository.root)
        url = stack.enter_context(serve(app))
        key_file = folder / "platform.pub.pem"
        key_file.write_bytes(office.downward.public_key.pem())
        edges = {}
        for name in facilities:
            settings = _settings(folder, name, url, key_file)
            laid(settings.data / "edge.db").close()
            site = stack.enter_context(open_site(settings, clock=clock, log=Log()))
            keep_rows(site.store, ROWS, region=FACILITIES[name][0])
            hooks = Hooks(sleep=lambda _seconds: None)
            relay = Relay(site.store, site.outbox, site.platform, clock, hooks)
            edges[name] = Edge(site=site, clock=clock, relay=relay)
        yield Country(office=office, url=url, faults=faults, clock=clock, edges=edges, lists=lists)


def month(text: str) -> Month:
    """Return a month."""
    return read_month(text)


def facility_named(name: str) -> Facility:
    """Return the facility as the library knows it."""
    region, city = FACILITIES[name]
    return Facility(id=name, region=region, city=city, kinds=("medical", "rehab", "device"))


def _settings(folder: Path, name: str, url: str, key_file: Path) -> Settings:
    region, city = FACILITIES[name]
    kinds: tuple[Benefit, ...] = ("medical", "rehab", "device")
    ours = Ours(id=name, name=name, region=region, city=city, kinds=kinds)
    far = Far(url=url, keys=(key_file,), answer_deadline_s=30)
    lists = Lists(root=folder / f"{name}-root.json")
    return Settings(data=folder / name, facility=ours, platform=far, lists=lists)


def _keys(folder: Path) -> Keys:
    create_keys(folder)
    return load_keys(folder)


def _line(name: str, code: str, fen: int, day: date) -> Charge:
    return Charge(
        id=name,
        date=day,
        code=code,
        quantity="1",
        price=f"{fen // 100}.{fen % 100:02}",
        amount_fen=fen,
        injury_related=True,
    )
