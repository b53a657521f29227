"""docs/hl7.md: what it shows as sent is sent, and what it shows as answered is answered."""

import re
from collections.abc import Iterator

from edge.hl7.answering import answer
from tests.hl7.conftest import Bench
from tests.house.source import ROOT

_BLOCKS = re.compile(r"^```hl7\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def _shown() -> Iterator[tuple[str, str]]:
    text = (ROOT / "docs/hl7.md").read_text(encoding="utf-8")
    blocks = [found.strip() for found in _BLOCKS.findall(text)]
    return zip(blocks[::2], blocks[1::2], strict=True)


def test_every_message_of_the_document_is_answered_as_it_says(bench: Bench) -> None:
    for sent, answered in _shown():
        said = answer(bench.counter, bench.filled(sent)).decode()
        assert bench.bared(said) == answered
