"""Opens 3.0 cards by the platform's HSM: the reader asks, the platform answers, nobody keeps a key.

Called on a reader's thread with the card under power, so it answers within the desk's deadline.
"""

from drivers.authentication import Authenticator, KeyAnswers, KeyRequest
from drivers.key_errors import KeyMissing
from edge.site import Site
from sync.card_key import CardKeyQuestion
from sync.errors import PlatformUnsure, SyncError

_NO_KEY = -2203  # "no RKSSSE" in the iReadCardBas family


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
