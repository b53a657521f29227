"""Certificates of the site's own: an authority that may name this site alone, and what it signs.

Bytes in, bytes out; keeps no file (``edge.trust.tls`` does).
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFE = timedelta(days=3650)
LEAF_LIFE = timedelta(days=365)
"""Under the 398 days that browsers accept."""

_BEFORE = timedelta(days=1)
"""A desk's clock may be behind ours."""


@dataclass(frozen=True, slots=True, repr=False)
class Pair:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a certificate says: host names and addresses, until when, and its SHA-256."""

    hosts: tuple[str, ...]
    ends_at: datetime
    fingerprint: str


def new_authority(name: str, hosts: Sequence[str], at: datetime) -> Pair:
    """Make a CA whose certificates count for ``hosts`` alone: its key lost, no other site is."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        _begun(subject, subject, key, at, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(_constraints(hosts), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    return _pair(certificate, key)


def issued(authority: Pair, hosts: Sequence[str], at: datetime) -> Pair:
    """Make a server's certificate for ``hosts``, signed by ``authority``."""
    signer = load_pem_private_key(authority.key, None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is of another kind")
    above = x509.load_pem_x509_certificate(authority.certificate)
    key = ec.generate_private_key(ec.SECP256R1())
    # No host: where the site has addresses alone, OpenSSL would take one here for a forbidden name.
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Injury Desk Edge")])
    life = min(LEAF_LIFE, above.not_valid_after_utc - at)  # nobody believes it longer
    certificate = (
        _begun(subject, above.subject, key, at, life)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_names(hosts)), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    return _pair(certificate, key)


def told_by(certificate: bytes) -> Told:
    """Read a certificate (PEM; the first of a chain).

    Raises:
        ValueError: it is none.
    """
    held = x509.load_pem_x509_certificate(certificate)
    return Told(
        hosts=_hosts(held),
        ends_at=held.not_valid_after_utc,
        fingerprint=held.fingerprint(hashes.SHA256()).hex(":").upper(),
    )


def named(hosts: Iterable[str]) -> frozenset[str]:
    """Return hosts as certificates spell them: lower case, addresses without brackets."""
    return frozenset(str(_name(host).value) for host in hosts)


def permits(authority: bytes, hosts: Iterable[str]) -> bool:
    """Tell whether this CA may vouch for all of these hosts."""
    held = x509.load_pem_x509_certificate(authority)
    named = held.extensions.get_extension_for_class(x509.NameConstraints).value
    return set(_names(list(hosts))) <= {_name_of(one) for one in named.permitted_subtrees or ()}


def vouches_for(authority: bytes, certificate: bytes) -> bool:
    """Tell whether this CA signed this certificate."""
    above = x509.load_pem_x509_certificate(authority)
    try:
        x509.load_pem_x509_certificate(certificate).verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    at: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _BEFORE)
        .not_valid_after(at + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Pair(certificate.public_bytes(Encoding.PEM), secret)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _names(hosts: Sequence[str]) -> list[x509.GeneralName]:
    return [_name(host) for host in hosts]


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return x509.DNSName(host.lower())


def _constraints(hosts: Sequence[str]) -> x509.NameConstraints:
    """Permit exactly these; where a kind of name is not used at all, exclude the kind."""
    names = _names(hosts)
    permitted = [_subtree(name) for name in names]
    kinds = {type(name) for name in names}
    excluded: list[x509.GeneralName] = []
    if x509.DNSName not in kinds:
        excluded.append(x509.DNSName(""))
    if x509.IPAddress not in kinds:
        excluded += [
            x509.IPAddress(ipaddress.ip_network("0.0.0.0/0")),
            x509.IPAddress(ipaddress.ip_network("::/0")),
        ]
    return x509.NameConstraints(permitted, excluded or None)


def _subtree(name: x509.GeneralName) -> x509.GeneralName:
    if isinstance(name, x509.IPAddress):
        return x509.IPAddress(ipaddress.ip_network(name.value))
    return name


def _name_of(subtree: x509.GeneralName) -> x509.GeneralName:
    if isinstance(subtree, x509.IPAddress) and isinstance(
        subtree.value, ipaddress.IPv4Network | ipaddress.IPv6Network
    ):
        return x509.IPAddress(subtree.value.network_address)
    return subtree


def _hosts(held: x509.Certificate) -> tuple[str, ...]:
    try:
        named = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        str(name.value) for name in named if isinstance(name, x509.DNSName | x509.IPAddress)
    )
