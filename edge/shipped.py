"""Where the data that came with this release lies. Reads none of it."""

from importlib import resources
from pathlib import Path


def config_folder() -> Path:
    """Return the folder of region packs and catalogues."""
    # A folder without code is a namespace: only what stands in it has a path of its own.
    return Path(str(resources.files("config") / "regions")).parent
