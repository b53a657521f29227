"""A scanner on a real pseudo-terminal: codes held once, unplugging survived, faults told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition

import pytest

from drivers.barcode import Framing
from drivers.scan_errors import (
    EVoucherShown,
    NoScan,
    ScannerBusy,
    ScannerFault,
    ScannerMissing,
    ScanTooLong,
    ScanUnreadable,
    UnknownCode,
)
from drivers.scanner import Scanner, ScannerPlan, ScannerState
from drivers.serial_line import open_line
from edge.clock import fresh_id
from simulators.scanner import Ending, ScanScript, Step, VirtualScanner
from tests.contracts.desk import PATIENCE_S
from tests.fakes.clock import Clock

CODE = "SYN-ECARD-0123456789"
OTHER = "SYN-ECARD-9876543210"
PLAN = ScannerPlan(quiet_s=0.02, echo_s=600, backoff_s_max=0.1)


@dataclass(slots=True)
class Watch:
    """A scanner under watch, and the states it went through."""

    scanner: Scanner
    clock: Clock
    news: Condition
    passed: list[ScannerState] = field(default_factory=list)

    def hears(self, state: ScannerState) -> bool:
        """Tell whether the scanner shows ``state`` within a moment."""
        with self.news:
            return self.news.wait_for(lambda: state in self.passed, 0.2)

    def until(self, state: ScannerState) -> None:
        """Wait until the scanner has shown ``state``, since the last time one was awaited."""
        with self.news:
            assert self.news.wait_for(lambda: state in self.passed, PATIENCE_S), self.passed
            self.passed.clear()


@pytest.fixture
def virtual(tmp_path: Path) -> Iterator[VirtualScanner]:
    with VirtualScanner(tmp_path / "usb-scanner") as virtual:
        yield virtual


@contextmanager
def watching(device: Path, plan: ScannerPlan = PLAN) -> Iterator[Watch]:
    clock, news = Clock(datetime(2026, 11, 20, tzinfo=UTC)), Condition()
    watch: list[Watch] = []

    def heard() -> None:
        with news:
            watch[0].passed.append(watch[0].scanner.view().state)
            news.notify_all()

    scanner = Scanner(str(device), clock, fresh_id, plan=plan, changed=heard)
    watch.append(Watch(scanner, clock, news))
    with scanner:
        yield watch[0]


@pytest.fixture
def watch(virtual: VirtualScanner) -> Iterator[Watch]:
    with watching(virtual.device) as watch:
        watch.until(ScannerState.ONLINE)
        yield watch


@pytest.mark.parametrize("ending", ["cr", "lf", "crlf", "none"])
def test_a_code_is_held_whatever_ends_it_and_given_once(
    virtual: VirtualScanner, watch: Watch, ending: Ending
) -> None:
    virtual.scan(CODE, ending=ending)
    watch.until(ScannerState.SCANNED)
    waiting = watch.scanner.waiting()
    taken = watch.scanner.take()
    assert (taken, taken.text, taken.device) == (waiting, CODE, str(virtual.device))
    assert CODE not in repr(taken) + repr(watch.scanner.view())
    with pytest.raises(NoScan):
        watch.scanner.take()
    assert watch.scanner.view().state is ScannerState.ONLINE


def test_a_new_code_takes_the_place_of_one_that_nobody_took(
    virtual: VirtualScanner, watch: Watch
) -> None:
    tokens = set()
    for code in (CODE, OTHER):
        virtual.scan(code)
        watch.until(ScannerState.SCANNED)
        waiting = watch.scanner.waiting()
        assert waiting is not None
        tokens.add(waiting.token)
    assert (watch.scanner.take().text, len(tokens)) == (OTHER, 2)


def test_a_code_that_lies_too_long_is_gone(virtual: VirtualScanner, watch: Watch) -> None:
    virtual.scan(CODE)
    watch.until(ScannerState.SCANNED)
    watch.clock.pass_time(seconds=61)
    assert watch.scanner.waiting() is None
    with pytest.raises(NoScan):
        watch.scanner.take()


def test_the_scanners_own_repeat_is_one_presentation(virtual: VirtualScanner, watch: Watch) -> None:
    virtual.scan(CODE)
    watch.until(ScannerState.SCANNED)
    watch.scanner.take()
    virtual.again()
    virtual.scan(OTHER)  # comes after the repeat: once it is held, the repeat was passed over
    watch.until(ScannerState.SCANNED)
    assert watch.scanner.take().text == OTHER


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (Step(do="garbage"), ScanUnreadable),
        (Step(do="too_long"), ScanTooLong),
        (Step(do="scan", code="1" * 28), EVoucherShown),
        (Step(do="scan", code="6901234567892"), UnknownCode),
    ],
)
def test_what_is_no_e_cards_code_is_named_once_and_the_next_code_is_read(
    virtual: VirtualScanner, watch: Watch, step: Step, error: type[Exception]
) -> None:
    virtual.play(ScanScript(step=(step,)))
    watch.until(ScannerState.UNUSABLE)
    with pytest.raises(error):
        watch.scanner.take()
    with pytest.raises(NoScan):
        watch.scanner.take()
    virtual.scan(CODE)
    watch.until(ScannerState.SCANNED)
    assert watch.scanner.take().text == CODE


def test_slow_bytes_are_one_code_where_silence_ends_none(virtual: VirtualScanner) -> None:
    with watching(virtual.device, ScannerPlan(quiet_s=0.0)) as watch:
        watch.until(ScannerState.ONLINE)
        virtual.play(ScanScript(step=(Step(do="slow", code=CODE, seconds=0.01),)))
        watch.until(ScannerState.SCANNED)
        assert watch.scanner.take().text == CODE


def test_prefix_and_suffix_of_the_set_up_are_taken_off(virtual: VirtualScanner) -> None:
    framing = Framing(prefix=b"<", suffix=b">")
    with watching(virtual.device, ScannerPlan(framing=framing)) as watch:
        watch.until(ScannerState.ONLINE)
        script = ScanScript(prefix="<", suffix=">", step=(Step(do="scan", code=CODE),))
        virtual.play(script)
        watch.until(ScannerState.SCANNED)
        assert watch.scanner.take().text == CODE


def test_unplugging_is_told_and_the_scanner_comes_back_by_itself(
    virtual: VirtualScanner, watch: Watch
) -> None:
    for code in (CODE, OTHER):
        virtual.scan(code)
        watch.until(ScannerState.SCANNED)
        virtual.unplug()
        watch.until(ScannerState.OFFLINE)
        assert watch.scanner.waiting() is None
        with pytest.raises(ScannerMissing):
            watch.scanner.take()
        virtual.plug()
        watch.until(ScannerState.ONLINE)
    virtual.scan("SYN-ECARD-AFTER-ALL-THAT")
    watch.until(ScannerState.SCANNED)


def test_a_scanner_that_is_plugged_in_later_is_found(tmp_path: Path) -> None:
    virtual = VirtualScanner(tmp_path / "later")
    with watching(virtual.device) as watch:
        with pytest.raises(ScannerMissing):
            watch.scanner.take()
        with virtual:
            watch.until(ScannerState.ONLINE)


def test_what_was_sent_before_the_line_was_opened_is_dropped(virtual: VirtualScanner) -> None:
    virtual.scan(CODE)
    with watching(virtual.device) as watch:
        watch.until(ScannerState.ONLINE)
        virtual.scan(OTHER)
        watch.until(ScannerState.SCANNED)
        assert watch.scanner.take().text == OTHER
        assert watch.passed == [ScannerState.ONLINE]


def test_a_device_in_anothers_hands_is_busy_until_it_is_free(virtual: VirtualScanner) -> None:
    with (
        open_line(str(virtual.device), baud_rate=9600, quiet_s=0.1),
        watching(virtual.device) as watch,
    ):
        watch.until(ScannerState.FAULT)
        with pytest.raises(ScannerBusy):
            watch.scanner.take()
    with watching(virtual.device) as watch:
        watch.until(ScannerState.ONLINE)


def test_a_line_dropped_by_hand_forgets_what_came(virtual: VirtualScanner) -> None:
    with open_line(str(virtual.device), baud_rate=9600, quiet_s=0.02) as line:
        virtual.scan(CODE)
        line.drop()
        assert line.receive() == b""
        virtual.unplug()
        for act in (line.drop, line.receive):
            with pytest.raises(ScannerMissing):
                act()


def test_what_is_no_serial_device_is_a_fault(tmp_path: Path) -> None:
    folder = tmp_path / "no device"
    folder.mkdir()
    with (
        pytest.raises(ScannerFault),
        open_line(str(folder), baud_rate=9600, quiet_s=0.1),
    ):
        raise AssertionError


def test_opening_and_closing_leaves_no_file_open(virtual: VirtualScanner) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        with watching(virtual.device) as watch:
            watch.until(ScannerState.ONLINE)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
