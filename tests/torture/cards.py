"""Cards pulled, silent, or talking nonsense at any command: an error that says so, nothing kept."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

from drivers.cards import CardRecord, read_card
from drivers.errors import DriverError
from drivers.monitor import Presented
from drivers.records import CARD_FILE, PERSON_FILE
from drivers.transport import Transport
from edge.core.errors import EdgeError
from edge.steps.identify import identify
from simulators.card import CardPlan, SyntheticPerson, social_security_card, synthetic_person
from simulators.card.plan import StrikeKind
from simulators.reader import InProcessReaders
from tests.steps.conftest import CLERK, Ground, ground_at
from tests.torture.promises import Broken

COMMANDS_OF_A_READ = 18
_FIELDS = (*CARD_FILE, *PERSON_FILE)

Read = Callable[[Transport], CardRecord]


def pulled_cards(folder: Path, rounds: int, seed: int, variant: str) -> Broken:
    """Read so many cards that fail; one that is believed all the same, or half kept, is torn.

    A sound card that cannot be read after it is lost: the reader would not be usable.
    """
    read = Remembering() if variant == "remembering" else read_card
    dice = random.Random(seed)  # noqa: S311 - chance, not secrets
    readers = InProcessReaders()
    with TemporaryDirectory(dir=folder) as place, ground_at(Path(place)) as ground:
        return sum(
            (_round(ground, readers, read, dice, number) for number in range(rounds)), Broken()
        )


@dataclass(slots=True)
class Remembering:
    """The control: where a card cannot be read, it gives what the card before it said."""

    last: CardRecord | None = None

    def __call__(self, transport: Transport) -> CardRecord:
        """Read a card, or make as if."""
        try:
            self.last = read_card(transport)
        except DriverError:
            if self.last is None:
                raise
        return self.last


def _round(
    ground: Ground, readers: InProcessReaders, read: Read, dice: random.Random, number: int
) -> Broken:
    person = synthetic_person(number % 1000)
    before = _rows(ground)
    struck = _struck(dice, social_security_card(person))
    believed = _presented(ground, readers, read, struck)
    half = believed is None and _rows(ground) != before
    wrong = believed is not None and _said(believed) != _said_by(person)
    sound = _presented(ground, readers, read, social_security_card(person))
    return Broken(lost=sound is None, torn=half or wrong)


def _struck(dice: random.Random, card: CardPlan) -> CardPlan:
    """Let one command fail, or one record hold bytes that were never written there."""
    if dice.random() < 0.3:  # a quarter of what a desk sees is dirt, not haste
        field = dice.choice(_FIELDS)
        length = dice.choice([0, 1, 5, 18, 60, 255])
        return card.with_record(field, bytes(dice.randrange(256) for _ in range(length)))
    # Silence and slowness are waited for in earnest: tests/contracts has them.
    kinds = [kind for kind in get_args(StrikeKind) if kind not in {"slow", "silence"}]
    return card.struck(dice.randint(1, COMMANDS_OF_A_READ), dice.choice(kinds))


def _presented(
    ground: Ground, readers: InProcessReaders, read: Read, card: CardPlan
) -> CardRecord | None:
    """Read a card and identify its holder; None: it was refused, as an error says."""
    readers.insert(card)
    try:
        with readers.open(readers.names[0]) as transport:
            record = read(transport)
        presented = Presented(ground.site.fresh_id(), "reader", record, ground.clock())
        identify(ground.site, presented, CLERK)
    except (DriverError, EdgeError):
        return None
    finally:
        readers.remove()
    return record


def _said(record: CardRecord) -> tuple[str, str]:
    return record.social_security_number, record.name


def _said_by(person: SyntheticPerson) -> tuple[str, str]:
    return person.number, person.name


def _rows(ground: Ground) -> list[int]:
    return [ground.count(table) for table in ("people", "identifications", "ledger")]
