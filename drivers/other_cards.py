"""Names the cards that people hand over by mistake, so that the clerk can ask for the right one.

Only asks which application answers; reads nothing of it. The names of the applications are public
(EMV, JR/T 0025, the transport union); a card that knows none of them stays unnamed.
"""

from typing import NamedTuple

from drivers.apdu import Status, exchange, select_by_name
from drivers.errors import WrongCard
from drivers.transport import Transport


class Known(NamedTuple):
    """A kind of card and the application by which it is known."""

    aid: bytes
    zh: str
    en: str


KNOWN = (
    Known(bytes.fromhex("A000000632010105"), "这是交通卡", "it is a transport card"),
    Known(b"1PAY.SYS.DDF01", "这是银行卡", "it is a bank card"),
    Known(b"2PAY.SYS.DDF01", "这是银行卡", "it is a bank card"),
    Known(bytes.fromhex("A000000333"), "这是银行卡", "it is a bank card"),
)
"""In the order they are asked: a transport card often pays, too."""


def wrong_card(transport: Transport) -> WrongCard:
    """Return the error of a card without the social-security application, named where it can be.

    Raises:
        DriverError: as the transport.
    """
    for kind in KNOWN:
        if exchange(transport, select_by_name(kind.aid)).status == Status.DONE:
            return WrongCard(zh=kind.zh, en=kind.en)
    return WrongCard()
