"""Say what a test read brought, the number masked; reading an identity is an act, entered."""

from drivers.monitor import Presented
from edge.case.holder import enter_reading
from edge.core.identity import masked_number
from edge.site import Site


def try_reader(site: Site, presented: Presented, operator: str, *, took_ms: int) -> str:
    """Enter that a card was read to try its reader, and return its holder's number, masked."""
    holder = enter_reading(site, presented, kind="reader.tried", operator=operator, took_ms=took_ms)
    return masked_number(holder.number)
