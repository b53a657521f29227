"""The typesetter is a process of its own: begun when it is needed, gone when it is not."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from threading import Event

import pytest

from edge.documents.fonts import font_folders
from edge.documents.press import STANDARD
from edge.documents.setting import Ended, Typesetter

FOLDERS = [str(folder) for folder in font_folders()]
_NEVER_S = 3600.0


class Held(Typesetter):
    """A typesetter that says whose process it has, and when it ended one."""

    def __init__(self, *, idle_s: float = _NEVER_S) -> None:
        super().__init__(idle_s=idle_s)
        self.ended = Event()

    def pid(self) -> int:
        """Return whose turn it is."""
        assert self._process
        return self._process.pid

    def close(self) -> None:
        """End it, for the fixture."""
        self.end()

    def _end(self) -> None:
        super()._end()
        self.ended.set()


@pytest.fixture
def typesetter() -> Iterator[Held]:
    with closing(Held()) as one:
        yield one


def asked(text: str) -> dict[str, object]:
    page = f'#set text(font: ("Noto Sans CJK SC",)); #set page(width: 80mm); {text}'
    return {
        "input": page,
        "format": "pdf",
        "pdf_standards": STANDARD,
        "pdf_tags": False,
        "timestamp": 0,
    }


def test_one_process_sets_every_paper_and_what_is_wrong_with_one_spoils_no_other(
    typesetter: Held,
) -> None:
    assert not typesetter.runs()
    [pdf] = typesetter.set(FOLDERS, asked("结算单")).files
    assert pdf.startswith(b"%PDF-1.7")
    first = typesetter.pid()
    refused = typesetter.set(FOLDERS, asked("#nobody"))
    assert "unknown variable: nobody" in refused.wrong
    assert refused.files == ()
    pages = typesetter.set(FOLDERS, {"input": "= A\n#pagebreak()\n= B", "format": "png", "ppi": 20})
    assert [page[:4] for page in pages.files] == [b"\x89PNG"] * 2 or pages.warned
    assert typesetter.pid() == first


def test_one_that_was_killed_is_followed_by_another_which_sets_the_same(typesetter: Held) -> None:
    [pdf] = typesetter.set(FOLDERS, asked("结算单")).files
    first = typesetter.pid()
    os.kill(first, signal.SIGKILL)
    assert typesetter.set(FOLDERS, asked("结算单")).files == (pdf,)
    assert typesetter.pid() != first


def test_a_stop_that_reaches_it_too_does_not_tear_a_paper(typesetter: Held) -> None:
    typesetter.set(FOLDERS, asked("结算单"))
    first = typesetter.pid()
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(first, number)
    assert typesetter.set(FOLDERS, asked("另一张")).files
    assert typesetter.pid() == first


def test_when_no_paper_comes_for_a_while_it_is_gone() -> None:
    with closing(Held(idle_s=0.01)) as typesetter:
        typesetter.set(FOLDERS, asked("结算单"))
        assert typesetter.ended.wait(10)
        assert not typesetter.runs()
        assert typesetter.set(FOLDERS, asked("结算单")).files


def test_one_that_ends_twice_before_it_has_answered_is_told(typesetter: Held) -> None:
    with pytest.raises(Ended):
        typesetter.set(FOLDERS, {"what": "is no word of typst's"})
    assert typesetter.set(FOLDERS, asked("结算单")).files
