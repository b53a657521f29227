"""What processes have spent of the processor, as the kernel counts it in hundredths of a second.

Measures nothing by itself: on a machine that others use too, a process's own time still says what
it costs, where the wall's clock tells of the neighbours.
"""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME, _CUTIME, _CSTIME = 11, 12, 13, 14  # of /proc/PID/stat, after the name
_IDLE, _IOWAIT = 3, 4  # of /proc/stat


def spent_s(process: int, *, with_children: bool = False) -> float:
    """Return what a process has spent, and what its children have, those that ended included."""
    fields = _fields(process)
    own = fields[_UTIME] + fields[_STIME]
    if not with_children:
        return own / _TICKS
    living = sum(spent_s(one) for one in children(process))
    return living + (own + fields[_CUTIME] + fields[_CSTIME]) / _TICKS


def children(process: int) -> list[int]:
    """Return the processes that a process has begun and that run."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(one) for one in listed.split()]


def machine_s() -> float:
    """Return what all processors together have spent on whatever there was, of everybody's."""
    words = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0].split()[1:9]
    spent = [int(word) for number, word in enumerate(words) if number not in (_IDLE, _IOWAIT)]
    return sum(spent) / _TICKS


def _fields(process: int) -> list[int]:
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:  # it ended between two looks
        return [0] * (_CSTIME + 1)
    words = told.rpartition(")")[2].split()
    return [0, *map(int, words[1 : _CSTIME + 1])]
