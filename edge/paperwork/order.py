"""An order for one document: what it is, of whom it is listed, and how its bytes are made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from edge import codec
from edge.core.cases import CaseRef
from edge.core.dates import local_day
from edge.core.fitting import Case
from edge.core.paper import DocumentKind, Paper
from edge.digest import sha256
from edge.documents import pressed
from edge.shipped import config_folder
from edge.site import Site
from edge.store.documents import Owner, OwnerKind

PDF = "application/pdf"
ZIP = "application/zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One document to be made, unless it was made before.

    Of a subject with an empty ``edition`` there is one document for good; else one for all that is
    the same in it. ``dated`` is the moment that it speaks of.
    """

    kind: DocumentKind
    owner: Owner
    subject: str
    edition: str
    title: str
    media: str
    dated: datetime
    make: Callable[[], bytes]


def printed(
    kind: DocumentKind, owner: Owner, subject: str, paper: Paper, *, says: object = None
) -> Order:
    """Return the order of a paper; ``says``: what makes it another one, where it may be another."""
    return Order(
        kind=kind,
        owner=owner,
        subject=subject,
        edition=sha256(codec.encode(says)) if says else "",
        title=paper.title,
        media=PDF,
        dated=paper.dated,
        make=lambda: pressed(paper),
    )


def to_the_minute(at: datetime) -> datetime:
    """Return the moment as papers show it: pressed twice at once, they are the same paper."""
    return at.replace(second=0, microsecond=0)


def owner_of(ref: CaseRef) -> Owner:
    """Return the case as an owner of documents."""
    return Owner(OwnerKind(ref.kind.value), ref.id)


def place_of(site: Site, case: Case) -> str:
    """Return the folder of the treatment region's pack: documents are the facility's matter."""
    region = site.settings.facility.region
    pack = site.rulebook.governing(
        region, on=local_day(case.began_at), cross_province=region != case.insured_region
    )
    return pack.place


REGIONS = config_folder() / "regions"
