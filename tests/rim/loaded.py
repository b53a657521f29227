"""A site's parts as a process of their own, which tells whether the streams' client was loaded."""

import sys
from pathlib import Path

import edge.app
import edge.commands.operation
import edge.commands.upkeep
import edge.doctor
from edge.clock import system_clock
from edge.loops.campus import campus_of
from edge.settings import load_settings
from edge.site.opening import gateway_of, open_site


def main(settings_file: str) -> None:
    """Open the site and its gateway, and tell."""
    assert edge.app
    assert edge.doctor
    with (
        open_site(load_settings(Path(settings_file)), clock=system_clock) as site,
        campus_of(site) as campus,
        gateway_of(site, campus.gateway if campus else None),
    ):
        assert (campus is None) == (site.settings.sync.transport == "https")
    sys.stdout.write("nats" if "nats" in sys.modules else "none")


if __name__ == "__main__":
    main(*sys.argv[1:])
