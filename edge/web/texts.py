"""The sentences of the pages' frame: one catalogue a language, Chinese first, English beside it.

The one importer of babel, which comes with the first sentence. Verdicts, problems and refusals
bring their own sentences; what a template or page asks for by key stands in ``locale/*.po``, and a
test compares the two.
"""

from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import Path

from edge.core.errors import Words

_FOLDER = Path(__file__).parent / "locale"


class Language(Enum):
    """What a page can be read in; the value is its ``lang`` attribute."""

    ZH = "zh-CN"
    EN = "en"


def say(words: Words, language: Language) -> str:
    """Return the sentence in the reader's language."""
    return words.zh if language is Language.ZH else words.en


def text(key: str, language: Language) -> str:
    """Return the frame's sentence of this name; a name that does not exist is a KeyError."""
    return catalogue(language)[key]


def words(key: str, **blanks: object) -> Words:
    """Return a sentence in both languages, its ``{blanks}`` filled in."""
    return Words(*(text(key, language).format(**blanks) for language in Language))


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Return every sentence of a language by its key, read once."""
    from babel.messages.pofile import read_po  # noqa: PLC0415 - with the first page

    with (_FOLDER / f"{language.value.replace('-', '_')}.po").open("rb") as file:
        read = read_po(file, abort_invalid=True)
    return {str(message.id): str(message.string) for message in read if message.id}
