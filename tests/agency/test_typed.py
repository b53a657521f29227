"""What is typed into the national site is claimed by its number, and found there."""

from pathlib import Path

import httpx2

from edge.claiming import claim_now
from edge.steps.bring_back import confirm as confirm_typed
from edge.store.entry_sheets import sheets_of
from tests.agency.country import CLERK, ROWS, country_at, month, worker
from tests.catalogues.shelf import keep_rows
from tests.plain import NO_TLS


def test_a_fitting_that_was_typed_is_found_by_its_number_and_approved(tmp_path: Path) -> None:
    guest = worker(7, "110000", "110100", "TJ0001")
    with country_at(tmp_path, guest, facilities=["TJ0001"]) as country:
        edge = country.edges["TJ0001"]
        keep_rows(edge.site.store, ROWS, region="110000")
        done = edge.fitted(guest, 1_400_000)
        [sheet] = sheets_of(edge.site.store.read(), edge.site.vault, done.case.id)
        typed = {
            "facility": "TJ0001",
            "confirmation": "QG-1",
            "id_number": guest.id_number,
            "insured_region": "110000",
            "total_fen": done.total_fen,
            "fund_fen": done.fund_fen,
            "settled_at": done.settled_at.isoformat(),
            "notice": guest.notices[0].id,
        }
        with httpx2.Client(base_url=country.url, verify=NO_TLS, trust_env=False) as staff:
            assert staff.post("/agency/typed", json=typed).is_success
            assert staff.post("/agency/typed", json=typed).status_code == 409
        confirm_typed(edge.site, sheet.id, "QG-1", CLERK)
        country.clock.pass_time(days=28)
        claim = edge.claimed(month("2026-10"))
        country.office.audits.audit(claim.id)
        edge.collected()
        now = claim_now(edge.site, edge.site.store.read(), month("2026-10"))
        assert now.reconciliation
        assert now.reconciliation.agreed
        assert edge.confirmed(month("2026-10")) == done.fund_fen
