"""The cached lists of the agency's facilities: one repository each, kept in a folder.

What a list says is the register's; how it is published is ``simulators.platform.releases``.
"""

from collections.abc import Mapping
from pathlib import Path

from edge.clock import Clock
from simulators.agency.office import Office
from simulators.platform.releases import Releases


def releases_of(
    office: Office, folder: Path, list_keys: Mapping[str, bytes], clock: Clock
) -> dict[str, Releases]:
    """Publish a list for each facility whose list key was registered; return them by facility.

    The catalogues that came out with their rows are enclosed. A folder of an earlier run is gone
    on with: sites trust the root and the numbers that they have.
    """
    return {
        facility: Releases(
            lambda: office.registry,
            folder / facility,
            facility=facility,
            key=key,
            clock=clock,
            files=lambda: office.catalogues.enclosed(folder),
        )
        for facility, key in list_keys.items()
    }
