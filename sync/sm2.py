"""SM2 signatures (GB/T 32918.2, SM3, the usual signer id) and the key's PEM form.

The one importer of ``gmssl_pyx``: it costs time to load, so only a site that signs with SM2, or a
platform that reads such a site, imports this. Decides nothing about who is believed.
"""

import base64
import binascii
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from gmssl_pyx import GmsslInnerError, sm2_key_generate, sm2_sign, sm2_verify

_COORDINATE_BYTES = 32
# Fixed parts of the DER forms (RFC 5480, RFC 5915; the curve is 1.2.156.10197.1.301).
_CURVE = bytes.fromhex("301306072a8648ce3d020106082a811ccf5501822d")
_PUBLIC = bytes.fromhex("3059") + _CURVE + bytes.fromhex("03420004")
_PRIVATE = bytes.fromhex("308187020100") + _CURVE + bytes.fromhex("046d306b0201010420")
_WITH_PUBLIC = bytes.fromhex("a14403420004")
_PUBLIC_LABEL, _PRIVATE_LABEL = "PUBLIC KEY", "PRIVATE KEY"

# y² = x³ + ax + b over the prime (GB/T 32918.5).
_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A = _P - 3
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93


@dataclass(frozen=True, slots=True)
class Sm2Public:
    """A point of the curve, x then y, 64 bytes."""

    point: bytes

    def verifies(self, signature: bytes, signed: bytes) -> bool:
        """Tell whether ``signature`` (r then s, 64 bytes) is this key's over ``signed``."""
        if len(signature) != 2 * _COORDINATE_BYTES:
            return False
        r, s = (int.from_bytes(half) for half in _halves(signature))
        try:
            verified: bool = sm2_verify(self.point, signed, encode_dss_signature(r, s))
        except GmsslInnerError:
            return False
        return verified

    def coordinates(self) -> tuple[bytes, bytes]:
        """Return x and y, 32 bytes each."""
        return _halves(self.point)

    def pem(self) -> bytes:
        """Return the key as PEM (SubjectPublicKeyInfo)."""
        return _pem(_PUBLIC + self.point, _PUBLIC_LABEL)


@dataclass(frozen=True, slots=True)
class Sm2Private:
    """A private key with its public half. Each signature is another, all of them verify."""

    secret: bytes = field(repr=False)
    public: Sm2Public

    def sign(self, data: bytes) -> bytes:
        """Return r then s, 64 bytes."""
        r, s = decode_dss_signature(sm2_sign(self.secret, self.public.point, data))
        return r.to_bytes(_COORDINATE_BYTES) + s.to_bytes(_COORDINATE_BYTES)

    def pem(self) -> bytes:
        """Return the key as unencrypted PEM (PKCS 8): for the key store only."""
        return _pem(_PRIVATE + self.secret + _WITH_PUBLIC + self.public.point, _PRIVATE_LABEL)


def generate() -> Sm2Private:
    """Return a fresh key pair."""
    point, secret = sm2_key_generate()
    return Sm2Private(secret, Sm2Public(point))


def read_public(pem: bytes) -> Sm2Public | None:
    """Read what ``Sm2Public.pem`` wrote; None when it is no point of this curve."""
    der = _der(pem, _PUBLIC_LABEL)
    point = der.removeprefix(_PUBLIC)
    if point == der or len(point) != 2 * _COORDINATE_BYTES or not _on_curve(point):
        return None
    return Sm2Public(point)


def read_private(pem: bytes) -> Sm2Private | None:
    """Read what ``Sm2Private.pem`` wrote; None when it is no such key, or its halves disagree."""
    der = _der(pem, _PRIVATE_LABEL)
    secret, mark, point = der.removeprefix(_PRIVATE).partition(_WITH_PUBLIC)
    if not der.startswith(_PRIVATE) or not mark or len(secret) != _COORDINATE_BYTES:
        return None
    if len(point) != 2 * _COORDINATE_BYTES or not _on_curve(point):
        return None
    key = Sm2Private(secret, Sm2Public(point))
    return key if _agree(key) else None


def _agree(key: Sm2Private) -> bool:
    try:
        return key.public.verifies(key.sign(b"probe"), b"probe")
    except GmsslInnerError:
        return False


def _on_curve(point: bytes) -> bool:
    x, y = (int.from_bytes(half) for half in _halves(point))
    return x < _P and y < _P and (y * y - (x * x * x + _A * x + _B)) % _P == 0


def _halves(both: bytes) -> tuple[bytes, bytes]:
    return both[:_COORDINATE_BYTES], both[_COORDINATE_BYTES:]


def _pem(der: bytes, label: str) -> bytes:
    text = base64.b64encode(der).decode()
    lines = [text[place : place + 64] for place in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def _der(pem: bytes, label: str) -> bytes:
    head, tail = f"-----BEGIN {label}-----".encode(), f"-----END {label}-----".encode()
    text = pem.strip()
    if not text.startswith(head) or not text.endswith(tail):
        return b""
    try:
        return base64.b64decode(b"".join(text[len(head) : -len(tail)].split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
