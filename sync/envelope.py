"""What is said to the platform once, signed once, and sent unchanged on every try.

Knows who speaks, about which case and when; does not know what the body means. How it is signed
is told in ``sync.jws`` and ``sync.keys``, whose names stand here too: a speaker needs them all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sync import codec
from sync.errors import BadEnvelope, Reason
from sync.jws import (
    Signed,
    digest,
    open_bytes,
    sign_bytes,
    signed_parts,
    signer,
)
from sync.keys import PublicKey, SigningKey, key_ring, load_key, load_public, new_key

__all__ = [
    "Envelope",
    "Kind",
    "PublicKey",
    "SigningKey",
    "digest",
    "key_ring",
    "load_key",
    "load_public",
    "new_key",
    "open_bytes",
    "open_signed",
    "payload_of_envelope",
    "read_payload",
    "sign",
    "sign_bytes",
    "signed_envelope",
    "signer",
]

ENVELOPE_TYPE = "injury-envelope+jws"

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_REGION = re.compile(r"[0-9]{6}")
_LENGTHS_MAX = {"order_key": 128, "facility": 40, "operator": 64}


class Kind(StrEnum):
    """What a message tells the platform. Add, never rename."""

    ADMISSION = "admission"
    CHARGES = "charges"
    DISCHARGE = "discharge"
    CANCELLATION = "cancellation"
    SETTLEMENT = "settlement"
    REVERSAL = "reversal"
    FITTING = "fitting"
    MANUAL = "manual"
    CLAIM = "claim"
    OBJECTION = "objection"
    CONFIRMATION = "confirmation"
    REIMBURSEMENT_ANSWER = "reimbursement_answer"
    LEDGER_HEAD = "ledger_head"
    HOOK = "hook"
    """Goes to a hospital's own system, never to the platform (``sync.webhooks``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message. ``id`` is made once per business intent; ``order_key`` is the stay or fitting.

    Regions are 6-digit division codes (``000000`` when a message spans several); ``moment`` is
    aware; ``body`` is one JSON object on one line, carried byte for byte.

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


def sign(envelope: Envelope, key: SigningKey) -> bytes:
    """Return the envelope as JWS compact bytes.

    Raises:
        BadEnvelope: TOO_LARGE, over ``SIGNED_BYTES_MAX``.
    """
    return signed_envelope(envelope, key).compact()


def signed_envelope(envelope: Envelope, key: SigningKey) -> Signed:
    """Sign the envelope. The same envelope has the same payload; with Ed25519 all is the same.

    Raises:
        BadEnvelope: TOO_LARGE, over ``SIGNED_BYTES_MAX``.
    """
    return signed_parts(payload_of_envelope(envelope), ENVELOPE_TYPE, key)


def payload_of_envelope(envelope: Envelope) -> bytes:
    """Return what is signed: canonical JSON on one line, the body as it is."""
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
    return codec.encode(payload)


def open_signed(signed: bytes, public_keys: Mapping[str, PublicKey]) -> Envelope:
    """Return the envelope that one of ``public_keys`` signed.

    Raises:
        BadEnvelope: TOO_LARGE, BAD_SIGNATURE (form, type, algorithm, key or bytes), BAD_ENVELOPE.
    """
    return read_payload(open_bytes(signed, ENVELOPE_TYPE, public_keys))


def read_payload(payload: bytes) -> Envelope:
    """Return the envelope that ``payload_of_envelope`` wrote.

    Raises:
        BadEnvelope: BAD_ENVELOPE.
    """
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


def _is_object(body: bytes) -> bool:
    if b"\n" in body or b"\r" in body:  # a message is one line of a batch
        return False
    try:
        body.decode()
        codec.decode(body, dict[str, codec.Raw])  # looked through, but built from nothing
    except (codec.NotThisShape, UnicodeDecodeError):
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
