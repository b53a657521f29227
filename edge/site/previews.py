"""The rulings that were shown last, so that a settlement can say what has changed since.

In memory only, and bounded: what is forgotten is still noticed by its hash, only not line by line.
"""

from collections import OrderedDict
from threading import Lock

from edge import codec
from edge.core.adjudication import Ruling
from edge.core.changes import Change, changes
from edge.digest import sha256

LINES_MAX = 25_000
"""Lines of all rulings that are remembered; the oldest go first."""


class Previews:
    """Remembers rulings by the hash that the caller was given. Thread-safe."""

    def __init__(self, lines_max: int = LINES_MAX) -> None:
        self._lines_max = lines_max
        self._guard = Lock()
        self._shown: OrderedDict[str, Ruling] = OrderedDict()
        self._lines = 0

    def remember(self, ruling: Ruling) -> str:
        """Keep a ruling that is about to be shown; return its hash, the settlement's as well."""
        digest = sha256(codec.encode(ruling))
        with self._guard:
            if digest not in self._shown:
                self._shown[digest] = ruling
                self._lines += len(ruling.lines)
            self._shown.move_to_end(digest)
            while self._lines > self._lines_max:
                _, oldest = self._shown.popitem(last=False)
                self._lines -= len(oldest.lines)
        return digest

    def since(self, digest: str, ruling: Ruling) -> tuple[Change, ...]:
        """Return what has changed since the ruling of this hash was shown; empty: nothing."""
        if digest == sha256(codec.encode(ruling)):
            return ()
        with self._guard:
            shown = self._shown.get(digest)
        return changes(shown, ruling)
