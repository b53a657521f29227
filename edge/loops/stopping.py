"""A stop within three seconds, whatever the far ends do: what waits for others is cut in good time.

At once nothing new is begun; after a moment, in which most calls end by themselves, the rest are
cut, and whoever waited for them hears that there is no answer. What even then has not come to its
end is left where it stands: as after a power cut, nothing of it is lost and nothing comes twice.
"""

import os
from collections.abc import Callable, Iterable
from functools import partial
from threading import Lock, Timer, current_thread, main_thread
from threading import enumerate as all_threads
from types import TracebackType
from typing import Self

from edge.log import Log

STOP_S = 3
"""How long a stop takes at most."""

REQUESTS_S = 2
"""How long open requests have of it; the loops have the rest."""

PATIENCE_S = 1.0
"""How long calls that are under way may go on: who waits for one has still time to answer then."""

Act = Callable[[], object]


class Stopping:
    """The order of a stop. Thread-safe; ``begin`` it as often as you like.

    ``first`` keeps what is new from being begun, ``cut`` ends what waits for others. As a context
    manager it is finished when its block has ended.
    """

    def __init__(
        self, first: Iterable[Act], cut: Iterable[Act], *, patience_s: float = PATIENCE_S
    ) -> None:
        self._first = list(first)
        self._cut = list(cut)
        self._later = Timer(patience_s, self.finish)
        self._later.name, self._later.daemon = "stopping", True
        self._guard = Lock()
        self._begun = False

    def also(self, act: Act) -> None:
        """Do ``act`` as well when the stop begins."""
        self._first.append(act)

    def begin(self) -> None:
        """Begin nothing new from now on; cut what still waits for others in a moment."""
        with self._guard:
            if self._begun:
                return
            self._begun = True
        for act in self._first:
            act()
        self._later.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish: the block, in which it was begun, has waited for its loops by now."""
        self.finish()

    def finish(self) -> None:
        """Cut now what still waits for others."""
        self._later.cancel()
        for act in self._cut:
            act()


def leave_in_time(
    log: Log, *, seconds: float = STOP_S, leave: Callable[[int], object] = os._exit
) -> None:
    """See to it that the process has ended after ``seconds``: name what is left then, and leave."""
    last = Timer(seconds, partial(_leave, log, leave))
    last.name, last.daemon = "last", True
    last.start()


def _leave(log: Log, leave: Callable[[int], object]) -> None:
    ours = {current_thread(), main_thread()}
    log.warning("service.left", at=sorted(one.name for one in all_threads() if one not in ours))
    leave(0)
