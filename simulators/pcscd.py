"""The card service of this machine, for tests and demonstrations: found running, or started.

Never part of a hospital's set-up: there systemd owns pcscd. The vpcd driver listens on every
address, so this belongs on test and demonstration hosts only.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from drivers.errors import ReaderFault
from drivers.pcsc import PcscReaders
from edge.core.errors import Fault, Words

READERS = ("Virtual PCD 00 00", "Virtual PCD 00 01")
"""What pcscd calls vpcd's two slots."""

_READY_S_MAX = 10.0
_STOP_S_MAX = 5.0
_LOOK_AGAIN_S = 0.02


class Pcscd:
    """The running service; ``kill`` and ``start`` it only when it is our own child."""

    def __init__(self, child: subprocess.Popen[bytes] | None) -> None:
        self._child = child

    def kill(self) -> None:
        """End the service at once, as a crash would.

        Raises:
            Fault: the service is not ours (PCSCD_NOT_OURS).
        """
        if self._child is None:
            raise _not_ours()
        self._child.kill()
        self._child.wait()

    def start(self) -> None:
        """Start the service again after ``kill``, and wait until its readers are there."""
        self._child = _start()

    def restart(self) -> None:
        """End the service and start it again.

        Raises:
            Fault: the service is not ours (PCSCD_NOT_OURS).
        """
        self.kill()
        self.start()

    def stop(self) -> None:
        """Stop the service if we started it."""
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.wait(_STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


@contextmanager
def ensure_running() -> Iterator[Pcscd]:
    """Yield a service that has vpcd's readers; one that we had to start ends with the context.

    Raises:
        Fault: what is missing, with the package to install (PCSCD_MISSING, VPCD_MISSING), or the
            service did not start (PCSCD_NOT_READY).
    """
    names = _reader_names()
    if names is not None and READERS[0] not in names:
        raise _vpcd_missing()
    service = Pcscd(None if names is not None else _start())
    try:
        yield service
    finally:
        service.stop()


def _start() -> subprocess.Popen[bytes]:
    program = shutil.which("pcscd", path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin")
    if program is None:
        raise _pcscd_missing()
    child = subprocess.Popen(  # noqa: S603 - a fixed program with a fixed argument
        [program, "--foreground"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await_readers(child)
    except Fault:
        child.kill()
        child.wait()
        raise
    return child


def _await_readers(child: subprocess.Popen[bytes]) -> None:
    """Wait until the service lists vpcd's reader: its driver listens before it is listed."""
    deadline = time.monotonic() + _READY_S_MAX
    names = _reader_names()
    while READERS[0] not in (names or ()):
        with suppress(subprocess.TimeoutExpired):
            child.wait(_LOOK_AGAIN_S)
        if child.returncode is not None or time.monotonic() > deadline:
            raise _vpcd_missing() if names is not None else _not_ready(child.returncode)
        names = _reader_names()


def _reader_names() -> tuple[str, ...] | None:
    """Return the readers that the service lists, None when no service answers."""
    with closing(PcscReaders()) as readers:
        try:
            return tuple(slot.name for slot in readers.wait((), 0))
        except ReaderFault:
            return None


def _pcscd_missing() -> Fault:
    return Fault(
        "PCSCD_MISSING",
        Words("本机没有安装读卡服务 pcscd", "the card service pcscd is not installed"),
        Words("安装软件包 pcscd", "install the package pcscd"),
    )


def _vpcd_missing() -> Fault:
    return Fault(
        "VPCD_MISSING",
        Words("读卡服务没有虚拟读卡器 vpcd", "the card service has no virtual reader vpcd"),
        Words(
            "安装软件包 vsmartcard-vpcd 并重启 pcscd",
            "install the package vsmartcard-vpcd and restart pcscd",
        ),
    )


def _not_ready(status: int | None) -> Fault:
    seen = "no exit yet" if status is None else f"exit status {status}"
    return Fault(
        "PCSCD_NOT_READY",
        Words(f"读卡服务没有就绪（{seen}）", f"the card service did not get ready ({seen})"),
        Words(
            "以 root 运行 pcscd --foreground 查看原因", "run pcscd --foreground as root to see why"
        ),
    )


def _not_ours() -> Fault:
    return Fault(
        "PCSCD_NOT_OURS",
        Words("正在运行的 pcscd 不是本程序启动的", "the running pcscd was not started by us"),
        Words("先停止它，再由本程序启动", "stop it first and let us start it"),
    )
