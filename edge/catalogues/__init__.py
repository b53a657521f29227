"""Catalogues as files: read, every bad cell named, and compared with what is known already.

Keeps nothing: ``edge.store.catalogues`` does. See docs/catalogues.md for the format.
"""

from edge.catalogues.diff import FIELDS, Change, Diff, diff_of
from edge.catalogues.listing import Listing
from edge.catalogues.reading import read_listing
from edge.catalogues.regions import require_region
from edge.catalogues.samples import SampleFile, load, sample_files

__all__ = [
    "FIELDS",
    "Change",
    "Diff",
    "Listing",
    "SampleFile",
    "diff_of",
    "load",
    "read_listing",
    "require_region",
    "sample_files",
]
