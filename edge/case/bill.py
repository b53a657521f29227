"""A case's bill ruled as it is kept: under catalogue codes, by the law of its day."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from edge.core.adjudication import Bill, adjudicate, bill_rules
from edge.core.catalogue import ByBenefit, Catalogue, RegionalList
from edge.core.charges import Charge
from edge.core.dates import local_day
from edge.core.fitting import (
    Case,
    Fitting,
    approved_items,
)
from edge.core.stay import Stay
from edge.core.verification import (
    Service,
)
from edge.site import Site
from edge.site.rulings import Inputs, Ruled
from edge.store.bills import lines_sha256
from edge.store.cases import charges_of
from edge.store.catalogues import last_import
from edge.store.code_mappings import histories, last_word, meaning_on
from edge.store.database import Rows


def case_ruled(
    site: Site, db: Rows, case: Case, lines: Mapping[str, Charge] | None = None
) -> Ruled:
    """Rule a case's bill as it is kept, or remember what the very same was ruled to.

    The one place from which reception, preview and settlement know it. ``lines`` are the bill's
    where the caller's transaction has just written them.
    """
    # What names the inputs is read before the inputs: what changes in between is remembered
    # under a name that never comes again.
    inputs = _inputs(site, db, case) if isinstance(case, Stay) else None
    known = inputs and site.rulings.made_from(inputs)
    if known:
        return known
    outcome = ruled(site, case, charges_of(db, site.vault, case) if lines is None else lines)
    if inputs:
        site.rulings.remember(inputs, outcome)
    return outcome


def _inputs(site: Site, db: Rows, stay: Stay) -> Inputs:
    return Inputs(
        stay=stay.id,
        lines_sha256=lines_sha256(db, stay.id),
        treatment_region=site.settings.facility.region,
        insured_region=stay.insured_region,
        service=stay.service,
        admitted_on=local_day(stay.began_at),
        discharged_on=local_day(stay.ended_at) if stay.ended_at else None,
        catalogue=last_import(db),
        mapping=last_word(db),
        packs=tuple(pack.sha256 for pack in site.rulebook.packs),
    )


def ruled(site: Site, case: Case, lines: Mapping[str, Charge]) -> Ruled:
    """Rule these lines as a case's bill."""
    region = site.settings.facility.region
    admitted_on = local_day(case.began_at)
    rules = bill_rules(
        site.rulebook,
        treatment_region=region,
        insured_region=case.insured_region,
        service=case.service,
        on=admitted_on,
    )
    charged, catalogue = _under_catalogue_codes(site, lines, rules.lists, case.service)
    bill = Bill(
        treatment_region=region,
        insured_region=case.insured_region,
        service=case.service,
        admitted_on=admitted_on,
        discharged_on=local_day(case.ended_at) if case.ended_at else None,
        catalogue=catalogue.picked(sorted({line.code for line in charged})),
        standards=site.catalogues.standards(rules.lists.medical, since=admitted_on),
        notice=approved_items(case) if isinstance(case, Fitting) else None,
        lines=charged,
    )
    return Ruled(bill, adjudicate(bill, rules, catalogue))


def _under_catalogue_codes(
    site: Site, lines: Mapping[str, Charge], lists: ByBenefit[RegionalList], service: Service
) -> tuple[tuple[Charge, ...], Catalogue]:
    """Put catalogue codes in the place of the hospital's own where they are mapped; find the rows.

    What reception stored keeps the hospital's code, so a code mapped later mends its lines.
    """
    codes = {line.code for line in lines.values()}
    catalogue = site.catalogues.holding(codes, lists)
    strange = codes - catalogue.rows.keys()
    if not strange:
        return tuple(lines.values()), catalogue
    whose = [lists.medical, lists.rehab, lists.device]
    if service is Service.DEVICE:
        whose.reverse()
    charged = _translated(site, lines, strange, list(dict.fromkeys(whose)))
    return charged, site.catalogues.holding({line.code for line in charged}, lists)


def _translated(
    site: Site, lines: Mapping[str, Charge], strange: set[str], lists: Sequence[RegionalList]
) -> tuple[Charge, ...]:
    """Give lines of ``strange`` codes the code that the first of ``lists`` knows them by."""
    db = site.store.read()
    said = [histories(db, strange, one.region, one.insurance) for one in lists]

    def translated(line: Charge) -> Charge:
        if line.code not in strange:
            return line
        # A refund goes by its original's day, or the two would not be of one code.
        day = lines.get(line.reverses or "", line).date
        meanings = (meaning_on(history.get(line.code, ()), day) for history in said)
        code = next((meaning for meaning in meanings if meaning), line.code)
        return replace(line, code=code)

    return tuple(map(translated, lines.values()))
