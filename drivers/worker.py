"""One thread for one reader: runs jobs in order and tells how long the present one lasts.

Knows no cards. A blocked card call cannot be cancelled, so the thread is a daemon: a reader that
never answers must not keep the program from ending.
"""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

from drivers.errors import ReaderStuck

JOBS_MAX = 8
"""Jobs that may queue behind a blocked one."""

Job = Callable[[], None]


class Worker:
    """Starts at once; ``stop`` it at the end."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name=f"card {name}", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue ``job``, which must not raise.

        Raises:
            ReaderStuck: too many jobs wait already.
        """
        if self._jobs.qsize() >= JOBS_MAX:
            raise ReaderStuck
        self._jobs.put(job)

    def dismiss(self) -> None:
        """Let the thread end after the jobs that are queued; returns at once."""
        self._jobs.put(None)

    def join(self, timeout_s: float) -> bool:
        """Wait for a dismissed thread's end; tell whether it ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
