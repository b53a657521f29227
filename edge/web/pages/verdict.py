"""A verdict: the person, what was decided and why, the admission form, the notice of a new card.

Decides nothing: the verdict is shown as it was given.
"""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from drivers.errors import CardFault
from edge.core.errors import Words
from edge.core.rules import Rulebook
from edge.core.verification import Code, Decision, Reason
from edge.core.verification.sentences import next_step_en
from edge.core.verification.warned import warning_en
from edge.store.deliveries import facility_named
from edge.store.people import desk_identified_at, presentation_is_used
from edge.store.stays import open_stay_of
from edge.store.verifications import Verification, load_verification
from edge.web.desk import Desk
from edge.web.look import Family
from edge.web.pages.frame import AtDesk, Screen
from edge.web.pages.person import shown_on_page
from edge.web.rooms import pages_room
from edge.web.texts import words

FAMILIES = {
    Decision.DIRECT: Family.SETTLES,
    Decision.PROVISIONAL: Family.SETTLES,
    Decision.HOLD: Family.UNVERIFIED,
    Decision.MANUAL: Family.REFUSED,
    Decision.REFUSE: Family.REFUSED,
    Decision.LOCAL: Family.REFUSED,
}
_ADMITS = frozenset({Decision.DIRECT, Decision.PROVISIONAL})


def router(screen: Screen) -> APIRouter:
    """Return the verdict page and its notice."""
    routes = pages_room()
    site = screen.desk.site

    @routes.get("/verifications/{verification}")
    def verdict(request: Request, caller: AtDesk, verification: str) -> HTMLResponse:
        """Show a verdict with the person's name, masked number, and the admission form."""
        shown = load_verification(site.store.read(), site.vault, verification)
        person = shown_on_page(screen.desk, caller, person_id=shown.person_id, subject=shown.id)
        return screen.page(
            request,
            caller,
            "verdict.html",
            person=person,
            admissible=shown.verdict.decision in _ADMITS,
            determinations=shown.determinations,
            known=open_stay_of(site.store.read(), shown.person_id),
            doubt=identity_doubt(shown),
            **verdict_shown(screen.desk, shown),
        )

    @routes.get("/pages/verifications/{verification}/card")
    def card(request: Request, caller: AtDesk, verification: str) -> HTMLResponse:
        """Render anew whether another person's card is in a reader."""
        shown = load_verification(site.store.read(), site.vault, verification)
        return screen.page(
            request,
            caller,
            "new_card.html",
            verification=shown,
            new_card=another_card(screen.desk, shown),
        )

    return routes


@dataclass(frozen=True, slots=True)
class Doubt:
    """What leaves doubt about who it is: both names as they are written, and their characters."""

    verification: str
    shown: str
    recorded: str
    shown_points: str
    recorded_points: str


def identity_doubt(verification: Verification) -> Doubt | None:
    """Return the doubt that a clerk may end with a reason; None where there is none."""
    codes = {reason.code for reason in verification.verdict.reasons}
    if Code.IDENTITY_UNPROVEN not in codes:
        return None
    shown = verification.facts.credential.name or ""
    recorded = verification.facts.worker.name or ""
    return Doubt(verification.id, shown, recorded, _points(shown), _points(recorded))


def _points(name: str) -> str:
    return " ".join(f"{ord(character):04X}" for character in name)


def verdict_shown(desk: Desk, verification: Verification) -> dict[str, object]:
    """Return what a verdict's band, its facts and its notice need."""
    verdict = verification.verdict
    return {
        "verification": verification,
        "new_card": another_card(desk, verification),
        "insured": region_named(desk.site.rulebook, verification.facts.worker.insured_region),
        "chosen": _chosen(desk, verification),
        "family": FAMILIES[verdict.decision],
        "headline": words(f"headline.{verdict.decision.value}"),
        "reasons": [_reason(reason) for reason in verdict.reasons],
        "warnings": [Words(one.text, warning_en(one)) for one in verdict.warnings],
    }


def _chosen(desk: Desk, verification: Verification) -> list[str]:
    """Return the facilities that the filing names, as the platform's library calls them."""
    filing = verification.facts.filing
    db = desk.site.store.read()
    ids = [*(filing.facilities or ()), *(filing.non_direct_facilities or ())] if filing else []
    named = ((facility_id, facility_named(db, facility_id)) for facility_id in ids)
    return [f"{one.name}（{one_id}）" if one and one.name else one_id for one_id, one in named]


def another_card(desk: Desk, verification: Verification) -> Words | None:
    """Say that a reader of this desk holds a card that is not this person's; never whose it is."""
    number = verification.facts.worker.id_number
    db = desk.site.store.read()
    for view in desk.readers_at(desk_identified_at(db, verification.identification_id)):
        card = desk.station.held(view.name)
        if isinstance(view.error, CardFault):
            return words("new_card.unreadable")
        if card and card.token == view.token:
            other = card.record.social_security_number != number
        else:  # behind an agent: whose card it is, only an identification tells
            other = bool(view.token) and not presentation_is_used(db, view.token)
        if other:
            return words("new_card.other")
    return None


def region_named(rulebook: Rulebook, region: str) -> str:
    """Return a region as people call it, its code beside it; the bare code where no pack knows."""
    names = {pack.region: pack.name for pack in rulebook.packs}
    return f"{names[region]}（{region}）" if region in names else region


def _reason(reason: Reason) -> dict[str, object]:
    english = next_step_en(reason.next, reason.effect)
    return {
        "code": reason.code,
        "text": Words(reason.text, reason.text_en),
        "article": reason.article,
        "next": Words(reason.next, english or reason.next) if reason.next else None,
    }
