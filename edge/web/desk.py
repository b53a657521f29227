"""What the endpoints and pages of one service work with: the site, its readers, its hints."""

from dataclasses import dataclass
from datetime import datetime

from drivers.monitor import Monitor, Presented, ReaderState
from drivers.transport import NoCard, ReaderMissing
from edge.core.errors import Conflict, Words
from edge.site import Site
from edge.web.events import Hints
from sync.relay import Relay

_HOLDING = frozenset({ReaderState.READING, ReaderState.PRESENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The site behind the pages, the readers before them, and who to tell when things change."""

    site: Site
    monitor: Monitor
    hints: Hints
    relay: Relay

    def presented(self, reader: str) -> Presented:
        """Return the card in ``reader``; an empty name means the one reader that holds a card.

        A card that is still being read is waited for, as long as the monitor has patience.

        Raises:
            DriverError: what keeps the card from being read, or that there is none.
            Conflict: SEVERAL_CARDS, when no reader is named and more than one holds a card.
        """
        views = [view for view in self.monitor.readers() if view.name and reader in {"", view.name}]
        if not views:
            raise ReaderMissing(field="reader")
        holding = [view.name for view in views if view.state in _HOLDING]
        if len(holding) > 1:
            raise _several_cards(holding)
        if holding:
            return self.monitor.presented(holding[0]) or self.monitor.read_again(holding[0])
        for view in views:
            if view.error:
                # One object for as long as the card is in: each raise would lengthen its trace.
                raise view.error.with_traceback(None)
        raise NoCard(field="reader")

    def changed(self, topic: str, subject: str) -> None:
        """Tell every open page that ``subject`` is worth fetching again, and the relay to look.

        Call it after the commit: the act may have put a message in the outbox.
        """
        self.hints.publish(topic, subject, version_at(self.site.clock()))
        self.relay.wake()


def version_at(moment: datetime) -> int:
    """Return a hint's version: milliseconds, so that a later change has a greater one."""
    return int(moment.timestamp() * 1000)


def _several_cards(readers: list[str]) -> Conflict:
    names = " / ".join(readers)
    return Conflict(
        "SEVERAL_CARDS",
        Words(f"多个读卡器中都有卡：{names}", f"more than one reader holds a card: {names}"),
        Words(
            "只留下当前职工的卡，或指明读卡器",
            "leave only the card of the worker at the desk, or name the reader",
        ),
        field="reader",
    )
