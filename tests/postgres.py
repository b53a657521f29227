"""A PostgreSQL of the tests' own: Debian's server, a fresh data folder, a socket nobody else knows.

The server refuses to run as root: then it runs as the account that Debian's package made. The
cluster that the package may have made at installation is neither used nor needed.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")
ACCOUNT = "postgres"
USER = "office"
_START_S = 60
_LOOK_S = 0.02

_QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
"""For tests whose machine never loses power; a kill of the server alone loses nothing by it."""

_USUAL = (
    "listen_addresses=",
    "max_connections=40",
    "shared_buffers=32MB",
    "log_min_messages=fatal",
    "autovacuum=off",
)


class Postgres:
    """One server: started, killed, started again on the same data. Stops only what it started."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        """Make a cluster in ``folder``; ``durable`` for measurements that must count the disk."""
        self.folder = folder
        self._durable = durable
        self._account = ACCOUNT if os.geteuid() == 0 else None
        self._server: subprocess.Popen[bytes] | None = None
        self._names = count(1)
        folder.chmod(0o711)
        self._data = folder / "data"
        self._data.mkdir(mode=0o700)
        if self._account:
            account = pwd.getpwnam(self._account)
            for one in (folder, self._data):
                os.chown(one, account.pw_uid, account.pw_gid)
        self._run("initdb", "--no-sync", "--auth=trust", "--no-locale", "--encoding=UTF8",
                  f"--username={USER}", f"--pgdata={self._data}")  # fmt: skip

    def address(self, database: str = "postgres") -> str:
        """Return what a client connects by."""
        return f"host={self.folder} user={USER} dbname={database}"

    def new_database(self) -> str:
        """Make an empty database; return what a client connects by."""
        name = f"office_{next(self._names)}"
        self._run("createdb", f"--host={self.folder}", f"--username={USER}", name)
        return self.address(name)

    def start(self) -> None:
        """Start the server; return when it takes connections."""
        options = (*_USUAL, *(() if self._durable else _QUICK))
        words = [word for option in options for word in ("-c", option)]
        command = [_program("postgres"), "-D", self._data, "-k", self.folder, *words]
        self._server = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._as_account(),  # type: ignore[call-overload]
        )
        self._run("pg_isready", f"--host={self.folder}", f"--timeout={_START_S}", patient=True)

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The server's first process, whose children do the work."""
        return self._server

    def kill(self) -> None:
        """Kill the server and all its processes at once, as a fault of the machine would."""
        if self._server:
            ours = _children(self._server.pid)
            self._server.kill()
            self._server.wait()
            for one in ours:
                _gone(one)
            (self._data / "postmaster.pid").unlink(missing_ok=True)
            self._server = None

    def _run(self, name: str, *words: str, patient: bool = False) -> None:
        command = [str(_program(name)), *words]
        while True:
            done = subprocess.run(command, check=False, capture_output=True, **self._as_account())  # type: ignore[call-overload]
            if done.returncode == 0:
                return
            if not patient or (self._server and self._server.poll() is not None):
                raise RuntimeError(done.stderr.decode() or done.stdout.decode())

    def _as_account(self) -> dict[str, object]:
        if not self._account:
            return {"cwd": self.folder}
        account = pwd.getpwnam(self._account)
        groups: list[int] = []
        return {
            "user": account.pw_uid,
            "group": account.pw_gid,
            "extra_groups": groups,
            "cwd": self.folder,
        }


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """Run a server for as long as the block lasts; nothing of it stays."""
    folder = Path(tempfile.mkdtemp(prefix="office-pg-", dir=_open_to_all()))
    server = Postgres(folder, durable=durable)
    try:
        server.start()
        yield server
    finally:
        server.kill()  # nobody needs what an orderly end would write down
        shutil.rmtree(folder)


def _open_to_all() -> Path:
    """Return the folder for temporary files, or /tmp where another account cannot enter it."""
    usual = Path(tempfile.gettempdir())
    entered = all(one.stat().st_mode & 0o001 for one in (usual, *usual.parents))
    return usual if entered or os.geteuid() else Path("/tmp")  # noqa: S108 - mkdtemp's own folder


def _program(name: str) -> Path:
    newest = max(DEBIAN.iterdir(), key=lambda one: int(one.name))
    return newest / "bin" / name


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    return [int(one) for one in listed.split()]


def _gone(process: int) -> None:
    """Kill a process that was the server's child and wait until it is no more."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return
    try:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        os.close(handle)
