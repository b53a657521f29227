"""The keys that sign for a facility, Ed25519 or SM2, and those that verify. Knows no message.

A key has one algorithm: what a header says never chooses how it is verified (``sync.jws``).
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync import codec
from sync.errors import BadEnvelope, Reason

if TYPE_CHECKING:
    from sync.sm2 import Sm2Private, Sm2Public

Key = TypeVar("Key")

_SM2_CURVE = bytes.fromhex("06082a811ccf5501822d")


class Algorithm(StrEnum):
    """The JWS name of each: RFC 8037's, and ours for SM2 with SM3, for which none is registered."""

    ED25519 = "EdDSA"
    SM2 = "SM2"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Verifies what its private half signed; ``kid`` is the RFC 7638 thumbprint.

    ``algorithm`` is the only one under which it verifies. ``quick`` is another way to the same
    verdict (``sync.sodium``).
    """

    kid: str
    algorithm: Algorithm
    _public: "Ed25519PublicKey | Sm2Public" = field(repr=False, compare=False)
    quick: Callable[[bytes, bytes], bool] | None = field(default=None, repr=False, compare=False)

    def verifies(self, signature: bytes, signed: bytes) -> bool:
        """Tell whether ``signature`` is this key's over ``signed``."""
        if self.quick:
            return self.quick(signature, signed)
        if not isinstance(self._public, Ed25519PublicKey):
            return self._public.verifies(signature, signed)
        try:
            self._public.verify(signature, signed)
        except InvalidSignature:
            return False
        return True

    def pem(self) -> bytes:
        """Return the key as PEM (SubjectPublicKeyInfo)."""
        if not isinstance(self._public, Ed25519PublicKey):
            return self._public.pem()
        return self._public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def raw(self) -> bytes:
        """Return the 32 bytes of an Ed25519 key."""
        if not isinstance(self._public, Ed25519PublicKey):
            raise TypeError(self.algorithm)
        return self._public.public_bytes_raw()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A facility's private key. With Ed25519 equal bytes get equal signatures, with SM2 never."""

    kid: str
    _private: "Ed25519PrivateKey | Sm2Private" = field(repr=False, compare=False)

    @property
    def algorithm(self) -> Algorithm:
        """What a header must say of its signatures."""
        ours = isinstance(self._private, Ed25519PrivateKey)
        return Algorithm.ED25519 if ours else Algorithm.SM2

    def signature(self, data: bytes) -> bytes:
        """Return the 64 bytes of the signature over ``data``."""
        return self._private.sign(data)

    def public(self) -> PublicKey:
        """Return the half that the platform registers."""
        if isinstance(self._private, Ed25519PrivateKey):
            return _public_key(self._private.public_key())
        return _public_key(self._private.public)

    def pem(self) -> bytes:
        """Return the key as unencrypted PEM (PKCS 8): for the key store only."""
        if not isinstance(self._private, Ed25519PrivateKey):
            return self._private.pem()
        return self._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def new_key(algorithm: Algorithm = Algorithm.ED25519) -> SigningKey:
    """Return a fresh key pair."""
    if algorithm is Algorithm.ED25519:
        return _signing_key(Ed25519PrivateKey.generate())
    from sync import sm2  # noqa: PLC0415 - loaded where it is used only

    return _signing_key(sm2.generate())


def load_key(pem: bytes) -> SigningKey:
    """Read what ``SigningKey.pem`` wrote.

    Raises:
        BadEnvelope: BAD_KEY.
    """
    if _speaks_of_sm2(pem):
        from sync import sm2  # noqa: PLC0415 - as above

        return _signing_key(_found(sm2.read_private(pem)))
    key = _loaded(lambda: serialization.load_pem_private_key(pem, None))
    if not isinstance(key, Ed25519PrivateKey):
        raise BadEnvelope(_BAD_KEY)
    return _signing_key(key)


def load_public(pem: bytes) -> PublicKey:
    """Read what ``PublicKey.pem`` wrote.

    Raises:
        BadEnvelope: BAD_KEY.
    """
    if _speaks_of_sm2(pem):
        from sync import sm2  # noqa: PLC0415 - as above

        return _public_key(_found(sm2.read_public(pem)))
    key = _loaded(lambda: serialization.load_pem_public_key(pem))
    if not isinstance(key, Ed25519PublicKey):
        raise BadEnvelope(_BAD_KEY)
    return _public_key(key)


def key_ring(*keys: PublicKey) -> dict[str, PublicKey]:
    """Return the keys by ``kid``, as ``open_signed`` takes them."""
    return {key.kid: key for key in keys}


def _signing_key(private: "Ed25519PrivateKey | Sm2Private") -> SigningKey:
    if isinstance(private, Ed25519PrivateKey):
        return SigningKey(_public_key(private.public_key()).kid, private)
    return SigningKey(_public_key(private.public).kid, private)


def _public_key(public: "Ed25519PublicKey | Sm2Public") -> PublicKey:
    if isinstance(public, Ed25519PublicKey):
        algorithm = Algorithm.ED25519
        thumbprint = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(public.public_bytes_raw())}
    else:
        x, y = public.coordinates()
        algorithm = Algorithm.SM2
        thumbprint = {"crv": "SM2", "kty": "EC", "x": _base64url(x), "y": _base64url(y)}
    kid = _base64url(hashlib.sha256(codec.encode(thumbprint)).digest())
    return PublicKey(kid, algorithm, public)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _speaks_of_sm2(pem: bytes) -> bool:
    """Tell an SM2 key by its curve, which stands within the first 48 bytes of its DER form."""
    text = b"".join(pem.strip().splitlines()[1:-1])
    try:
        return _SM2_CURVE in base64.b64decode(text[:64])
    except ValueError:
        return False


def _loaded(load: Callable[[], object]) -> object:
    try:
        return load()
    except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
        raise BadEnvelope(_BAD_KEY) from wrong


def _found(key: Key | None) -> Key:
    if key is None:
        raise BadEnvelope(_BAD_KEY)
    return key


_BAD_KEY = Reason(
    code="BAD_KEY",
    text="密钥文件无法读取，或不是 Ed25519、SM2 密钥",
    text_en="the key cannot be read or is not an Ed25519 or SM2 key",
    next_action="从密钥备份恢复，或重新生成并在平台登记公钥",
    next_action_en="restore the key, or make a new one and register its public half",
)
