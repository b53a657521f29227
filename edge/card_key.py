"""Opens 3.0 cards by the platform's HSM, or a PSAM beside it: we ask, they answer, no key is kept.

Called on a reader's thread with the card under power, so it answers within the desk's deadline.
"""

from drivers.authentication import Authenticator, KeyAnswers, KeyRequest
from drivers.key_errors import KeyMissing
from drivers.psam_slot import Factor, Order, PsamPlan
from edge.settings import Psam
from edge.site import Site
from sync.card_key import CardKeyQuestion
from sync.errors import PlatformUnsure, SyncError

_NO_KEY = -2203  # "no RKSSSE" in the iReadCardBas family


def psam_plan(given: Psam) -> PsamPlan | None:
    """Return how the site's PSAMs are spoken to; None where it has none."""
    if not given.reader:
        return None
    return PsamPlan(
        reader=given.reader,
        order=Order(given.first),
        application=bytes.fromhex(given.application),
        derive=bytes.fromhex(given.derive),
        factors=tuple(map(Factor, given.factors)),
        compute=bytes.fromhex(given.compute),
        algorithms=given.algorithms,
        terminal=given.terminal,
        terminal_read=bytes.fromhex(given.terminal_read),
    )


def by_platform(site: Site) -> Authenticator:
    """Return the holder of the keys of ``site``'s cards: the platform's HSM."""

    def answers(request: KeyRequest) -> KeyAnswers:
        question = CardKeyQuestion(
            id=site.fresh_id(),
            issuing_region=request.issuing_region,
            card_id=request.card_id,
            historical_bytes=request.historical_bytes,
            algorithm=request.algorithm,
            challenges=request.challenges,
            at=site.clock(),
        )
        try:
            answer = site.platform.card_key(question)
        except SyncError as silent:
            site.log.warning("card_key.missing", code=silent.code)
            number = _NO_KEY if isinstance(silent, PlatformUnsure) else None
            told = KeyMissing(field="EF06", number=number, zh=silent.text, en=silent.text_en)
            raise told from silent
        return KeyAnswers(internal=answer.internal, external=answer.external)

    return answers
