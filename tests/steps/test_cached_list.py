"""When the platform is silent: the list is asked, the answer says so, and limits hold."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from edge.core.settlement import Blocked
from edge.core.verification import Basis, Code, Decision, Verdict
from edge.settings import Offline
from edge.site.opening import LIST_FILES
from edge.steps.list_status import list_status
from edge.steps.refresh_list import refresh_list
from edge.steps.settle import Request, settle
from edge.steps.watch_clock import watch_clock
from edge.store.ledger import latest
from edge.store.settlements import Settlement
from simulators.platform.register import Contribution, Facility, Filing, Register, Worker
from simulators.platform.releases import Enclosed, Releases
from sync.errors import ListRefused
from sync.lists import CachedList
from sync.lists.offer import Missing, Span
from sync.lists.source import TufSource
from tests.steps.agency import Agency
from tests.steps.colleagues import stay_ref
from tests.steps.conftest import CLERK, FACTS, NOW, Ground, line


class Lists:
    """The platform's side of the list, and the site with it."""

    def __init__(self, ground: Ground, folder: Path) -> None:
        self.folder = folder
        self.register = register()
        self.files: list[Enclosed] = []
        self.releases = Releases(
            lambda: self.register,
            folder / "platform",
            facility="TJ0001",
            key=ground.keys.listing,
            clock=ground.clock,
            files=lambda: self.files,
        )
        self.root = self.releases.repository.root
        ground.site = replace(ground.site, cached_list=self.cached(ground))

    def cached(self, ground: Ground) -> CachedList:
        """Open the facility's list."""
        base = "/v1/lists/TJ0001"
        trust = self.folder / "trust"
        return CachedList(
            self.folder / "list",
            facility="TJ0001",
            key=ground.keys.listing,
            files=LIST_FILES,
            source=partial(TufSource, trust, root=self.root, base=base, fetch=self.fetch),
        )

    def fetch(self, path: str, span: Span | None) -> bytes:
        """Bring a published file."""
        kind, name = path.rsplit("/", 2)[1:]
        found = self.releases.repository.file(kind, name)
        if found is None:
            raise Missing(path)
        content = found if isinstance(found, bytes) else found.read_bytes()
        return content[span.first : span.last + 1] if span else content


def register() -> Register:
    """Return a register that says of the synthetic worker what the platform says on line."""
    worker = Worker(
        **FACTS["worker"],
        contribution=Contribution.model_validate(FACTS["contribution"]),
        filings=(Filing.model_validate(FACTS["filing"]),),
    )
    ours = Facility(id="TJ0001", region="120000", city="120100", kinds=("medical",))
    return Register(facilities=(ours,), workers=(worker,))


@pytest.fixture
def lists(ground: Ground, tmp_path: Path) -> Lists:
    """Return a site with a fresh list, and a platform that is silent."""
    lists = Lists(ground, tmp_path)
    assert refresh_list(ground.site)
    ground.platform.down = True
    return lists


def codes(verdict: Verdict) -> set[Code]:
    return {reason.code for reason in verdict.reasons}


def pressed(ground: Ground, stay: str, key: str) -> object:
    return settle(ground.site, Request(case=stay_ref(stay), key=key), CLERK)


@pytest.mark.usefixtures("lists")
def test_a_silent_platform_gives_way_to_the_list_and_the_verdict_says_so(ground: Ground) -> None:
    verification = ground.verified()
    assert verification.verdict.decision is Decision.DIRECT
    assert codes(verification.verdict) == {Code.VERIFIED_FROM_LIST}
    assert (verification.basis, verification.as_of) == (Basis.LIST, NOW)
    assert verification.proof
    assert b"manifest" in verification.proof


@pytest.mark.usefixtures("lists")
def test_an_old_list_is_stale_and_holds(ground: Ground) -> None:
    ground.clock.pass_time(hours=25)
    verdict = ground.verified().verdict
    assert verdict.decision is Decision.HOLD
    assert codes(verdict) == {Code.LIST_STALE}


@pytest.mark.usefixtures("lists")
def test_a_list_past_its_expiry_is_as_good_as_none(ground: Ground) -> None:
    ground.clock.pass_time(hours=72)
    verification = ground.verified()
    assert verification.basis is Basis.NONE
    assert codes(verification.verdict) == {Code.PLATFORM_UNREACHABLE}


def test_a_worker_whom_the_list_does_not_hold_waits(ground: Ground, lists: Lists) -> None:
    lists.register = Register(facilities=lists.register.facilities, workers=())
    lists.releases.publish()
    refresh_list(ground.site)
    verdict = ground.verified().verdict
    assert verdict.decision is Decision.HOLD
    assert Code.FILING_MISSING in codes(verdict)


def test_a_suspended_facility_is_known_from_the_list(ground: Ground, lists: Lists) -> None:
    [ours] = lists.register.facilities
    suspended = ours.model_copy(update={"suspended": True})
    lists.register = Register(facilities=(suspended,), workers=lists.register.workers)
    lists.releases.publish()
    refresh_list(ground.site)
    assert Code.FACILITY_SUSPENDED in codes(ground.verified().verdict)


@pytest.mark.usefixtures("lists")
def test_a_platform_that_answers_is_believed_before_the_list(ground: Ground) -> None:
    ground.platform.down = False
    assert ground.verified().basis is Basis.ONLINE


def test_a_damaged_list_is_no_list_and_no_fault_at_the_desk(ground: Ground, lists: Lists) -> None:
    for path in (lists.folder / "list").glob("list-*.db"):
        path.unlink()
    ground.site = replace(ground.site, cached_list=lists.cached(ground))
    assert ground.verified().basis is Basis.NONE


@pytest.mark.usefixtures("lists")
def test_a_settlement_on_the_list_says_so(ground: Ground) -> None:
    settled = pressed(ground, ground.discharged().id, "k1")
    assert isinstance(settled, Settlement)
    assert settled.basis == "list"


@pytest.mark.parametrize(
    "limits",
    [Offline(fund_fen_max=999), Offline(count_max=1), Offline(total_fen_max=1_500)],
    ids=["one settlement", "how many", "all together"],
)
@pytest.mark.usefixtures("lists")
def test_settling_on_the_list_stops_at_each_limit_and_goes_on_when_on_line(
    ground: Ground, limits: Offline
) -> None:
    settings = ground.site.settings.model_copy(update={"offline": limits})
    ground.site = replace(ground.site, settings=settings)
    stay = ground.discharged().id
    outcome = pressed(ground, stay, "k1")
    if isinstance(outcome, Settlement):
        stay = ground.discharged().id
        outcome = pressed(ground, stay, "k2")
    assert isinstance(outcome, Blocked)
    assert [block.code for block in outcome.blocks] == ["OFFLINE_LIMIT"]
    ground.platform.down = False
    assert isinstance(pressed(ground, stay, "k-on-line"), Settlement)


@pytest.mark.usefixtures("lists")
def test_yesterdays_settlements_on_the_list_do_not_count_against_today(ground: Ground) -> None:
    settings = ground.site.settings.model_copy(
        update={"offline": Offline(count_max=1, list_fresh_h=72)}
    )
    ground.site = replace(ground.site, settings=settings)
    assert isinstance(pressed(ground, ground.discharged().id, "k1"), Settlement)
    ground.clock.pass_time(hours=25)
    later = line("1", date=(NOW + timedelta(hours=25)).date())
    assert isinstance(pressed(ground, ground.discharged(later).id, "k2"), Settlement)


def test_each_new_list_is_entered_and_the_same_again_is_not(ground: Ground, lists: Lists) -> None:
    refresh_list(ground.site)
    lists.releases.publish()
    refresh_list(ground.site)
    kinds = [entry.act for entry in latest(ground.site.store.read(), limit=10)]
    assert [(act.kind, act.subject) for act in kinds] == [
        ("list.refreshed", "2"),
        ("list.refreshed", "1"),
    ]


def test_a_lost_folder_lets_no_older_list_in(ground: Ground, lists: Lists) -> None:
    lists.releases.publish()
    refresh_list(ground.site)
    lists.releases.repository.serve_again(1)
    for lost in ("list", "trust"):
        (lists.folder / lost).rename(lists.folder / f"lost-{lost}")
    ground.site = replace(ground.site, cached_list=lists.cached(ground))
    with pytest.raises(ListRefused) as refused:
        refresh_list(ground.site)
    assert refused.value.code == "LIST_ROLLED_BACK"


@pytest.mark.usefixtures("lists")
def test_the_status_tells_the_age_and_whether_it_will_do(ground: Ground) -> None:
    assert list_status(ground.site).fresh
    ground.clock.pass_time(hours=25)
    status = list_status(ground.site)
    assert (status.fresh, status.age_h, status.version, status.rows) == (False, 25.0, 1, 1)


def test_a_site_without_a_root_has_no_list_and_says_so(ground: Ground) -> None:
    assert refresh_list(ground.site) is None
    assert not list_status(ground.site).fresh
    ground.platform.down = True
    assert ground.verified().basis is Basis.NONE


@pytest.mark.usefixtures("lists")
def test_while_the_clock_is_behind_its_own_past_no_list_is_used(ground: Ground) -> None:
    assert list_status(ground.site).fresh
    watch_clock(ground.site)
    ground.clock.pass_time(minutes=-2)  # what NTP corrects is no jump
    assert codes(ground.verified().verdict) == {Code.VERIFIED_FROM_LIST}
    ground.clock.pass_time(seconds=-1)
    assert codes(ground.verified().verdict) == {Code.PLATFORM_UNREACHABLE}
    assert not list_status(ground.site).fresh
    ground.clock.pass_time(minutes=3)
    assert codes(ground.verified().verdict) == {Code.VERIFIED_FROM_LIST}


def test_a_suspension_that_came_down_after_the_list_was_made_counts_beside_it(
    ground: Ground, lists: Lists
) -> None:
    agency = Agency(ground)
    ground.platform.down = False
    ground.clock.pass_time(minutes=5)
    told_standing(agency, suspended=True)
    ground.platform.down = True
    assert codes(ground.verified().verdict) >= {Code.WORKER_SUSPENDED, Code.VERIFIED_FROM_LIST}
    ground.clock.pass_time(minutes=5)
    lists.releases.publish()  # made after the suspension, and knows of none: it was lifted since
    refresh_list(ground.site)
    assert codes(ground.verified().verdict) == {Code.VERIFIED_FROM_LIST}


def test_a_resumption_that_came_down_after_the_list_was_made_lifts_what_the_list_says(
    ground: Ground, lists: Lists
) -> None:
    [worker] = lists.register.workers
    suspended = worker.model_copy(update={"suspended": True})
    lists.register = Register(facilities=lists.register.facilities, workers=(suspended,))
    lists.releases.publish()
    refresh_list(ground.site)
    assert Code.WORKER_SUSPENDED in codes(ground.verified().verdict)
    ground.platform.down = False
    ground.clock.pass_time(minutes=5)
    told_standing(Agency(ground), suspended=False)
    ground.platform.down = True
    assert codes(ground.verified().verdict) == {Code.VERIFIED_FROM_LIST}


@pytest.mark.usefixtures("lists")
def test_our_own_suspension_that_came_down_stops_the_desk_off_line(ground: Ground) -> None:
    ground.platform.down = False
    ground.clock.pass_time(minutes=5)
    said = {"direct": True, "suspended": True, "since": ground.clock().isoformat()}
    assert Agency(ground).say("facility_standing", said, "facility").applied == 1
    ground.platform.down = True
    assert Code.FACILITY_SUSPENDED in codes(ground.verified().verdict)


def told_standing(agency: Agency, *, suspended: bool) -> None:
    """Tell the site of the worker's standing, as of now."""
    ground = agency.ground
    said = {
        "id_number": ground.person.number,
        "suspended": suspended,
        "since": ground.clock().isoformat(),
    }
    assert agency.say("worker_standing", said, "people").applied == 1
