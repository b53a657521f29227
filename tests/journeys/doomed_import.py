"""A catalogue import as a process that kills itself at a named point.

Run as ``python -m tests.journeys.doomed_import SITE_FILE CATALOGUE VERSION POINT``.
"""

import os
import signal
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from edge.core.audit import Entry
from edge.settings import load_settings
from edge.site.opening import open_site
from edge.steps.import_catalogue import Import, Stage, import_catalogue
from edge.store.database import Rows
from edge.store.keys import load_keys
from edge.store.ledger import Ledger

REGION = "310000"


class DoomedLedger(Ledger):
    """Enters the act and dies before its transaction is committed."""

    def enter(
        self, db: Rows, *, kind: str, operator: str, subject: str, now: datetime, **facts: object
    ) -> Entry:
        """Enter, and never return."""
        super().enter(db, kind=kind, operator=operator, subject=subject, now=now, **facts)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def main(settings_file: Path, catalogue: Path, version: str, fatal: str) -> None:
    """Import, unless killed."""

    def progress(stage: Stage, _done: int, _about: int) -> None:
        if stage == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = load_settings(settings_file)
    keys = load_keys(settings.data / "keys")
    ledger = DoomedLedger(keys) if fatal == "before the commit" else Ledger(keys)
    with open_site(settings) as site:
        asked = Import(path=catalogue, region=REGION, version=version)
        import_catalogue(replace(site, ledger=ledger), asked, "信息科", progress)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4])
