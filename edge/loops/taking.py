"""Take what comes with the cached list: catalogues, packs, facilities.

A file is tried once, by its hash: a refused one waits, with its reason, for the platform to publish
it mended. Whatever is wrong with a file, the list itself stands.
"""

from edge.core.catalogue import Insurance
from edge.core.errors import EdgeError
from edge.packs import PackFile
from edge.site import Site
from edge.steps.import_catalogue import Import, Outcome, Report, import_catalogue
from edge.steps.take_facilities import take_facilities
from edge.steps.take_pack import take_pack
from edge.store.deliveries import Delivery, DeliveryState, is_noted, note_delivery
from sync.lists import Received


def take_received(site: Site, operator: str) -> list[Delivery]:
    """Take each file that came with the list in use and was not looked at before."""
    db = site.store.read()
    fresh = [one for one in site.cached_list.received() if not is_noted(db, one.published.sha256)]
    return [_taken(site, received, operator) for received in fresh]


def _taken(site: Site, received: Received, operator: str) -> Delivery:
    published = received.published
    why = _refusal(site, received, operator)
    delivery = Delivery(
        sha256=published.sha256,
        kind=published.kind,
        name=" ".join(filter(None, (published.region, published.version, published.place))),
        state=DeliveryState.REFUSED if why else DeliveryState.TAKEN,
        why=why,
        at=site.clock(),
    )
    with site.store.transaction() as db:
        note_delivery(db, delivery)
        site.ledger.enter(
            db,
            kind=f"delivery.{delivery.state}",
            operator=operator,
            subject=delivery.sha256,
            now=delivery.at,
            file=delivery.kind,
            name=delivery.name,
            why=why,
        )
    return delivery


def _refusal(site: Site, received: Received, operator: str) -> str:
    """Take one file; return why it cannot stand, or nothing."""
    published, path = received.published, received.path
    try:
        match published.kind:
            case "catalogue":
                return _catalogue_refusal(site, received, operator)
            case "pack":
                take_pack(site, PackFile(published.place or "", path.read_bytes()), operator)
            case "facilities":
                take_facilities(site, path.read_bytes(), operator)
            case other:
                return f"no such kind: {other}"
    except EdgeError as wrong:
        return str(wrong)
    return ""


def _catalogue_refusal(site: Site, received: Received, operator: str) -> str:
    published = received.published
    if published.insurance not in (None, *Insurance):
        return f"no such insurance: {published.insurance}"
    asked = Import(
        path=received.path,
        region=published.region or "",
        version=published.version or "",
        insurance=Insurance(published.insurance) if published.insurance else None,
    )
    return _refused_cell(import_catalogue(site, asked, operator))


def _refused_cell(report: Report) -> str:
    if report.outcome is not Outcome.REFUSED:
        return ""
    first = report.refused[0]
    return f"{first.address}: {first.why.reason.en} ({report.refused_count} cells)"
