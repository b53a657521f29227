"""Backups beside the service: when one is due, it is made; what fails is tried again later."""

from contextlib import AbstractContextManager, nullcontext
from threading import Event

from edge.loops.rounds import attempt, beside
from edge.site import Site
from edge.steps.back_up import back_up_when_due, backup_is_due

OPERATOR = "schedule"
LOOK_S = 60.0
AGAIN_S = 600.0
"""A disk that is full now is full in a minute, too, and a try costs a copy of the database."""


def backups_made(site: Site) -> AbstractContextManager[None]:
    """Make backups by ``backup.every_h`` into ``backup.folder`` until the block ends."""
    if site.settings.backup.folder is None:
        return nullcontext()

    def loop(ending: Event) -> None:
        pause_s = LOOK_S
        while not ending.wait(pause_s):
            pause_s = AGAIN_S
            attempt(lambda: back_up_when_due(site, OPERATOR), site.log, "backup.failed")
            if not backup_is_due(site):
                pause_s = LOOK_S

    return beside(loop, "backups")
