"""A service whose disk turns read-only while it serves, and back; tells what a desk then sees.

A program of its own, since it must run without root's right to write what may not be written:
``python -m tests.web.read_only_desk``. Prints one JSON object.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from edge import codec
from edge.store.database import Store
from edge.store.operators import SESSION_IDLE_MAX, Role
from tests.web.service import Service, line, service_at


def main() -> None:
    """Serve, turn the disk, and tell."""
    with tempfile.TemporaryDirectory() as folder, service_at(Path(folder)) as service:
        sys.stdout.buffer.write(codec.encode(_told(service)))


def _told(service: Service) -> dict[str, object]:
    clerk = service.log_in("出院员", Role.DISCHARGE)
    stay = service.admitted()
    charges = {"lines": [line()]}
    with _read_only(service):
        before = service.rows()
        refused = service.ask("POST", f"/stays/{stay['id']}/charges", json=charges)
        pages = [_page(service, f"/stays/{stay['id']}", clerk)]
        for _ in range(3):  # a clerk who only reads stays logged in all the same
            service.clock.pass_time(seconds=int(SESSION_IDLE_MAX / timedelta(seconds=1)) - 60)
            pages.append(_page(service, "/stays", clerk))
        read = service.ask("GET", f"/stays/{stay['id']}")
        ready = service.client.get("/readyz")
        unchanged = service.rows() == before
    service.desk.keeper.run_once()
    return {
        "refused": (refused.status_code, refused.json()),
        "pages": pages,
        "read": read.status_code,
        "ready": (ready.status_code, ready.json()["status"]),
        "unchanged": unchanged,
        "after": _page(service, f"/stays/{stay['id']}", clerk),
        "again": service.ask("POST", f"/stays/{stay['id']}/charges", json=charges).json(),
        "ready_again": service.client.get("/readyz").status_code,
    }


def _page(service: Service, path: str, clerk: dict[str, str]) -> tuple[int, str]:
    answer = service.client.get(path, headers=clerk)
    return answer.status_code, answer.text


@contextmanager
def _read_only(service: Service) -> Iterator[None]:
    """Let no connection that is opened from now on write."""
    folder = service.site.settings.data
    # Who has the files open keeps them so: the service opens them anew, another has its index.
    with closing(Store(service.site.store.path)) as other:
        other.read().one("select 1 from ledger")
        service.site.store.close()
        _allow(folder, 0o444)
        try:
            yield
        finally:
            service.site.store.close()
            _allow(folder, 0o644)


def _allow(folder: Path, mode: int) -> None:
    for path in folder.glob("edge.db*"):
        path.chmod(mode)


if __name__ == "__main__":
    main()
