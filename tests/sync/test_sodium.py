"""libsodium says of every signature what OpenSSL says, or no where OpenSSL is lenient."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.envelope import load_public, new_key
from sync.keys import Algorithm
from sync.sodium import quick

KEY, OTHER = new_key(), new_key()
PLAIN = KEY.public()
QUICK = quick(PLAIN)
ORDER = 2**252 + 27742317777372353535851937790883648493


@given(message=st.binary(max_size=300), place=st.integers(0, 63), value=st.integers(0, 255))
@settings(max_examples=60)
def test_both_say_the_same_of_good_and_of_altered_signatures(
    message: bytes, place: int, value: int
) -> None:
    signature = KEY.signature(message)
    altered = signature[:place] + bytes([value]) + signature[place + 1 :]
    assert QUICK.verifies(signature, message)
    for one, said in ((altered, message), (signature, message + b"."), (signature[1:], message)):
        assert QUICK.verifies(one, said) == PLAIN.verifies(one, said)
    assert not QUICK.verifies(OTHER.signature(message), message)


def test_a_signature_has_one_form() -> None:
    signature = KEY.signature(b"message")
    larger = int.from_bytes(signature[32:], "little") + ORDER
    second = signature[:32] + larger.to_bytes(32, "little")
    for form in (second, signature + b"\0", b"", bytes(64)):
        assert (QUICK.verifies(form, b"message"), PLAIN.verifies(form, b"message")) == (False,) * 2


def test_a_key_of_small_order_that_signs_everything_is_refused() -> None:
    neutral = (1).to_bytes(32, "little")
    pem = Ed25519PublicKey.from_public_bytes(neutral).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    lenient = load_public(pem)
    signature = neutral + bytes(32)
    assert lenient.verifies(signature, b"whatever")
    assert not quick(lenient).verifies(signature, b"whatever")


def test_a_quick_key_is_the_same_key_and_sm2_stays_as_it_is() -> None:
    assert QUICK == PLAIN
    assert (QUICK.kid, QUICK.pem()) == (PLAIN.kid, PLAIN.pem())
    national = new_key(Algorithm.SM2)
    ours = quick(national.public())
    assert ours.quick is None
    assert ours.verifies(national.signature(b"m"), b"m")
