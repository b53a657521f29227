"""The region packs under config/regions: read, checked, hashed, shown, and run on their cases.

Decides no case: ``edge.core.verification`` does, with the rulebook that ``load`` returns.
"""

from edge.packs.calculator import verify_json
from edge.packs.cases import Case, Failure, Report, check, read_cases, run_case
from edge.packs.library import PackFile, load, pack_files, rulebook_of
from edge.packs.shown import ListedPack, ShownRule, list_packs, show

__all__ = [
    "Case",
    "Failure",
    "ListedPack",
    "PackFile",
    "Report",
    "ShownRule",
    "check",
    "list_packs",
    "load",
    "pack_files",
    "read_cases",
    "rulebook_of",
    "run_case",
    "show",
    "verify_json",
]
