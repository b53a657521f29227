"""The law of one bill, read from the packs: which list governs, what is excluded, why.

Chooses the pack that speaks for each benefit; the lines are judged in ``lines``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from edge.core.adjudication.bill import Bill, BillRules
from edge.core.adjudication.lines import adjudicate
from edge.core.adjudication.ruling import LineReason, Ruling
from edge.core.catalogue import ByBenefit, CostKind, Insurance, RegionalList
from edge.core.rules import Pack, Rulebook
from edge.core.verification import Service

_KEPT = 1024
"""Rules that are remembered: those of a month's admissions from every region."""


def bill_rules(
    rulebook: Rulebook,
    *,
    treatment_region: str,
    insured_region: str,
    service: Service | str,
    on: date,
) -> BillRules:
    """Return the rules of a bill for care that began ``on`` that day; read once, and kept.

    Medical and rehab care follow the treatment region's pack, devices the insured region's (津
    第十九、二十三条; 鲁 第十六条; 京 二(三)); a bill for a device follows the latter throughout.
    """
    return _rules(rulebook, treatment_region, insured_region, service == Service.DEVICE, on)


@lru_cache(maxsize=_KEPT)
def _rules(
    rulebook: Rulebook,
    treatment_region: str,
    insured_region: str,
    is_device: bool,  # noqa: FBT001 - a key of what is kept, as the others
    on: date,
) -> BillRules:
    crosses = treatment_region != insured_region
    treatment, insured = (
        _Side(rulebook.governing(region, on=on, cross_province=crosses), region, on)
        for region in (treatment_region, insured_region)
    )
    whose = {
        "treatment": RegionalList(treatment_region),
        "treatment_medical_insurance": RegionalList(treatment_region, Insurance.MEDICAL),
        "insured": RegionalList(insured_region),
    }
    paying = insured if is_device else treatment
    return BillRules(
        lists=ByBenefit(
            treatment.governing("catalogue.medical", whose),
            treatment.governing("catalogue.rehab", whose),
            insured.governing("catalogue.device", whose),
        ),
        articles=ByBenefit(
            paying.articles(treatment.article("catalogue.medical")),
            paying.articles(treatment.article("catalogue.rehab")),
            insured.articles(insured.article("catalogue.device")),
        ),
        excluded=paying.excluded(),
        co_payments=treatment.applies("bill.co_payments"),
    )


def ruled_by_law(bill: Bill, rulebook: Rulebook) -> Ruling:
    """Rule a bill by the packs in force when its care began.

    Raises:
        BadInput, Fault: as ``adjudicate``.
    """
    rules = bill_rules(
        rulebook,
        treatment_region=bill.treatment_region,
        insured_region=bill.insured_region,
        service=bill.service,
        on=bill.admitted_on,
    )
    return adjudicate(bill, rules)


@dataclass(frozen=True, slots=True)
class _Side:
    """One region's pack on the day."""

    pack: Pack
    region: str
    on: date

    def governing(self, key: str, whose: Mapping[str, RegionalList]) -> RegionalList:
        """Return which list governs; a province's is this side's, for packs are provinces'."""
        rule = self.pack.rule(key, on=self.on)
        ours = RegionalList(self.region)
        return whose.get(str(rule.value), ours) if rule else ours

    def applies(self, key: str) -> bool:
        """Tell whether the pack says yes; where it says nothing, it does not."""
        rule = self.pack.rule(key, on=self.on)
        return rule is not None and rule.value is True

    def article(self, *keys: str) -> str:
        """Return the article of the first of ``keys`` that the pack covers, or SILENT."""
        covered = [key for key in keys if self.pack.rule(key, on=self.on)]
        return self.pack.article((covered or keys)[0], on=self.on)

    def articles(self, in_scope: str) -> Mapping[LineReason, str]:
        """Return the article of every reason, ``in_scope`` being the catalogue's own."""
        over_standard = self.article("bill.over_standard")
        return {
            LineReason.IN_SCOPE: in_scope,
            LineReason.OUT_OF_CATALOGUE: self.article("bill.out_of_catalogue"),
            LineReason.OVER_PRICE_CAP: over_standard,
            LineReason.OVER_BED_STANDARD: over_standard,
            LineReason.OVER_QUANTITY: over_standard,
            LineReason.NON_INJURY: self.article("bill.non_injury"),
            LineReason.DEVICE_OVER_LIMIT: self.article("bill.device_over_limit"),
            LineReason.DEVICE_NOT_APPROVED: self.article(
                "device.approved_items", "bill.out_of_catalogue"
            ),
            LineReason.CO_PAYMENT: self.article("bill.co_payments"),
        }

    def excluded(self) -> Mapping[CostKind, str]:
        """Return the kinds that are never part of direct settlement, each with its article.

        A text may name some and be silent on others that are treated alike.
        """
        named = self.pack.needed("bill.excluded", on=self.on)
        alike = self.pack.rule("bill.excluded_alike", on=self.on)
        rules = [rule for rule in (alike, named) if rule]
        return {CostKind(word): rule.article for rule in rules for word in rule.words}
