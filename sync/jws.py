"""Signed bytes: JWS compact (RFC 7515), or the same with the payload beside it. Knows no meaning.

Signatures are Ed25519 (RFC 8037) or SM2. The algorithm is the key's, never the header's choice.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from sync import codec
from sync.errors import BadEnvelope, Reason
from sync.keys import PublicKey, SigningKey

SIGNED_BYTES_MAX = 8 * 1024 * 1024

_BASE64URL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_TO_BASE64 = bytes.maketrans(b"-_", b"+/")
_LAST = (b"", b"", _BASE64URL[::16], _BASE64URL[::4])
"""The last characters of a text that is 0 to 3 over fours: those whose unused bits are zero."""

_HEADER_BYTES_MAX = 1024
_HEADERS_KEPT = 512
"""A key's header is the same each time; one that cannot be read is not kept."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What was signed, once. ``header`` and ``signature`` are base64url, ``payload`` is plain.

    ``text`` is the payload in base64url where whoever signed it has made it already.
    """

    header: bytes
    payload: bytes
    signature: bytes
    text: bytes = field(default=b"", compare=False, repr=False)

    def compact(self) -> bytes:
        """Return header.payload.signature, each in base64url: what a receipt's digest is of."""
        return b".".join((self.header, self.text or base64url(self.payload), self.signature))

    def lines(self) -> bytes:
        """Return two lines: the JWS with its payload detached (RFC 7515 appendix F), the payload.

        The same signature over the same bytes; but plain text packs five times better than base64.
        """
        return b"".join((self.header, b"..", self.signature, b"\n", self.payload, b"\n"))


class _Header(codec.Strict, frozen=True):
    """Exactly these three: ``crit``, ``jwk`` and their like never steer how we verify."""

    alg: str
    kid: str
    typ: str


def signed_parts(payload: bytes, type_: str, key: SigningKey) -> Signed:
    """Sign ``payload`` under a protected header that says ``typ: type_``.

    Raises:
        BadEnvelope: TOO_LARGE.
    """
    header = base64url(codec.encode(_Header(alg=key.algorithm, kid=key.kid, typ=type_)))
    text = base64url(payload)
    signature = base64url(key.signature(header + b"." + text))
    if len(header) + len(signature) + len(text) + len("..") > SIGNED_BYTES_MAX:
        raise BadEnvelope(TOO_LARGE)
    return Signed(header, payload, signature, text)


def sign_bytes(payload: bytes, type_: str, key: SigningKey) -> bytes:
    """Return ``payload`` as JWS compact bytes whose protected header says ``typ: type_``.

    Raises:
        BadEnvelope: TOO_LARGE.
    """
    return signed_parts(payload, type_, key).compact()


def open_bytes(signed: bytes, type_: str, public_keys: Mapping[str, PublicKey]) -> bytes:
    """Return the payload of a JWS of this type, signed by one of ``public_keys``.

    Raises:
        BadEnvelope: TOO_LARGE, BAD_SIGNATURE.
    """
    if len(signed) > SIGNED_BYTES_MAX:
        raise BadEnvelope(TOO_LARGE)
    parts = signed.split(b".")
    if len(parts) != 3:  # noqa: PLR2004 - header.payload.signature, RFC 7515 section 7.1
        raise BadEnvelope(BAD_SIGNATURE)
    header = _header(parts[0])
    key = public_keys.get(header.kid)
    if key is None or header.alg != key.algorithm or header.typ != type_:
        raise BadEnvelope(BAD_SIGNATURE)
    if not key.verifies(unbase64url(parts[2]), parts[0] + b"." + parts[1]):
        raise BadEnvelope(BAD_SIGNATURE)
    return unbase64url(parts[1])


def signer(signed: bytes) -> str:
    """Return the ``kid`` that the header names: a claim, until ``open_bytes`` has agreed.

    Raises:
        BadEnvelope: BAD_SIGNATURE, when there is no readable header.
    """
    return _header(signed.partition(b".")[0]).kid


def digest(signed: bytes) -> str:
    """Return the SHA-256 of the compact bytes as hexadecimal: what a receipt must repeat."""
    return hashlib.sha256(signed).hexdigest()


def base64url(data: bytes) -> bytes:
    """Encode without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def unbase64url(text: bytes) -> bytes:
    """Decode strictly: one text for one value, or a signature would have many spellings.

    Raises:
        BadEnvelope: BAD_SIGNATURE.
    """
    over = len(text) % 4
    if text.translate(None, _BASE64URL) or (over and text[-1] not in _LAST[over]):
        raise BadEnvelope(BAD_SIGNATURE)
    return binascii.a2b_base64(text.translate(_TO_BASE64) + b"=" * (-over % 4))


@lru_cache(maxsize=_HEADERS_KEPT)
def _header(part: bytes) -> _Header:
    if len(part) > _HEADER_BYTES_MAX:
        raise BadEnvelope(BAD_SIGNATURE)
    try:
        return codec.decode(unbase64url(part), _Header)
    except codec.NotThisShape as wrong:
        raise BadEnvelope(BAD_SIGNATURE) from wrong


BAD_SIGNATURE = Reason(
    code="BAD_SIGNATURE",
    text="签名无法验证：格式、算法、密钥或内容不符",
    text_en="the signature does not verify: form, algorithm, key or content is wrong",
    next_action="核对双方登记的公钥；内容可能在途中被改动，勿采信",
    next_action_en="compare the registered keys; do not trust this content",
)
TOO_LARGE = Reason(
    code="TOO_LARGE",
    text="报文超过允许的大小",
    text_en="the message is larger than the protocol allows",
    next_action="将明细拆分为多条报文后重新上传",
    next_action_en="split the lines into several messages",
)
