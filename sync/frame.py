"""A signed message packed once, as it is stored and as it travels: one zstd frame a message.

A batch is nothing but frames one after another, which together are one zstd stream (RFC 8878) of
two lines a message. The one importer of zstandard in ``sync``; every unpacking has a bound.
"""

from collections.abc import Sequence

import zstandard

from sync.jws import SIGNED_BYTES_MAX, Signed, unbase64url

LEVEL = 3
BATCH_MESSAGES_MAX = 100
BATCH_BYTES_MAX = 2 * SIGNED_BYTES_MAX
BATCH_PLAIN_BYTES_MAX = 4 * SIGNED_BYTES_MAX

_MAGIC = bytes.fromhex("28b52ffd")
_WINDOW_BYTES_MAX = 8 * 1024 * 1024


class Unpackable(ValueError):
    """Not zstd, cut short, larger than allowed, or not two lines a message."""


def pack(signed: Signed) -> bytes:
    """Return the frame of one message."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(signed.lines())


def unpack(stored: bytes) -> bytes:
    """Return the compact bytes of one message; also of one stored in compact form before frames.

    Raises:
        Unpackable: the frame does not hold just one message.
    """
    if not stored.startswith(_MAGIC):
        return stored
    [signed] = messages_in(plain(stored, SIGNED_BYTES_MAX))
    return signed


def framed(stored: bytes) -> bytes:
    """Return the frame of one stored message, whichever way it was stored."""
    if stored.startswith(_MAGIC):
        return stored
    header, payload, signature = stored.split(b".")
    return pack(Signed(header, unbase64url(payload), signature))


def payload_of(stored: bytes) -> bytes:
    """Return what a stored message says, without header and signature."""
    return unbase64url(unpack(stored).split(b".")[1])


def plain(packed: bytes, bytes_max: int = BATCH_PLAIN_BYTES_MAX) -> bytes:
    """Unpack a whole stream of frames, but never more than ``bytes_max``.

    Raises:
        Unpackable: not zstd, or larger. What was cut short is noticed by its lines.
    """
    opened = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES_MAX)
    try:
        # Reads no more than it is asked for: a bomb never unfolds.
        with opened.stream_reader(packed, read_across_frames=True) as stream:
            whole = stream.read(bytes_max + 1)
    except zstandard.ZstdError as wrong:
        raise Unpackable(str(wrong)) from wrong
    if len(whole) > bytes_max:
        raise Unpackable("too large")
    return whole


def messages_in(text: bytes) -> list[bytes]:
    """Return the messages of an unpacked batch, each as compact bytes; none of them is verified.

    Raises:
        Unpackable: not two whole lines a message, or too many of them.
    """
    lines = text.split(b"\n")
    if lines.pop() or len(lines) % 2 or len(lines) > 2 * BATCH_MESSAGES_MAX:
        raise Unpackable("lines")
    return [_joined(*pair) for pair in zip(lines[::2], lines[1::2], strict=True)]


def batch(stored: Sequence[bytes]) -> bytes:
    """Return the stream of these messages: their frames, as they are."""
    return b"".join(map(framed, stored))


def _joined(head: bytes, payload: bytes) -> bytes:
    header, _, signature = head.partition(b"..")
    return Signed(header, payload, signature).compact()
