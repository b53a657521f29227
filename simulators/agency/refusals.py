"""What the agency refuses: its staff's acts, with a code; a facility's money, with a reason."""

from dataclasses import dataclass


class AgencyRefuses(Exception):
    """``code`` is stable; the sentence is for the agency's own staff."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class Deducted:
    """What is deducted of one settlement; ``line`` is empty when it is of the whole."""

    settlement: str
    amount_fen: int
    kind: str
    reason: str
    line: str = ""
    article: str = ""
    points: int = 0
