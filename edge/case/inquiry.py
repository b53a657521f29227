"""What is known of a person now: the platform is asked first, then the cached list, then the card.

Judges nothing. The answer says which of the three it is, as of when, and keeps the signed proof.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from edge import codec
from edge.core.credential import Credential
from edge.core.errors import BadInput
from edge.core.verification import Basis, Filing, Notice, Service, filing_for, notice_for
from edge.site import Site
from edge.store.announcements import facility_standing, worker_suspended
from edge.store.settlements import episodes_of
from sync.errors import ListRefused, PlatformUnreachable, SyncError
from sync.lists import Entry
from sync.question import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Fragments of FACTS.json: ``facility``, ``worker``, ``filing``, ``contribution``, ``notice``.

    ``proof`` is what was said, byte for byte; None when nothing was.
    """

    facts: Mapping[str, Any]
    basis: Basis
    as_of: datetime | None = None
    proof: bytes | None = None


def known_of(site: Site, credential: Credential, question: Question) -> Known:
    """Ask on line within the desk's deadline; failing that, look into the list; else the card."""
    try:
        answer = site.platform.ask(question)
    except PlatformUnreachable as silent:
        site.log.warning("platform.silent", code=silent.code)
        return _listed(site, credential, question) or by_card_alone(credential)
    except SyncError as unsure:
        site.log.warning("platform.unsure", code=unsure.code)
        return by_card_alone(credential)
    facts = {**answer.facts, "filing": _filing_online(site, question, answer.facts.get("filing"))}
    return Known(facts=facts, basis=Basis.ONLINE, as_of=answer.as_of, proof=answer.proof)


def by_card_alone(credential: Credential) -> Known:
    """Say what the card tells: who it is, and the issuing region as the insured one."""
    return Known(facts={"worker": _card_holder(credential)}, basis=Basis.NONE)


def _listed(site: Site, credential: Credential, question: Question) -> Known | None:
    if site.clock_went_back():
        # Time stands still until the clock has caught up: nobody can say how old the list is.
        site.log.warning("list.unusable", code="CLOCK_WENT_BACK")
        return None
    try:
        entry = site.cached_list.look_up(question.id_number, now=question.at)
        return _from_list(site, credential, question, entry) if entry else None
    except (ListRefused, BadInput) as wrong:
        site.log.warning("list.unusable", code=wrong.code)
        return None


def _from_list(site: Site, credential: Credential, question: Question, entry: Entry) -> Known:
    said = entry.record or {}
    ours = site.settings.facility
    service = Service(question.service)
    filings = _filings(site, question, said.get("filings", ()))
    notices = _notices(said.get("notices", ()))
    places = (ours.city, ours.region)
    release = entry.release
    facts = {
        "worker": {
            **(said.get("worker") or _card_holder(credential)),
            **_told_since(site, entry, question),
        },
        "filing": filing_for(filings, service=service, places=places, at=question.at),
        "contribution": said.get("contribution"),
        "notice": notice_for(notices, service=service, at=question.at, named=question.notice),
        "facility": _our_standing(site, entry),
    }
    return Known(
        facts={name: codec.plain(fragment) for name, fragment in facts.items()},
        basis=Basis.LIST,
        as_of=release.as_of,
        proof=entry.proof,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ours:
    """Which of our own cases are counted as users of a paper: we know these better."""

    episodes_here: tuple[str, ...] = ()
    used_here: str = ""


def _filing_online(site: Site, question: Question, said: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the filing with our own settlements counted that the platform has yet to hear of."""
    try:
        return codec.plain(_filings(site, question, [said])[0]) if said else said
    except BadInput:
        return said  # whoever judges it says what is wrong with it


def _filings(site: Site, question: Question, said: Any) -> tuple[Filing, ...]:  # noqa: ANN401 - JSON
    """Return the filings: what others settled as it was said, what we settled as we know."""
    filings = codec.convert(said, tuple[Filing, ...])
    counted = codec.convert(said, tuple[_Ours, ...])
    ours = episodes_of(site.store.read(), site.vault, question.id_number, beside=question.stay)
    return tuple(
        replace(
            filing,
            episodes_settled=max(filing.episodes_settled - len(known.episodes_here), 0)
            + ours[filing.id],
        )
        for filing, known in zip(filings, counted, strict=True)
    )


def _notices(said: Any) -> tuple[Notice, ...]:  # noqa: ANN401 - JSON
    """Return the notices; whether one is used by a fitting of ours is asked of our own rows."""
    notices = codec.convert(said, tuple[Notice, ...])
    counted = codec.convert(said, tuple[_Ours, ...])
    return tuple(
        replace(notice, used=notice.used and not known.used_here)
        for notice, known in zip(notices, counted, strict=True)
    )


def _told_since(site: Site, entry: Entry, question: Question) -> dict[str, Any]:
    """Return a suspension or resumption that came down after the list was made."""
    told = worker_suspended(site.store.read(), site.vault, question.id_number)
    newer = told is not None and told[1] > entry.release.as_of
    return {"suspended": told[0]} if told and newer else {}


def _our_standing(site: Site, entry: Entry) -> dict[str, Any]:
    release, told = entry.release, facility_standing(site.store.read())
    if told and told.since > release.as_of:
        return {"direct": told.direct, "suspended": told.suspended}
    return {"direct": release.direct, "suspended": release.suspended}


def _card_holder(credential: Credential) -> dict[str, Any]:
    province = credential.issuing_region[:2]
    return {
        "id_number": credential.id_number,
        "name": credential.name,
        "insured_region": f"{province}0000",
        "insured_city": f"{credential.issuing_region[:4]}00",
    }
