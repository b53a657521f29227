"""A bill ruled: every fen to the fund or to the worker, with reason, article and catalogue row.

Keeps nothing and asks nobody; what is done with a ruling is ``edge.core.settlement``'s.
"""

from edge.core.adjudication.bill import Bill, BillRules
from edge.core.adjudication.law import bill_rules, ruled_by_law
from edge.core.adjudication.lines import adjudicate
from edge.core.adjudication.ruling import (
    Bucket,
    LineReason,
    Personal,
    RuledLine,
    Ruling,
    Sums,
)

__all__ = [
    "Bill",
    "BillRules",
    "Bucket",
    "LineReason",
    "Personal",
    "RuledLine",
    "Ruling",
    "Sums",
    "adjudicate",
    "bill_rules",
    "ruled_by_law",
]
