"""A run shared among processes that are forked after one collection.

Collecting five thousand tests costs seconds of a processor. They are collected once, here; whoever
is forked afterwards has every module and every test at hand, and what was made before. Each test's
reports come back to this process, which tells them as if it had run the test itself.

A worker is told the number of its next test and of the one after it, whose shared fixtures it
keeps; it answers with the reports of the first and with that asks for more.
"""

import os
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

import pytest
from _pytest.capture import CaptureManager
from _pytest.runner import runtestprotocol

Batch = deque[int]
"""Places of tests in the session's list that one worker runs, in this order."""

_SECONDS_TO_LEAVE = 20

_STEPS_BACK = 5
"""Whoever has the first batch, the longest, goes before the others: the run ends with it."""


class Sharing:
    """The plugin of the process that collects: gives tests to workers and hears them."""

    def __init__(self, session: pytest.Session, batches: Iterable[Batch], workers: int) -> None:
        """Share ``batches``, which hold every test of ``session`` once, first batch first."""
        self._session = session
        self._waiting = deque(batches)
        self._crew: dict[Connection, _Worker] = {}
        self._most = workers

    def run(self) -> None:
        """Run every test. Raises as pytest does when told to stop at a failure."""
        _make_temporary_folder(self._session.config)
        try:
            while self._waiting and len(self._crew) < self._most:
                self._hire()
            while self._crew:
                for line in wait(list(self._crew)):
                    assert isinstance(line, Connection)
                    self._hear(self._crew[line])
        finally:
            for worker in self._crew.values():
                worker.dismiss()
        if self._session.shouldfail:
            raise self._session.Failed(self._session.shouldfail)
        if self._session.shouldstop:
            raise self._session.Interrupted(self._session.shouldstop)

    def _hire(self) -> None:
        worker = _Worker(self._session, list(self._crew))
        self._crew[worker.line] = worker
        worker.promised = self._take(worker)
        self._give(worker)

    def _take(self, worker: "_Worker") -> int | None:
        if not worker.batch and self._waiting:
            worker.batch = self._waiting.popleft()
        return worker.batch.popleft() if worker.batch else None

    def _give(self, worker: "_Worker") -> None:
        """Give a worker its next test; let it go when there is none, or no more are wanted."""
        stopping = self._session.shouldfail or self._session.shouldstop
        worker.running = None if stopping else worker.promised
        worker.promised = None if stopping else self._take(worker)
        # Who ended meanwhile is heard of next.
        with suppress(BrokenPipeError):
            worker.line.send((worker.running, worker.promised))

    def _hear(self, worker: "_Worker") -> None:
        try:
            reports = worker.line.recv()
        except (EOFError, ConnectionResetError):
            self._part(worker)
            return
        assert worker.running is not None
        self._tell(worker.running, reports)
        self._give(worker)

    def _tell(self, place: int, reports: list[dict[str, Any]]) -> None:
        config, item = self._session.config, self._session.items[place]
        hook = config.hook
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for data in reports:
            report = hook.pytest_report_from_serializable(config=config, data=data)
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)

    def _part(self, worker: "_Worker") -> None:
        """Part with a worker: at the end of its work, or in the middle of a test, which failed.

        Raises RuntimeError when it could not take down what its tests had set up.
        """
        del self._crew[worker.line]
        code = worker.dismiss()
        if worker.running is None:
            if code:
                raise RuntimeError(f"a process of tests ended with {code} after its last test")
            return
        said = f"the process of this test ended with {code} while it ran"
        item, config = self._session.items[worker.running], self._session.config
        report = pytest.TestReport(item.nodeid, item.location, {}, "failed", said, "call")
        data = config.hook.pytest_report_to_serializable(config=config, report=report)
        self._tell(worker.running, [data])
        rest = [] if worker.promised is None else [worker.promised]
        if rest or worker.batch:
            self._waiting.appendleft(deque([*rest, *worker.batch]))
            self._hire()


class _Worker:
    """A forked process, what it runs, what it was promised, and the rest of its batch."""

    def __init__(self, session: pytest.Session, others: list[Connection]) -> None:
        """Fork it; ``others`` are the lines to other workers, which it does not keep open."""
        self.line, theirs = get_context("fork").Pipe()
        self.batch: Batch = deque()
        self.running: int | None = None
        self.promised: int | None = None
        closed = [*others, self.line]
        steps_back = _STEPS_BACK if others else 0
        self._process = get_context("fork").Process(
            target=_work, args=(session, theirs, closed, steps_back)
        )
        self._process.start()
        theirs.close()

    def dismiss(self) -> int | None:
        """Close the line, wait for the end and return its code; kill who does not end."""
        self.line.close()
        self._process.join(_SECONDS_TO_LEAVE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        return self._process.exitcode


class _Telling:
    """The plugin of a worker: keeps a test's reports instead of telling them."""

    def __init__(self) -> None:
        self.reports: list[dict[str, Any]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        config = item.config
        self.reports = [
            config.hook.pytest_report_to_serializable(config=config, report=report)
            for report in runtestprotocol(item, nextitem=nextitem, log=False)
        ]
        return True


def _work(
    session: pytest.Session, line: Connection, closed: list[Connection], steps_back: int
) -> None:
    """Run what the line asks for until there is no more; then take down what is still standing."""
    os.nice(steps_back)
    for other in closed:
        other.close()
    _capture_apart(session.config)
    telling = _Telling()
    session.config.pluginmanager.register(telling)
    try:
        # Closed by whoever shares the run, or Ctrl-C in the terminal that all of us have.
        with suppress(EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
            while (told := line.recv())[0] is not None:
                item, after = (None if place is None else session.items[place] for place in told)
                session.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
                line.send(telling.reports)
    finally:
        session._setupstate.teardown_exact(None)  # noqa: SLF001 - there is no other way to it


def _make_temporary_folder(config: pytest.Config) -> None:
    """Make now what each worker would make, and first remove, for itself."""
    factory = vars(config)["_tmp_path_factory"]
    assert isinstance(factory, pytest.TempPathFactory)
    factory.getbasetemp()


def _capture_apart(config: pytest.Config) -> None:
    """Capture what tests print into files of our own, not those of the process we come from."""
    manager = config.pluginmanager.getplugin("capturemanager")
    assert isinstance(manager, CaptureManager)
    manager.stop_global_capturing()
    manager.start_global_capturing()
    manager.suspend_global_capture()
