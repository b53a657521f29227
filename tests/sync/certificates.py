"""Certificates for tests, made afresh: an authority, and what it vouches for."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

# Handshakes go by the machine's own clock: long before and after it.
_BEGAN = datetime(2020, 1, 1, tzinfo=UTC)
_DECADES = timedelta(days=365 * 60)
_SIGNING = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, also as files."""

    certificate: Path
    key: Path
    held: x509.Certificate
    private: ec.EllipticCurvePrivateKey


def authority(folder: Path, name: str) -> Pair:
    """Make a CA."""
    return _made(folder, name, issuer=None, ends=_BEGAN + _DECADES)


def vouched(folder: Path, name: str, issuer: Pair, *, expired: bool = False) -> Pair:
    """Make a certificate for 127.0.0.1 that ``issuer`` signed."""
    ends = _BEGAN + (timedelta(days=1) if expired else _DECADES)
    return _made(folder, name, issuer=issuer, ends=ends)


def _made(folder: Path, name: str, *, issuer: Pair | None, ends: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer.private if issuer else key
    place = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.held.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGAN)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(place if issuer else _SIGNING, critical=False)
    )
    held = builder.sign(signer, hashes.SHA256())
    pair = Pair(folder / f"{name}.pem", folder / f"{name}.key", held, key)
    pair.certificate.write_bytes(held.public_bytes(Encoding.PEM))
    pair.key.touch(mode=0o600)
    pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return pair
