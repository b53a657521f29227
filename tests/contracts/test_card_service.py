"""What the card service does to those who watch it for months; docs/readers.md has the table."""

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from drivers.errors import CardMute, CardRemoved, NoCard, ReaderMissing, ServiceDown
from drivers.monitor import Limits, Monitor, ReaderState
from drivers.pcsc import PcscReaders
from drivers.transport import Presence, Readers
from edge.clock import fresh_id, system_clock
from simulators.card import mute_card, social_security_card, synthetic_person
from simulators.pcscd import READERS, Pcscd
from simulators.reader import CardSlot, InProcessReaders, VpcdCard
from tests.contracts.desk import NEWS_MAX, PATIENCE_S, Desk, wait_for_state
from tests.fakes.winscard import CONTEXTS_MAX, Winscard
from tests.house.source import ROOT
from tests.programs import Program

ONE, OTHER = "Contact Reader 0", "Contact Reader 1"
PERSON = synthetic_person(1)
CARD = social_security_card(PERSON)
LIMITS = Limits(read_s_max=1.0, backoff_s_max=0.1)
ROUNDS = 1_000
READS = 25

MANNERS = pytest.mark.parametrize("windows", [False, True], ids=["linux", "windows"])


@contextmanager
def watched(readers: Readers) -> Iterator[Monitor]:
    with Monitor(readers, system_clock, fresh_id, limits=LIMITS) as monitor:
        yield monitor


@MANNERS
def test_a_wait_ends_in_time_and_nothing_new_does_not_end_it_sooner(*, windows: bool) -> None:
    api = Winscard((ONE, OTHER), windows=windows)
    with closing(PcscReaders(api)) as readers:
        known = readers.wait((), 0)
        api.calls.clear()
        assert readers.wait(known, 0.05) == known
    assert api.calls == ["SCardGetStatusChange"]


@MANNERS
def test_a_reader_that_comes_or_goes_ends_the_wait(*, windows: bool) -> None:
    api = Winscard((ONE,), windows=windows)
    with closing(PcscReaders(api)) as readers:
        known = readers.wait((), 0)
        for change, names in ((api.plug, [ONE, OTHER]), (api.unplug, [ONE])):
            hand = threading.Timer(0.01, change, [OTHER])
            hand.start()
            known = readers.wait(known, PATIENCE_S)
            known = readers.wait(known, 0)  # pcscd tells of a new reader, and next time what it is
            hand.join()
            assert [slot.name for slot in known] == names


@MANNERS
def test_after_every_loss_of_the_service_a_new_context_serves(*, windows: bool) -> None:
    api = Winscard((ONE,), windows=windows)
    with closing(PcscReaders(api)) as readers:
        for _ in range(3):
            known = readers.wait((), 0)
            hand = threading.Timer(0.01, api.kill_service)
            hand.start()
            with pytest.raises(ServiceDown):
                readers.wait(known, PATIENCE_S)
            hand.join()
            assert (readers.contexts_open, api.held) == (0, (0, 0))
            with pytest.raises(ServiceDown):
                readers.wait((), 0)
            api.start_service()
    assert (readers.contexts_open, api.held) == (0, (0, 0))


@MANNERS
def test_a_context_of_a_service_that_was_replaced_unseen_is_given_up(*, windows: bool) -> None:
    api = Winscard((ONE,), windows=windows)
    with closing(PcscReaders(api)) as readers:
        readers.wait((), 0)
        api.kill_service()
        api.start_service()
        with pytest.raises(ServiceDown):
            readers.wait((), 0)
        assert [slot.name for slot in readers.wait((), 0)] == [ONE]


@MANNERS
def test_a_reader_unplugged_with_its_card_is_shown_and_read_again_when_it_is_back(
    *, windows: bool
) -> None:
    api = Winscard((ONE, OTHER), windows=windows)
    with closing(PcscReaders(api)) as readers, watched(readers) as monitor:
        api.insert(CARD, reader=OTHER)
        wait_for_state(monitor, OTHER, ReaderState.PRESENT)
        api.unplug(OTHER)
        wait_for_state(monitor, OTHER, ReaderState.NO_READER)
        with pytest.raises(ReaderMissing):
            monitor.read_again(OTHER)
        api.plug(OTHER)
        wait_for_state(monitor, OTHER, ReaderState.EMPTY)
        api.insert(CARD, reader=OTHER)
        wait_for_state(monitor, OTHER, ReaderState.PRESENT)
        assert _name_in(monitor, OTHER) == PERSON.name


def test_on_windows_the_service_leaves_with_the_last_reader_and_is_found_again() -> None:
    api = Winscard((ONE,), windows=True)
    with closing(PcscReaders(api)) as readers, watched(readers) as monitor:
        wait_for_state(monitor, ONE, ReaderState.EMPTY)
        api.unplug(ONE)
        wait_for_state(monitor, ONE, ReaderState.SERVICE_DOWN)
        [down] = monitor.readers()
        assert isinstance(down.error, ServiceDown)
        api.plug(ONE)
        api.insert(CARD)
        wait_for_state(monitor, ONE, ReaderState.PRESENT)
        assert _name_in(monitor, ONE) == PERSON.name


@MANNERS
def test_a_mute_card_that_reads_as_success_is_an_error(*, windows: bool) -> None:
    api = Winscard((ONE,), windows=windows, mute_passes=True)
    api.insert(mute_card())
    with closing(PcscReaders(api)) as readers, pytest.raises(CardMute), readers.open(ONE):
        pass
    assert api.held == (0, 0)


@MANNERS
def test_an_empty_answer_is_a_removed_card_and_then_there_is_none(*, windows: bool) -> None:
    api = Winscard((ONE,), windows=windows)
    api.insert(CARD.struck(1, "pull"))
    with closing(PcscReaders(api)) as readers:
        with pytest.raises(CardRemoved), readers.open(ONE) as transport:
            transport.transmit(bytes.fromhex("0084000008"))
        with pytest.raises(NoCard), readers.open(ONE):
            pass
    assert api.held == (0, 0)


def test_no_context_left_is_told_as_a_service_that_is_down_and_mended_by_giving_back() -> None:
    api = Winscard((ONE,))
    api.insert(CARD)
    with closing(PcscReaders(api)) as readers:
        taken = [api.SCardEstablishContext(0)[1] for _ in range(CONTEXTS_MAX)]
        with pytest.raises(ServiceDown), readers.open(ONE):
            pass
        api.SCardReleaseContext(taken.pop())
        with readers.open(ONE) as transport:
            assert transport.atr == CARD.atr


@pytest.mark.parametrize("kind", ["in_process", "winscard_linux", "winscard_windows"])
def test_a_thousand_insertions_leave_no_context_handle_or_thread(kind: str) -> None:
    if kind == "in_process":
        simulated = InProcessReaders(ONE)
        with watched(simulated) as monitor:
            _rounds(monitor, {ONE: simulated}, ROUNDS)
        return
    api = Winscard((ONE,), windows=kind == "winscard_windows")
    with closing(PcscReaders(api)) as readers:
        with watched(readers) as monitor:
            _rounds(monitor, {ONE: api}, ROUNDS, held=lambda: api.held[0])
        readers.close()
        assert (readers.contexts_open, api.held) == (0, (0, 0))


def test_insertions_on_the_real_stack_leave_no_context_or_thread(
    pcscd: Pcscd,  # noqa: ARG001 - it must run
    pytestconfig: pytest.Config,
) -> None:
    cards = {card.reader: card for card in (VpcdCard(0), VpcdCard(1))}
    insertions = int(pytestconfig.getoption("--rounds"))
    with closing(PcscReaders()) as readers:
        with watched(readers) as monitor:
            rounds = max(2, insertions // len(cards))
            held = _rounds(monitor, cards, rounds, held=lambda: readers.contexts_open)
        readers.close()
        assert readers.contexts_open == 0
    told = f"{rounds * len(cards)} insertions: held {held[0]} contexts, {held[1]} threads, always\n"
    sys.stdout.write(told)


def test_a_service_absent_at_the_start_is_shown_and_found_when_it_comes(pcscd: Pcscd) -> None:
    card = VpcdCard()
    pcscd.kill()
    with closing(PcscReaders()) as readers, ExitStack() as stack:
        stack.callback(card.remove)
        monitor = stack.enter_context(watched(readers))
        try:
            wait_for_state(monitor, "", ReaderState.SERVICE_DOWN)
            [nothing] = monitor.readers()
            assert (nothing.name, type(nothing.error)) == ("", ServiceDown)
        finally:
            pcscd.start()
        card.insert(CARD)
        wait_for_state(monitor, card.reader, ReaderState.PRESENT)
        assert _name_in(monitor, card.reader) == PERSON.name


def test_a_service_that_comes_back_without_readers_says_so_until_they_are_there(
    pcscd: Pcscd, tmp_path: Path
) -> None:
    """As far as unplugging goes on the real stack: vpcd's readers stay until pcscd ends."""
    with closing(PcscReaders()) as readers, watched(readers) as monitor:
        wait_for_state(monitor, READERS[0], ReaderState.EMPTY)
        pcscd.kill()
        try:
            wait_for_state(monitor, READERS[0], ReaderState.SERVICE_DOWN)
            with _pcscd_without_readers(tmp_path):
                wait_for_state(monitor, READERS[0], ReaderState.NO_READER)
                wait_for_state(monitor, "", ReaderState.NO_READER)
                [nothing] = monitor.readers()
                assert (nothing.name, type(nothing.error)) == ("", ReaderMissing)
        finally:
            pcscd.start()
        wait_for_state(monitor, READERS[0], ReaderState.EMPTY)
        shown = {view.name: view.state for view in monitor.readers()}
        assert shown[READERS[0]] is ReaderState.EMPTY


def test_two_programs_read_one_card_at_the_same_time(
    pcscd: Pcscd,  # noqa: ARG001 - it must run
) -> None:
    card = VpcdCard()
    with closing(PcscReaders()) as readers, ExitStack() as stack:
        stack.callback(card.remove)
        monitor = stack.enter_context(watched(readers))
        card.insert(CARD)
        wait_for_state(monitor, card.reader, ReaderState.PRESENT)
        with Program("tests.contracts.other_program", [card.reader, READS]) as other:
            assert other.stdout.readline() == "reading\n"
            ours = [monitor.read_again(card.reader).record.name for _ in range(READS)]
            theirs = other.stdout.read().split()
            assert other.wait() == 0
        assert ours == theirs == [PERSON.name] * READS


def test_a_card_is_left_powered_for_whoever_comes_next(desk: Desk) -> None:
    desk.slot.insert(CARD)
    desk.wait_for(Presence.PRESENT)
    with desk.readers.open(desk.name) as transport:
        transport.transmit(bytes.fromhex("00A4040C00"))
    before = desk.wait_for(Presence.PRESENT)
    with desk.readers.open(desk.name) as transport:
        assert transport.atr == CARD.atr
    assert desk.wait_for(Presence.PRESENT).changes == before.changes


def test_the_shipped_polkit_rule_names_both_actions() -> None:
    rule = (ROOT / "config/polkit/50-injury-desk-edge.rules").read_text(encoding="utf-8")
    for action in ("access_pcsc", "access_card"):
        assert f'"org.debian.pcsc-lite.{action}"' in rule


def test_the_set_up_installs_what_pyscard_is_built_with() -> None:
    packages = re.search(r"PACKAGES := ((?:.+\\\n)*.+)", (ROOT / "Makefile").read_text("utf-8"))
    assert packages
    needed = {"swig", "libpcsclite-dev", "gcc", "python3-dev", "pcscd", "vsmartcard-vpcd"}
    assert needed <= set(packages[1].split())


def _rounds(
    monitor: Monitor,
    slots: Mapping[str, CardSlot],
    rounds: int,
    *,
    held: Callable[[], int] = lambda: 0,
) -> tuple[int, int]:
    """Insert and remove at once in each of ``slots``; return what is held, contexts and threads.

    After the first time nothing more may be held, nor any thread be new.
    """
    _await_all(monitor, slots, ReaderState.EMPTY)
    first: tuple[int, int] | None = None
    for _ in range(rounds):
        for slot in slots.values():
            slot.insert(CARD)
        _await_all(monitor, slots, ReaderState.PRESENT)
        for slot in slots.values():
            slot.remove()
        _await_all(monitor, slots, ReaderState.EMPTY)
        now = held(), threading.active_count()
        first = first or now
        assert (now[0] <= first[0], now[1] <= first[1]) == (True, True), (now, first)
    assert first is not None
    return first


def _await_all(monitor: Monitor, names: Iterable[str], state: ReaderState) -> None:
    """Take events until each of the readers shows ``state``."""
    for _ in range(NEWS_MAX):
        states = {view.name: view.state for view in monitor.readers()}
        if all(states.get(name) is state for name in names):
            return
        monitor.next_event(PATIENCE_S)
    raise AssertionError(state, monitor.readers())


def _name_in(monitor: Monitor, reader: str) -> str | None:
    """Return whose card was read in ``reader`` and lies there still."""
    presented = monitor.presented(reader)
    return presented.record.name if presented else None


@contextmanager
def _pcscd_without_readers(folder: Path) -> Iterator[None]:
    program = shutil.which("pcscd", path="/usr/sbin:/usr/bin:/sbin")
    assert program
    with subprocess.Popen(
        [program, "--foreground", "--config", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as service:
        try:
            yield
        finally:
            service.kill()
