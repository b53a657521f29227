"""A site: founded, opened, assembled, brought up to a new release, restored."""

from edge.site.assembled import About, FarEnd, Site, clock_behind

__all__ = ["About", "FarEnd", "Site", "clock_behind"]
