"""A Shandong referral serves one inpatient stay (鲁 第十二条), and not against itself."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from edge.case.reverification import reverified
from edge.case.verdict import Asked
from edge.claiming import claim_now
from edge.core.cases import CaseRef
from edge.core.verification import Basis, Code, Moment, Service, Verdict
from edge.steps.refresh_list import refresh_list
from edge.steps.settle import Request, settle
from edge.steps.verify import verify
from edge.store.cases import load_case
from edge.store.operators import Role
from edge.store.settlements import Settlement
from simulators.platform.faults import NO_FAULTS, Fault, Script
from tests.agency.country import CLERK, Country, Edge, country_at, month, worker

_PLAIN = worker(3, "370000", "370200", "SD0001")
_TRIP = {
    "category": "referral",
    "trip_from": date(2026, 9, 1),
    "trip_to": date(2026, 12, 31),
}
REFERRED = _PLAIN.model_copy(update={"filings": (_PLAIN.filings[0].model_copy(update=_TRIP),)})
SILENT = Script(fault=(Fault(on="verifications", do="down", times=0),))
FITTED = worker(6, "220000", "220200", "JL0001")
INPATIENT = Service.INPATIENT_MEDICAL


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    with country_at(tmp_path, REFERRED, FITTED, facilities=["SD0001", "JL0001"]) as country:
        yield country


@pytest.fixture
def edge(country: Country) -> Edge:
    return country.edges["SD0001"]


def settled(edge: Edge, stay: CaseRef, number: int = 1) -> Settlement:
    done = settle(edge.site, Request(case=stay, key=f"key-{stay.id}-{number}"), CLERK)
    assert isinstance(done, Settlement), done
    return done


def for_another(edge: Edge) -> set[Code]:
    """Ask whether another stay may begin; return what is said."""
    asked = Asked(service=INPATIENT, moment=Moment.ADMISSION)
    return codes(verify(edge.site, edge.presented(REFERRED), asked, CLERK).verdict)


def codes(verdict: Verdict) -> set[Code]:
    return {reason.code for reason in verdict.reasons}


def test_a_stay_settled_on_the_list_is_claimed_and_not_consumed_by_itself(
    country: Country, edge: Edge
) -> None:
    stay = edge.discharged(REFERRED, INPATIENT, 10_000)
    refresh_list(edge.site)
    country.faults.play(SILENT)
    done = settled(edge, stay)
    country.faults.play(NO_FAULTS)
    assert done.basis == Basis.LIST
    edge.deliver()
    country.clock.pass_time(days=35)
    edge.claimed(month("2026-10"))
    [item] = claim_now(edge.site, edge.site.store.read(), month("2026-10")).items
    assert item.settlement == done.id


def test_another_stay_finds_it_consumed_whoever_is_asked_and_however_late_they_hear(
    country: Country, edge: Edge
) -> None:
    refresh_list(edge.site)
    done = settled(edge, edge.discharged(REFERRED, INPATIENT, 10_000))
    assert Code.FILING_CONSUMED in for_another(edge)  # the platform has not heard of it
    edge.deliver()
    assert Code.FILING_CONSUMED in for_another(edge)
    country.faults.play(SILENT)
    assert Code.FILING_CONSUMED in for_another(edge)  # nor has this list
    country.lists["SD0001"].publish()
    refresh_list(edge.site)
    assert Code.FILING_CONSUMED in for_another(edge)
    edge.reversed(done.id)
    assert for_another(edge) == {Code.VERIFIED_FROM_LIST}  # which still counts it
    country.faults.play(NO_FAULTS)
    assert for_another(edge) == {Code.VERIFIED_ONLINE}


def test_a_list_made_since_does_not_hold_a_reversed_stay_against_itself(
    country: Country, edge: Edge
) -> None:
    stay = edge.discharged(REFERRED, INPATIENT, 10_000)
    done = settled(edge, stay)
    edge.deliver()
    country.lists["SD0001"].publish()
    refresh_list(edge.site)
    edge.reversed(done.id)
    country.faults.play(SILENT)
    assert settled(edge, stay, 2).basis == Basis.LIST


def test_a_fitting_that_used_its_notice_may_be_asked_about_again_and_no_other_may_use_it(
    country: Country,
) -> None:
    edge, number = country.edges["JL0001"], FITTED.id_number
    done = edge.fitted(FITTED, 1_400_000)
    edge.deliver()
    again = reverified(
        edge.site, load_case(edge.site.store.read(), edge.site.vault, done.case), CLERK
    )
    assert codes(again.verdict) == {Code.VERIFIED_ONLINE}
    known = country.office.registry.worker(number)
    assert known
    assert known.notices[0].used_by
    assert Code.NOTICE_USED in edge.fittable(FITTED)
    edge.reversed(done.id, Role.FITTING)
    assert edge.fittable(FITTED) == {Code.VERIFIED_ONLINE}
