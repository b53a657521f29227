"""The answer to reset: finds the historical bytes. Checks nothing that the reader checks itself.

ISO/IEC 7816-3: TS, T0, interface bytes announced nibble by nibble, then T0's low nibble of
historical bytes.
"""

from drivers.errors import DamagedRecord, Flaw

_FIELD = "atr"
_TD = 0x80  # announces a further group of interface bytes
_INTERFACE_BYTES = 0xF0
_HISTORICAL_COUNT = 0x0F


def historical_bytes(atr: bytes) -> bytes:
    """Return the historical bytes; on a social-security card 13: vendors, region, serial.

    Raises:
        DamagedRecord: the answer ends before the bytes that it announces.
    """
    start = 1
    announced = _byte(atr, start)
    count = announced & _HISTORICAL_COUNT
    while announced & _TD:
        start += (announced & _INTERFACE_BYTES).bit_count()
        announced = _byte(atr, start)
    start += 1 + (announced & _INTERFACE_BYTES).bit_count()
    found = atr[start : start + count]
    if len(found) < count:
        raise DamagedRecord(_FIELD, Flaw.TRUNCATED)
    return found


def _byte(atr: bytes, index: int) -> int:
    if index >= len(atr):
        raise DamagedRecord(_FIELD, Flaw.TRUNCATED)
    return atr[index]
