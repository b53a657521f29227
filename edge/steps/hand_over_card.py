"""Give a hospital system what a card says, unmasked; reading an identity is an act, entered."""

from drivers import compat
from drivers.monitor import Presented
from edge.case.holder import enter_reading
from edge.site import Site


def hand_over_card(
    site: Site, presented: Presented, system: str, *, terminal: str = ""
) -> compat.Answer:
    """Return the card as the ``iReadCardBas`` drivers do.

    ``system`` is the token's name, ``terminal`` the number of the readers' PSAM, where one is.
    """
    enter_reading(site, presented, kind="identity.handed_over", operator=system)
    return compat.card_answer(presented.record, terminal=terminal or compat.NO_PSAM)
