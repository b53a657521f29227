"""What is said to the platform once, signed once, and sent unchanged on every try.

Knows who speaks, about which case and when; does not know what the body means. The one importer
of ``cryptography`` in ``sync``. Signatures are JWS compact (RFC 7515) with Ed25519 (RFC 8037).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync import codec
from sync.errors import BadEnvelope, Reason

SIGNED_BYTES_MAX = 8 * 1024 * 1024
ALGORITHM = "EdDSA"
ENVELOPE_TYPE = "injury-envelope+jws"

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_REGION = re.compile(r"[0-9]{6}")
_BASE64URL = re.compile(rb"[0-9A-Za-z_-]*")
_LENGTHS_MAX = {"order_key": 128, "facility": 40, "operator": 64}
_HEADER_BYTES_MAX = 1024


class Kind(StrEnum):
    """What a message tells the platform. Add, never rename."""

    ADMISSION = "admission"
    CHARGES = "charges"
    DISCHARGE = "discharge"
    SETTLEMENT = "settlement"
    REVERSAL = "reversal"
    FITTING = "fitting"
    MANUAL = "manual"
    CLAIM = "claim"
    AUDIT_HEAD = "audit_head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message. ``id`` is made once per business intent; ``order_key`` is the stay or fitting.

    Regions are 6-digit division codes (``000000`` when a message spans several); ``moment`` is
    aware; ``body`` is one JSON object, carried byte for byte.

    Raises:
        BadEnvelope: BAD_ENVELOPE, naming the field.
    """

    id: str
    kind: Kind
    order_key: str
    facility: str
    treatment_region: str
    insured_region: str
    operator: str
    moment: datetime
    body: bytes

    def __post_init__(self) -> None:
        _require(bool(_ID.fullmatch(self.id)), "id")
        for name in ("treatment_region", "insured_region"):
            _require(bool(_REGION.fullmatch(getattr(self, name))), name)
        for name, length_max in _LENGTHS_MAX.items():
            value = getattr(self, name)
            _require(1 <= len(value) <= length_max and value.isprintable(), name)
        _require(self.moment.tzinfo is not None, "moment")
        _require(_is_object(self.body), "body")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Verifies what its private half signed; ``kid`` is the RFC 7638 thumbprint."""

    kid: str
    _public: Ed25519PublicKey = field(repr=False, compare=False)

    def verifies(self, signature: bytes, signed: bytes) -> bool:
        """Tell whether ``signature`` is this key's over ``signed``."""
        try:
            self._public.verify(signature, signed)
        except InvalidSignature:
            return False
        return True

    def pem(self) -> bytes:
        """Return the key as PEM (SubjectPublicKeyInfo)."""
        return self._public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A facility's private key. Equal bytes always get equal signatures."""

    kid: str
    _private: Ed25519PrivateKey = field(repr=False, compare=False)

    def signature(self, data: bytes) -> bytes:
        """Return the 64 bytes of the signature over ``data``."""
        return self._private.sign(data)

    def public(self) -> PublicKey:
        """Return the half that the platform registers."""
        return _public_key(self._private.public_key())

    def pem(self) -> bytes:
        """Return the key as unencrypted PEM (PKCS 8): for the key store only."""
        return self._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


class _Header(codec.Strict, frozen=True):
    """Exactly these three: ``crit``, ``jwk`` and their like never steer how we verify."""

    alg: str
    kid: str
    typ: str


class _Payload(codec.Strict, frozen=True):
    id: str
    kind: Kind
    order_key: str
    facility: str
    treatment_region: str
    insured_region: str
    operator: str
    moment: codec.Aware
    body: codec.Raw


def new_key() -> SigningKey:
    """Return a fresh key pair."""
    return _signing_key(Ed25519PrivateKey.generate())


def load_key(pem: bytes) -> SigningKey:
    """Read what ``SigningKey.pem`` wrote.

    Raises:
        BadEnvelope: BAD_KEY.
    """
    key = _loaded(serialization.load_pem_private_key, pem, None)
    if not isinstance(key, Ed25519PrivateKey):
        raise BadEnvelope(_BAD_KEY)
    return _signing_key(key)


def load_public(pem: bytes) -> PublicKey:
    """Read what ``PublicKey.pem`` wrote.

    Raises:
        BadEnvelope: BAD_KEY.
    """
    key = _loaded(serialization.load_pem_public_key, pem)
    if not isinstance(key, Ed25519PublicKey):
        raise BadEnvelope(_BAD_KEY)
    return _public_key(key)


def key_ring(*keys: PublicKey) -> dict[str, PublicKey]:
    """Return the keys by ``kid``, as ``open_signed`` takes them."""
    return {key.kid: key for key in keys}


def sign(envelope: Envelope, key: SigningKey) -> bytes:
    """Return the envelope as JWS compact bytes. The same envelope and key give the same bytes.

    Raises:
        BadEnvelope: TOO_LARGE, over ``SIGNED_BYTES_MAX``.
    """
    payload = _Payload(
        id=envelope.id,
        kind=envelope.kind,
        order_key=envelope.order_key,
        facility=envelope.facility,
        treatment_region=envelope.treatment_region,
        insured_region=envelope.insured_region,
        operator=envelope.operator,
        moment=envelope.moment.astimezone(UTC),
        body=codec.Raw(envelope.body),
    )
    return sign_bytes(codec.encode(payload), ENVELOPE_TYPE, key)


def open_signed(signed: bytes, public_keys: Mapping[str, PublicKey]) -> Envelope:
    """Return the envelope that one of ``public_keys`` signed.

    Raises:
        BadEnvelope: TOO_LARGE, BAD_SIGNATURE (form, type, algorithm, key or bytes), BAD_ENVELOPE.
    """
    payload = open_bytes(signed, ENVELOPE_TYPE, public_keys)
    try:
        read = codec.decode(payload, _Payload)
    except codec.NotThisShape as wrong:
        raise BadEnvelope(_BAD_ENVELOPE) from wrong
    return Envelope(
        id=read.id,
        kind=read.kind,
        order_key=read.order_key,
        facility=read.facility,
        treatment_region=read.treatment_region,
        insured_region=read.insured_region,
        operator=read.operator,
        moment=read.moment,
        body=bytes(read.body),
    )


def sign_bytes(payload: bytes, type_: str, key: SigningKey) -> bytes:
    """Return ``payload`` as JWS compact bytes whose protected header says ``typ: type_``.

    Raises:
        BadEnvelope: TOO_LARGE.
    """
    header = codec.encode(_Header(alg=ALGORITHM, kid=key.kid, typ=type_))
    signing_input = _base64url(header) + b"." + _base64url(payload)
    signed = signing_input + b"." + _base64url(key.signature(signing_input))
    if len(signed) > SIGNED_BYTES_MAX:
        raise BadEnvelope(_TOO_LARGE)
    return signed


def open_bytes(signed: bytes, type_: str, public_keys: Mapping[str, PublicKey]) -> bytes:
    """Return the payload of a JWS of this type, signed by one of ``public_keys``.

    The algorithm is ours to choose, not the header's: anything but EdDSA is refused unread.

    Raises:
        BadEnvelope: TOO_LARGE, BAD_SIGNATURE.
    """
    if len(signed) > SIGNED_BYTES_MAX:
        raise BadEnvelope(_TOO_LARGE)
    parts = signed.split(b".")
    if len(parts) != 3:  # noqa: PLR2004 - header.payload.signature, RFC 7515 section 7.1
        raise BadEnvelope(_BAD_SIGNATURE)
    header = _header(parts[0])
    key = public_keys.get(header.kid)
    if header.alg != ALGORITHM or header.typ != type_ or key is None:
        raise BadEnvelope(_BAD_SIGNATURE)
    if not key.verifies(_unbase64url(parts[2]), parts[0] + b"." + parts[1]):
        raise BadEnvelope(_BAD_SIGNATURE)
    return _unbase64url(parts[1])


def signer(signed: bytes) -> str:
    """Return the ``kid`` that the header names: a claim, until ``open_signed`` has agreed.

    Raises:
        BadEnvelope: BAD_SIGNATURE, when there is no readable header.
    """
    return _header(signed.partition(b".")[0]).kid


def digest(signed: bytes) -> str:
    """Return the SHA-256 of the sent bytes as hexadecimal: what a receipt must repeat."""
    return hashlib.sha256(signed).hexdigest()


def _header(part: bytes) -> _Header:
    if len(part) > _HEADER_BYTES_MAX:
        raise BadEnvelope(_BAD_SIGNATURE)
    try:
        return codec.decode(_unbase64url(part), _Header)
    except codec.NotThisShape as wrong:
        raise BadEnvelope(_BAD_SIGNATURE) from wrong


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _unbase64url(text: bytes) -> bytes:
    """Decode strictly: one text for one value, or a signature would have many spellings."""
    try:
        data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as wrong:
        raise BadEnvelope(_BAD_SIGNATURE) from wrong
    if not _BASE64URL.fullmatch(text) or _base64url(data) != text:
        raise BadEnvelope(_BAD_SIGNATURE)
    return data


def _signing_key(private: Ed25519PrivateKey) -> SigningKey:
    return SigningKey(_public_key(private.public_key()).kid, private)


def _public_key(public: Ed25519PublicKey) -> PublicKey:
    x = _base64url(public.public_bytes_raw()).decode()
    thumbprint = codec.encode({"crv": "Ed25519", "kty": "OKP", "x": x})
    return PublicKey(_base64url(hashlib.sha256(thumbprint).digest()).decode(), public)


def _loaded(load: Any, *given: object) -> object:  # noqa: ANN401 - two loaders, one guard
    try:
        loaded: object = load(*given)
    except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
        raise BadEnvelope(_BAD_KEY) from wrong
    return loaded


def _is_object(body: bytes) -> bool:
    try:
        codec.decode(body, dict[str, Any])
    except codec.NotThisShape:
        return False
    return True


def _require(holds: bool, name: str) -> None:  # noqa: FBT001 - a condition, read with its field
    if not holds:
        raise BadEnvelope(_BAD_ENVELOPE, field=name)


_BAD_ENVELOPE = Reason(
    code="BAD_ENVELOPE",
    text="报文信封内容不符合协议",
    text_en="the envelope does not follow the protocol",
    next_action="按平台协议文档改正该字段后重新生成报文",
    next_action_en="correct this field as the protocol document says and make the message again",
)
_BAD_SIGNATURE = Reason(
    code="BAD_SIGNATURE",
    text="签名无法验证：格式、算法、密钥或内容不符",
    text_en="the signature does not verify: form, algorithm, key or content is wrong",
    next_action="核对双方登记的公钥；内容可能在途中被改动，勿采信",
    next_action_en="compare the registered keys; do not trust this content",
)
_TOO_LARGE = Reason(
    code="TOO_LARGE",
    text="报文超过允许的大小",
    text_en="the message is larger than the protocol allows",
    next_action="将明细拆分为多条报文后重新上传",
    next_action_en="split the lines into several messages",
)
_BAD_KEY = Reason(
    code="BAD_KEY",
    text="密钥文件无法读取或不是 Ed25519 密钥",
    text_en="the key cannot be read or is not an Ed25519 key",
    next_action="从密钥备份恢复，或重新生成并在平台登记公钥",
    next_action_en="restore the key, or make a new one and register its public half",
)
