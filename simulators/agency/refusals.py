"""Why the agency does not do what its staff asks: a code, the sentence, the article."""


class AgencyRefuses(Exception):
    """``code`` is stable; the sentence is for the agency's own staff."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
