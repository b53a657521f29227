"""The cached list: what the platform knows of each worker, signed, sealed, at hand without a line.

Decides nothing about a worker; it finds the record and says how old it is.
"""

from sync.lists.cached import CachedList, Entry, Received, Refreshed, Status
from sync.lists.release import Delta, Published, Release
from sync.lists.rows import RowSeal

__all__ = [
    "CachedList",
    "Delta",
    "Entry",
    "Published",
    "Received",
    "Refreshed",
    "Release",
    "RowSeal",
    "Status",
]
