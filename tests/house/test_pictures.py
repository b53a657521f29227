"""The pictures of the guides: every screen has one, none is stale, all are small, of one size."""

import struct

from edge.web.pages.screens import SCREENS as HOUSE
from tests.browser.looks import LOOKS, SCREENS
from tests.browser.window import SIZE

BYTES_MAX = 120_000


def test_every_screen_has_its_picture() -> None:
    assert set(LOOKS.values()) == {*HOUSE, "login", "group office"}
    assert sorted(LOOKS) == sorted(file.stem for file in SCREENS.glob("*"))


def test_each_picture_is_a_small_one_of_the_screen_clerks_have() -> None:
    for name in LOOKS:
        picture = (SCREENS / f"{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG\r\n\x1a\n"), name
        assert struct.unpack(">II", picture[16:24]) == (SIZE["width"], SIZE["height"]), name
        assert len(picture) <= BYTES_MAX, name
