"""Every desk that is served by an agent. Knows them by name; `remote_station` talks to one."""

import threading
import time
from collections.abc import Callable, Iterable

from edge.clock import Clock, FreshId
from edge.web.remote_station import Patience, RemoteStation

USUAL_PATIENCE = Patience()


class Agents:
    """Every desk that is served by an agent, by name."""

    def __init__(
        self,
        desks: Iterable[str],
        clock: Clock,
        fresh_id: FreshId,
        *,
        patience: Patience = USUAL_PATIENCE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.patience = patience
        self._announced: dict[str, str] = {}
        self._guard = threading.Lock()
        self._stations = {
            desk: RemoteStation(
                desk, clock=clock, fresh_id=fresh_id, patience=patience, monotonic=monotonic
            )
            for desk in desks
        }

    def at(self, desk: str) -> RemoteStation | None:
        """Return the desk's station; None when no agent serves it."""
        return self._stations.get(desk)

    def all(self) -> tuple[RemoteStation, ...]:
        """Return every station, by the desks' names."""
        return tuple(self._stations[desk] for desk in sorted(self._stations))

    def is_news(self, desk: str, token: str) -> bool:
        """Tell, once for each showing, that it was not told of before."""
        with self._guard:
            before = self._announced.get(desk)
            self._announced[desk] = token
            return before != token

    def close(self) -> None:
        """End whatever waits: the service is stopping."""
        for station in self._stations.values():
            station.close()
