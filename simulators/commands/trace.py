"""``python -m simulators trace``: a masked trace of the card in a reader, or its replay."""

from simulators.card.tracing import add_words, run

__all__ = ["add_words", "run"]
