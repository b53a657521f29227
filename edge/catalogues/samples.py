"""The synthetic catalogues that come with this release, for demonstration and tests.

They are files such as a hospital imports, at ``<region>/<version>.csv``; no site serves them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.catalogues.listing import Listing
from edge.catalogues.reading import read_listing
from edge.core.catalogue import Catalogue, CatalogueVersion, Standards, joined
from edge.sheets import unreadable


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file and whose catalogue it invents."""

    path: Path
    region: str
    version: str


def sample_files(folder: Path) -> Iterator[SampleFile]:
    """Yield the files under ``folder``, in order."""
    for path in sorted(folder.glob("*/*.csv")):
        yield SampleFile(path, path.parent.name, path.stem)


def load(folder: Path) -> Catalogue:
    """Read every file under ``folder`` as one catalogue.

    Raises:
        BadInput: SHEET_UNREADABLE, naming the file, or the first cell of it that is refused.
    """
    return joined(_version(file) for file in sample_files(folder))


def _version(file: SampleFile) -> CatalogueVersion:
    listing = read_listing(file.path.read_bytes())
    if not isinstance(listing, Listing):
        first = listing.shown[0]
        reason = first.why.reason
        raise unreadable(reason.zh, reason.en, field=f"{file.path.name} {first.address}")
    standards = Standards(listing.bed_day_fen)
    return CatalogueVersion(file.region, file.version, listing.rows, standards)
