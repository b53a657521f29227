"""Run every region pack of this release on its cases, and enter that somebody asked for it."""

from edge import packs
from edge.shipped import config_folder
from edge.site import Site


def check_packs(site: Site, operator: str) -> packs.Report:
    """Return what every pack made of its cases; packs in force are not touched.

    Raises:
        BadRule: a pack or a case file is wrong; that is no entry.
    """
    report = packs.check(config_folder() / "regions")
    with site.store.transaction() as db:
        site.ledger.enter(
            db,
            kind="packs.checked",
            operator=operator,
            subject="packs",
            now=site.clock(),
            packs=report.packs,
            cases=sum(report.cases.values()),
            failures=len(report.failures),
        )
    return report
