"""Signed messages with one thing wrong: byte, algorithm, key, type, part; none may be believed."""

import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from edge import codec
from sync import envelope
from sync.envelope import Envelope, PublicKey, SigningKey, key_ring, new_key, read_payload, sign
from sync.errors import BadEnvelope
from sync.jws import base64url, sign_bytes, unbase64url
from sync.keys import Algorithm
from tests.sync.sender import story
from tests.torture.promises import Broken

Open = Callable[[bytes, Mapping[str, PublicKey]], Envelope]
Mutant = Callable[[random.Random, bytes, SigningKey], bytes]


def forged_messages(_folder: Path, rounds: int, seed: int, variant: str) -> Broken:
    """Try so many mutants; one that is believed is torn, an untouched message refused is lost."""
    opened = credulous if variant == "credulous" else envelope.open_signed
    dice = random.Random(seed)  # noqa: S311 - chance, not secrets
    found = Broken()
    with _hushed():
        for number in range(rounds):
            key = _keys()[number % len(_keys())]
            sound = dice.choice(_sound(key))
            mutant = dice.choice(MUTANTS)(dice, sound, key)
            found += Broken(torn=mutant != sound and _believed(opened, mutant))
    untouched = [one for key in _keys() for one in _sound(key)]
    return found + Broken(lost=sum(not _believed(opened, one) for one in untouched))


@contextmanager
def _hushed() -> Iterator[None]:
    """Let the library for SM2 tell nobody of each signature that does not verify."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def credulous(signed: bytes, _keys: Mapping[str, PublicKey]) -> Envelope:
    """Read a message as if its signature were an ornament."""
    parts = signed.split(b".")
    return read_payload(unbase64url(parts[1] if len(parts) > 1 else b""))


def _believed(opened: Open, signed: bytes) -> bool:
    try:
        opened(signed, key_ring(*(key.public() for key in _keys())))
    except BadEnvelope:
        return False
    return True


def _byte(dice: random.Random, signed: bytes, _key: SigningKey) -> bytes:
    """Change one byte, anywhere."""
    place = dice.randrange(len(signed))
    return signed[:place] + bytes([dice.randrange(256)]) + signed[place + 1 :]


def _cut(dice: random.Random, signed: bytes, _key: SigningKey) -> bytes:
    """Cut it short, or let something follow."""
    tail = bytes(dice.randrange(256) for _ in range(dice.randint(0, 4)))
    return signed[: dice.randrange(len(signed))] + tail


def _said(dice: random.Random, signed: bytes, _key: SigningKey) -> bytes:
    """Change what is said and keep the signature."""
    header, payload, signature = signed.split(b".")
    plain = unbase64url(payload).replace(b"stay-", dice.choice([b"stay_", b"Stay-", b"stai-"]))
    return b".".join((header, base64url(plain), signature))


def _header(dice: random.Random, signed: bytes, key: SigningKey) -> bytes:
    """Name another algorithm, key or type."""
    header, payload, signature = signed.split(b".")
    said = codec.decode(unbase64url(header), dict[str, object])
    other: dict[str, list[object]] = {
        "alg": ["none", "HS256", "EdDSA ", "SM2", "", key.algorithm.lower()],
        "kid": [_stranger().kid, "", *(one.kid for one in _keys() if one is not key)],
        "typ": ["JWT", "question", ""],
        "crit": [["b64"]],
        "jwk": [{"kty": "OKP"}],
    }
    name = dice.choice(list(other))
    made = codec.encode({**said, name: dice.choice(other[name])})
    return b".".join((base64url(made), payload, dice.choice([signature, b""])))


def _strange_key(dice: random.Random, signed: bytes, key: SigningKey) -> bytes:
    """Sign with a key that nobody registered, under its own name or under ours."""
    header, payload, _ = signed.split(b".")
    theirs = sign_bytes(unbase64url(payload), envelope.ENVELOPE_TYPE, _stranger())
    if dice.random() < 0.5 or key.algorithm != _stranger().algorithm:
        return theirs
    return b".".join((header, payload, theirs.split(b".")[2]))


def _other_signature(dice: random.Random, signed: bytes, key: SigningKey) -> bytes:
    """Put the signature of another message under this one."""
    header, payload, signature = signed.split(b".")
    others = [one.split(b".")[2] for one in _sound(key)]
    return b".".join((header, payload, dice.choice([one for one in others if one != signature])))


def _other_type(_dice: random.Random, signed: bytes, key: SigningKey) -> bytes:
    """Sign the same with the right key, but as something that is no message."""
    return sign_bytes(unbase64url(signed.split(b".")[1]), "edge-question+jws", key)


MUTANTS: tuple[Mutant, ...] = (
    _byte,
    _byte,
    _cut,
    _said,
    _header,
    _strange_key,
    _other_signature,
    _other_type,
)


@cache
def _keys() -> tuple[SigningKey, ...]:
    return new_key(), new_key(Algorithm.SM2)


@cache
def _stranger() -> SigningKey:
    return new_key()


@cache
def _sound(key: SigningKey) -> tuple[bytes, ...]:
    return tuple(sign(one, key) for one in story("stay-1"))
