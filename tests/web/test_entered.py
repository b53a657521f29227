"""Every act leaves an entry in the ledger: which one, by endpoint; which leave none, and why."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from edge.app import web
from tests.web.matrix import MATRIX
from tests.web.reaching import Reached
from tests.web.service import Service

V1 = "POST /api/v1"

ENTERED = {
    f"{V1}/login": "operator.logged_in",
    f"{V1}/logout": "operator.logged_out",
    f"{V1}/password": "operator.password_changed",
    f"{V1}/identifications": "identity.presented",
    f"{V1}/verifications": "cover.verified",
    f"{V1}/verifications/{{verification}}/confirmation": "identity.confirmed",
    f"{V1}/arrivals": "identity.presented",
    f"{V1}/readings": "reader.tried",
    f"{V1}/compat/iReadCardBas": "identity.handed_over",
    f"{V1}/compat/iReadCardBas_HSM_Step2": "identity.handed_over",
    f"{V1}/stays": "stay.admitted",
    f"{V1}/stays/{{stay}}/plan": "discharge.planned",
    f"{V1}/stays/{{stay}}/charges": "charges.received",
    f"{V1}/stays/{{stay}}/discharge": "stay.discharged",
    f"{V1}/stays/{{stay}}/settlement": ".settled",
    f"{V1}/stays/{{stay}}/manual": ".handed_to_manual",
    f"{V1}/stays/{{stay}}/identity": "identity.revealed",
    f"{V1}/stays/{{stay}}/manual/papers": "manual.gathered",
    f"{V1}/stays/{{stay}}/manual/handover": "manual.handed_over",
    f"{V1}/stays/{{stay}}/documents": "document.made",
    f"{V1}/stays/{{stay}}/referral-opinions": "document.made",
    f"{V1}/fittings": "fitting.opened",
    f"{V1}/fittings/{{fitting}}/fitted": "fitting.recorded",
    f"{V1}/fittings/{{fitting}}/settlement": ".settled",
    f"{V1}/fittings/{{fitting}}/manual": ".handed_to_manual",
    f"{V1}/fittings/{{fitting}}/identity": "identity.revealed",
    f"{V1}/fittings/{{fitting}}/manual/papers": "manual.gathered",
    f"{V1}/fittings/{{fitting}}/manual/handover": "manual.handed_over",
    f"{V1}/fittings/{{fitting}}/documents": "document.made",
    f"{V1}/entry-sheets/{{sheet}}/confirmation": "entry_sheet.confirmed",
    f"{V1}/entry-sheets/{{sheet}}/withdrawal": "entry_sheet.withdrawn",
    f"{V1}/settlements/{{settlement}}/reversal": "settlement.reversed",
    f"{V1}/settlements/{{settlement}}/disagreement": "disagreement.decided",
    f"{V1}/claims/{{month}}/documents": "document.made",
    f"{V1}/claims/{{month}}/reverification": "settlement.reverified",
    f"{V1}/claims/{{month}}/submission": "claim.submitted",
    f"{V1}/claims/{{month}}/withdrawal": "claim.withdrawn",
    f"{V1}/claims/{{month}}/objections": "deduction.objected",
    f"{V1}/claims/{{month}}/confirmation": "claim.confirmed",
    f"{V1}/day-ends/{{day}}/documents": "document.made",
    f"{V1}/documents/{{document}}/prints": "document.printed",
    f"{V1}/complaints": "complaint.received",
    f"{V1}/complaints/{{complaint}}/work": "complaint.taken",
    f"{V1}/complaints/{{complaint}}/answer": "complaint.answered",
    f"{V1}/complaints/{{complaint}}/receipt": "document.made",
    f"{V1}/catalogue/mappings": "codes.mapped",
    f"{V1}/catalogue/uploads/{{upload}}/import": "catalogue.imported",
    f"{V1}/sync/dispatches/{{dispatch}}/aside": "dispatch.set_aside",
    f"{V1}/sync/messages/{{message}}/retry": "message.retried",
    f"{V1}/sync/messages/{{message}}/resolve": "message.resolved",
    f"{V1}/accounts": "operator.created",
    f"{V1}/accounts/{{account}}/role": "operator.moved",
    f"{V1}/accounts/{{account}}/unlocking": "operator.unlocked",
    f"{V1}/accounts/{{account}}/ending": "operator.disabled",
    f"{V1}/accounts/{{account}}/sessions/ending": "operator.sent_out",
    f"{V1}/accounts/{{account}}/password": "operator.password_given",
    f"{V1}/accounts/{{account}}/second-factor": "operator.factor_offered",
    f"{V1}/accounts/{{account}}/second-factor/confirmation": "operator.equipped",
    f"{V1}/tokens": "token.created",
    f"{V1}/tokens/{{token}}/ending": "token.ended",
    f"{V1}/backups": "backup.made",
    f"{V1}/backups/{{backup}}/check": "backup.checked",
    f"{V1}/packs/check": "packs.checked",
    "POST /api/fhir/CoverageEligibilityRequest": "cover.verified",
    "POST /api/fhir/Claim": ".settled",
}
"""Endpoint: the entry that it makes; of a kind that begins with its case's, the end."""

NOT_ENTERED = {
    f"{V1}/stays/{{stay}}/preview": "keeps nothing and names nobody",
    f"{V1}/fittings/{{fitting}}/preview": "as a stay's",
    f"{V1}/catalogue/uploads": "compares and keeps nothing; the import is entered",
    f"{V1}/sync/dispatches/collection": "each dispatch is entered where it is applied",
    f"{V1}/compat/iReadCardBas_HSM_Step1": "a number to be signed; what is read is step 2's",
    f"{V1}/agent/sessions": "a desk's program comes; what a card gives is entered where it is read",
    f"{V1}/agent/farewells": "as its coming",
    f"{V1}/agent/devices": "as its coming",
    f"{V1}/agent/card-keys": "as its coming",
    f"{V1}/agent/requests": "as its coming",
    f"{V1}/agent/answers": "as its coming",
}
"""Endpoint: why nobody needs to know later that it was called."""


@pytest.fixture(scope="module")
def acts(service: Service) -> dict[str, Callable[..., Any]]:
    """Return the function of every endpoint that is not a reading."""
    return {
        f"{method} {route.path}": route.original_route.endpoint  # type: ignore[attr-defined]
        for route in iter_route_contexts(web(service.desk).routes)
        for method in getattr(route, "methods", None) or ()
        if method not in {"GET", "HEAD"}
    }


def test_every_act_is_in_one_of_the_two_lists(acts: dict[str, Callable[..., Any]]) -> None:
    assert acts.keys() == ENTERED.keys() | NOT_ENTERED.keys()
    assert not ENTERED.keys() & NOT_ENTERED.keys()
    assert acts.keys() == {one for one in MATRIX if not one.startswith(("GET ", "HEAD "))}


def test_every_act_comes_to_its_entry(acts: dict[str, Callable[..., Any]]) -> None:
    astray = []
    for endpoint, kind in ENTERED.items():
        reached = Reached().follow(acts[endpoint])
        if not (reached.enters and kind in reached.words):
            astray.append(endpoint)
    assert astray == []


def test_what_enters_nothing_is_noticed(acts: dict[str, Callable[..., Any]]) -> None:
    assert not Reached().follow(acts[f"{V1}/agent/devices"]).enters
    packs = Reached().follow(acts[f"{V1}/packs/check"])
    assert packs.enters
    assert "backup.made" not in packs.words
