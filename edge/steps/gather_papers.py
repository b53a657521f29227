"""A manual package's papers: what is gathered, what is missing, who took the package along."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.core.cases import CaseRef
from edge.core.errors import NotFound, Words
from edge.core.fallback import (
    Gathered,
    Handover,
    HandoverState,
    Paper,
    handover_state,
    missing_papers,
    require_asked,
    require_handable,
)
from edge.core.stay import require_filled
from edge.site import Site
from edge.store.cases import load_case
from edge.store.database import Rows
from edge.store.manual_packages import add_handover, handover_of, package_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """A package's checklist as it stands."""

    state: HandoverState
    asked: tuple[Paper, ...]
    missing: tuple[str, ...]
    handover: Handover | None


def papers_now(site: Site, ref: CaseRef) -> Papers:
    """Return the checklist with what was said of each paper.

    Raises:
        NotFound: UNKNOWN_STAY, UNKNOWN_FITTING; NO_MANUAL_PACKAGE.
    """
    db = site.store.read()
    return _papers(_asked(site, db, ref), handover_of(db, site.vault, ref))


def gather(site: Site, ref: CaseRef, said: Mapping[str, Gathered], operator: str) -> Papers:
    """Keep which papers are there, by their names; the last word counts, all of it.

    Raises:
        NotFound: as ``papers_now``.
        BadInput: UNKNOWN_PAPER.
        Conflict: PACKAGE_TAKEN.
    """
    return _kept(site, ref, Handover(papers=said, operator=operator, at=site.clock()))


def hand_over(site: Site, ref: CaseRef, taken_by: str, operator: str) -> Papers:
    """Record that the package was taken along, and by whom; once, and complete.

    Raises:
        NotFound: as ``papers_now``.
        BadInput: FIELD_EMPTY.
        Conflict: PAPERS_MISSING, PACKAGE_TAKEN.
    """
    require_filled({"taken_by": taken_by})
    before = handover_of(site.store.read(), site.vault, ref)
    papers = before.papers if before else {}
    handover = Handover(
        papers=papers, operator=operator, at=site.clock(), taken_by=taken_by.strip()
    )
    return _kept(site, ref, handover)


def _kept(site: Site, ref: CaseRef, handover: Handover) -> Papers:
    with site.store.transaction() as db:
        asked = _asked(site, db, ref)
        require_asked(asked, handover.papers)
        require_handable(asked, handover_of(db, site.vault, ref), handover)
        add_handover(db, site.vault, ref, handover)
        papers = _papers(asked, handover)
        site.ledger.enter(
            db,
            kind="manual.handed_over" if handover.taken_by else "manual.gathered",
            operator=handover.operator,
            subject=ref.id,
            now=handover.at,
            state=papers.state,
            missing=len(papers.missing),
        )
    return papers


def _papers(asked: tuple[Paper, ...], handover: Handover | None) -> Papers:
    return Papers(
        state=handover_state(asked, handover),
        asked=asked,
        missing=missing_papers(asked, handover),
        handover=handover,
    )


def _asked(site: Site, db: Rows, ref: CaseRef) -> tuple[Paper, ...]:
    load_case(db, site.vault, ref)
    package = package_of(db, site.vault, ref)
    if package is None:
        raise NotFound(
            "NO_MANUAL_PACKAGE",
            Words("该业务没有转手工报销", f"the {ref.kind} was not handed to manual"),
            Words("先办理转手工报销", "hand it to manual first"),
            field=ref.kind,
        )
    return package.papers
