"""The scripts and images that ship: each step ends as it says, in process and on the real stack."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drivers.authentication import Authenticator
from drivers.cards import CardRecord, read_card
from drivers.errors import DriverError
from drivers.monitor import Limits, Monitor, ReaderState
from drivers.pcsc import PcscReaders
from drivers.transport import Readers, Transport
from edge.clock import fresh_id, system_clock
from simulators.card import VirtualCard
from simulators.card.hsm import answers
from simulators.card.image import IMAGES, CardImage, Person, load_image
from simulators.card.script import CardStep, Slot, load_card_script, play
from simulators.pcscd import READERS, Pcscd
from simulators.reader import InProcessReaders, VpcdCard
from simulators.script_file import SCRIPTS
from tests.contracts.desk import NEWS_MAX, PATIENCE_S, wait_for_state
from tests.drivers.script import PlannedCard

LIMITS = Limits(read_s_max=1.5, backoff_s_max=0.2)
CARD_SCRIPTS = sorted((SCRIPTS / "card").glob("*.toml"))
CARD = CardImage(person=Person(sequence=1))


@dataclass(frozen=True, slots=True)
class Table:
    """Two readers, the hands at them, and what IT staff see."""

    monitor: Monitor
    names: tuple[str, str]
    slots: tuple[Slot, Slot]
    kill: Callable[[], None]
    start: Callable[[], None]
    errors: list[str] = field(default_factory=list)

    def restart(self) -> None:
        """Restart the card service; the readers notice."""
        self.kill()
        wait_for_state(self.monitor, self.names[0], ReaderState.SERVICE_DOWN)
        self.start()

    def check(self, step: CardStep) -> None:
        """Wait until the reader shows what the step expects, or has: a pulled card is gone."""
        for _ in range(NEWS_MAX):
            if step.expect in self._shown(step.reader):
                self.errors.clear()
                return
            self.monitor.next_event(PATIENCE_S)
        raise AssertionError(step, self._shown(step.reader))

    def _shown(self, reader: int) -> set[str]:
        views = [v for v in self.monitor.readers() if v.name == self.names[reader]]
        codes = [view.error.code for view in views if view.error]
        return {*(view.state.value for view in views), *codes, *self.errors}


@pytest.fixture(params=["in_process", "pcscd"])
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    if request.param == "in_process":
        simulated = InProcessReaders("甲", "乙")
        slots = simulated.slot("甲"), simulated.slot("乙")
        kill, start = simulated.kill_service, simulated.start_service
        with _table(simulated, ("甲", "乙"), slots, kill, start) as table:
            yield table
        return
    pcscd: Pcscd = request.getfixturevalue("pcscd")
    cards = VpcdCard(0), VpcdCard(1)
    with (
        closing(PcscReaders()) as readers,
        _table(readers, READERS, cards, pcscd.kill, pcscd.start) as table,
    ):
        yield table


@contextmanager
def _table(
    readers: Readers,
    names: tuple[str, str],
    slots: tuple[Slot, Slot],
    kill: Callable[[], None],
    start: Callable[[], None],
) -> Iterator[Table]:
    errors: list[str] = []

    def read(card: Transport) -> CardRecord:
        try:
            return read_card(card)
        except DriverError as error:
            errors.append(error.code)
            raise

    with Monitor(readers, system_clock, fresh_id, read=read, limits=LIMITS) as monitor:
        table = Table(monitor, names, slots, kill, start, errors)
        empty = CardStep(do="remove", expect="empty")
        table.check(empty)
        try:
            yield table
        finally:
            for number, slot in enumerate(slots):
                slot.remove()
                table.check(empty.model_copy(update={"reader": number}))


@pytest.mark.parametrize("script", CARD_SCRIPTS, ids=lambda file: file.stem)
def test_every_step_of_a_script_ends_as_it_says(script: Path, table: Table) -> None:
    steps = load_card_script(script, CARD)
    assert all(prepared.step.expect for prepared in steps)
    assert steps[-1].step.expect in {"present", "empty"}
    play(steps, table.slots, table.restart, table.check)


def test_every_kind_of_fault_has_a_script() -> None:
    steps = [one.step for file in CARD_SCRIPTS for one in load_card_script(file, CARD)]
    done = {fault.do for step in steps for fault in step.fault} | {step.do for step in steps}
    assert done >= {"pull", "silent", "slow", "garbage", "wrong_length", "refuse", "restart"}
    assert any(step.mute for step in steps)


@pytest.mark.parametrize("file", sorted(IMAGES.glob("*.toml")), ids=lambda file: file.stem)
def test_an_image_is_read_or_refused_as_it_says(file: Path) -> None:
    image = load_image(file)
    plan = image.plan()
    seen = "CARD_MUTE" if plan.mute else _outcome(PlannedCard(plan), None)
    assert seen == image.expect


@pytest.mark.parametrize(
    ("name", "outcome"), [("version-3", "present"), ("version-3-forged", "CARD_NOT_GENUINE")]
)
def test_a_guarded_image_is_opened_or_unmasked_by_the_key(name: str, outcome: str) -> None:
    plan = load_image(IMAGES / f"{name}.toml").plan()
    assert _outcome(PlannedCard(plan), answers) == outcome


def test_records_come_by_number_in_the_order_of_the_image() -> None:
    card = VirtualCard(load_image(IMAGES / "other-order.toml").plan())
    card.answer(bytes.fromhex("00A404000F7378312E73682EC9E7BBE1B1A3D5CF"))
    tags = [_record(card, number)[0] for number in (1, 2, 3, 4)]
    assert tags == [0x0D, 0x09, 0x4E, 0x08]
    assert card.answer(bytes((0, 0xB2, 8, 6 << 3 | 4, 0))) == b"\x6a\x83"


def _record(card: VirtualCard, number: int) -> bytes:
    refused = card.answer(bytes((0, 0xB2, number, 6 << 3 | 4, 0)))
    assert refused[0] == 0x6C
    return card.answer(bytes((0, 0xB2, number, 6 << 3 | 4, refused[1])))


def _outcome(card: Transport, key: Authenticator | None) -> str:
    try:
        read_card(card, key)
    except DriverError as error:
        return error.code
    return "present"
