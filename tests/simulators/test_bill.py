"""The demo's bill: plausible lines, valid on their days, with something of each ruling."""

from collections import Counter
from datetime import date, timedelta

import pytest

from edge import catalogues, packs
from edge.codec import convert
from edge.core.adjudication import Bill, LineReason, adjudicate, bill_rules
from edge.core.charges import Charge
from edge.core.verification import Service
from edge.shipped import config_folder
from simulators.hospital.bill import thirty_lines

FIRST = date(2026, 11, 12)


@pytest.mark.parametrize("days", [1, 10, 30])
def test_the_bill_has_thirty_lines_and_one_bed_a_day(days: int) -> None:
    lines = thirty_lines(FIRST, days=days)
    assert len({line["id"] for line in lines}) == 30
    beds = [line["date"] for line in lines if line["code"].startswith("SYN-B")]
    assert beds == [f"{FIRST + timedelta(days=number)}" for number in range(days)]


@pytest.mark.parametrize("days", [1, 10])
def test_nothing_is_refused_and_each_kind_of_ruling_is_there(days: int) -> None:
    lines = convert(thirty_lines(FIRST, days=days), tuple[Charge, ...])
    catalogue = catalogues.load(config_folder() / "catalogues")
    bill = Bill(
        treatment_region="120000",
        insured_region="110000",
        service=Service.INPATIENT_MEDICAL,
        admitted_on=FIRST,
        discharged_on=FIRST + timedelta(days=days),
        catalogue=catalogue.picked(sorted({line.code for line in lines})),
        standards=catalogue.standards["120000"],
        lines=lines,
    )
    rules = bill_rules(
        packs.load(config_folder() / "regions"),
        treatment_region="120000",
        insured_region="110000",
        service=bill.service,
        on=FIRST,
    )
    ruling = adjudicate(bill, rules)
    assert ruling.refused == ()
    reasons = Counter(line.reason for line in ruling.lines)
    assert reasons[LineReason.IN_SCOPE] > 15
    assert reasons.keys() >= {
        LineReason.OVER_BED_STANDARD,
        LineReason.OVER_PRICE_CAP,
        LineReason.NON_INJURY,
        LineReason.OUT_OF_CATALOGUE,
    }
