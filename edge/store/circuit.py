"""The circuit to the platform as the service last saw it, for whoever looks from outside.

One small file beside the database: it is a hint, not a record, and its loss costs nothing.
"""

from contextlib import suppress
from pathlib import Path

from edge import codec
from edge.core.errors import BadInput
from sync.breaker import Circuit

_NAME = "circuit.json"


def note_circuit(folder: Path, circuit: Circuit) -> None:
    """Write down how the circuit stands; a full disk must not cost the desk its answer."""
    with suppress(OSError):
        fresh = folder / f"{_NAME}.new"
        fresh.write_bytes(codec.encode(circuit))
        fresh.replace(folder / _NAME)


def noted_circuit(folder: Path) -> Circuit | None:
    """Return what was noted last; None when nothing was, or it cannot be read."""
    try:
        return codec.decode((folder / _NAME).read_bytes(), Circuit)
    except (OSError, BadInput):
        return None
