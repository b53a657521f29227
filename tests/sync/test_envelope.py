"""What is signed arrives as it was said, and nothing else is believed."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.envelope import (
    ENVELOPE_TYPE,
    Envelope,
    Kind,
    SigningKey,
    key_ring,
    load_key,
    load_public,
    new_key,
    open_signed,
    sign,
    sign_bytes,
    signer,
)
from sync.errors import BadEnvelope
from sync.jws import SIGNED_BYTES_MAX, base64url, unbase64url
from sync.question import QUESTION_TYPE
from tests.sync.sender import message

KEY = new_key()
RING = key_ring(KEY.public())
SIGNED = sign(message("m-1"), KEY)

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
_shown = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40)
_envelopes = st.builds(
    Envelope,
    id=st.from_regex(r"[0-9A-Za-z_-]{1,64}", fullmatch=True),
    kind=st.sampled_from(Kind),
    order_key=_shown,
    facility=_shown,
    treatment_region=st.from_regex(r"[0-9]{6}", fullmatch=True),
    insured_region=st.from_regex(r"[0-9]{6}", fullmatch=True),
    operator=_shown,
    moment=st.datetimes(
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - the zone is drawn beside it
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - as above
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]),
    ),
    body=st.dictionaries(st.text(), _json).map(
        lambda body: json.dumps(body, ensure_ascii=False).encode(errors="replace")
    ),
)


@given(_envelopes)
@settings(max_examples=60, deadline=None)
def test_an_envelope_comes_out_as_it_went_in(envelope: Envelope) -> None:
    assert open_signed(sign(envelope, KEY), RING) == envelope


@given(_envelopes)
@settings(max_examples=20, deadline=None)
def test_signing_the_same_twice_gives_the_same_bytes(envelope: Envelope) -> None:
    assert sign(envelope, KEY) == sign(envelope, KEY)


@given(st.integers(0, len(SIGNED) - 1), st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_no_altered_byte_is_accepted(place: int, value: int) -> None:
    altered = SIGNED[:place] + bytes([value]) + SIGNED[place + 1 :]
    if altered != SIGNED:
        with pytest.raises(BadEnvelope) as refused:
            open_signed(altered, RING)
        assert refused.value.code == "BAD_SIGNATURE"


@given(st.binary(max_size=400) | st.text(alphabet="aA0_-.=", max_size=60).map(str.encode))
@settings(max_examples=100, deadline=None)
def test_no_garbage_is_accepted(garbage: bytes) -> None:
    with pytest.raises(BadEnvelope):
        open_signed(garbage, RING)


@given(st.integers(0, len(SIGNED) - 1))
@settings(max_examples=50, deadline=None)
def test_no_cut_message_is_accepted(length: int) -> None:
    with pytest.raises(BadEnvelope):
        open_signed(SIGNED[:length], RING)


def _with_header(**header: object) -> bytes:
    """Return the sample message under another header, signed anew by the right key."""
    _, payload, _ = SIGNED.split(b".")
    signing_input = _packed(json.dumps(header).encode()) + b"." + payload
    return signing_input + b"." + _packed(KEY.signature(signing_input))


def _packed(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@pytest.mark.parametrize("alg", ["none", "None", "", "HS256", "ES256", "RS256", "eddsa", "Ed25519"])
def test_every_other_algorithm_is_refused_even_when_signed_well(alg: str) -> None:
    _assert_refused(_with_header(alg=alg, kid=KEY.kid, typ=ENVELOPE_TYPE))


@pytest.mark.parametrize(
    "more",
    [{"crit": ["b64"], "b64": False}, {"jwk": {"kty": "OKP"}}, {"jku": "http://127.0.0.1/keys"}],
)
def test_a_header_cannot_steer_how_it_is_verified(more: dict[str, object]) -> None:
    _assert_refused(_with_header(alg="EdDSA", kid=KEY.kid, typ=ENVELOPE_TYPE, **more))


def test_an_unsigned_message_is_refused() -> None:
    head, payload, _ = _with_header(alg="none", kid=KEY.kid, typ=ENVELOPE_TYPE).split(b".")
    _assert_refused(head + b"." + payload + b".")


def test_a_message_of_another_type_is_refused() -> None:
    _assert_refused(sign_bytes(b"{}", QUESTION_TYPE, KEY))


def test_a_key_that_is_not_on_the_ring_is_refused() -> None:
    _assert_refused(sign(message("m-1"), new_key()))


def test_a_stranger_cannot_borrow_a_known_key_id() -> None:
    stranger = SigningKey(KEY.kid, new_key()._private)  # noqa: SLF001 - what a forger would do
    _assert_refused(sign(message("m-1"), stranger))


def test_a_padded_or_respelled_signature_is_refused() -> None:
    _assert_refused(SIGNED + b"=")
    _assert_refused(SIGNED + b"\n")
    # The last character of 64 bytes carries four idle bits: another spelling, the same bytes.
    respelled = SIGNED[:-1] + (b"B" if SIGNED.endswith(b"A") else bytes([SIGNED[-1] + 1]))
    _assert_refused(respelled)


@given(data=st.binary(max_size=40), odd=st.binary(max_size=12))
def test_a_text_has_one_value_and_a_value_one_text(data: bytes, odd: bytes) -> None:
    assert unbase64url(base64url(data)) == data
    for text in (odd, base64url(odd) + b"=", base64url(odd)[:-1]):
        _require_strict(text)


def test_no_text_is_read_whose_unused_bits_are_set() -> None:
    letters = [*range(ord("0"), ord("z") + 1), *b"-+/=\n"]
    read = [_require_strict(bytes([one, other])) for one in letters for other in letters]
    assert sum(read) == 64 * 4
    assert not any(_require_strict(bytes([one])) for one in letters)


def _require_strict(text: bytes) -> bool:
    try:
        data = unbase64url(text)
    except BadEnvelope:
        return False
    assert base64url(data) == text
    return True


def test_an_oversized_message_is_neither_made_nor_read() -> None:
    body = b'{"a":"' + b"x" * SIGNED_BYTES_MAX + b'"}'
    with pytest.raises(BadEnvelope, match="TOO_LARGE"):
        sign(replace(message("m-1"), body=body), KEY)
    with pytest.raises(BadEnvelope, match="TOO_LARGE"):
        open_signed(b"x" * (SIGNED_BYTES_MAX + 1), RING)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", ""),
        ("id", "../admin"),
        ("id", "x" * 65),
        ("order_key", ""),
        ("order_key", "two\nlines"),
        ("facility", "\ud800"),
        ("treatment_region", "12000"),
        ("insured_region", "５１００００"),
        ("operator", ""),
        ("moment", datetime(2026, 1, 1)),  # noqa: DTZ001 - a naive moment is the point
        ("body", b""),
        ("body", b"[]"),
        ("body", b'{"a":1}, "id":"x"'),
        ("body", b'{"a":NaN}'),
        ("body", b'{"a":"\xff"}'),
        ("body", b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"),
    ],
)
def test_a_value_that_cannot_be_sent_is_refused_with_its_field(field: str, value: object) -> None:
    with pytest.raises(BadEnvelope) as refused:
        replace(message("m-1"), **{field: value})  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.field) == ("BAD_ENVELOPE", field)


@pytest.mark.parametrize("change", [{"extra": 1}, {"kind": "gift"}, {"moment": "2026-01-01"}])
def test_a_well_signed_payload_of_another_shape_is_refused(change: dict[str, object]) -> None:
    payload = json.loads(base64.urlsafe_b64decode(SIGNED.split(b".")[1] + b"=="))
    strange = sign_bytes(json.dumps({**payload, **change}).encode(), ENVELOPE_TYPE, KEY)
    with pytest.raises(BadEnvelope, match="BAD_ENVELOPE"):
        open_signed(strange, RING)


def test_keys_survive_their_pem_form() -> None:
    assert sign(message("m-1"), load_key(KEY.pem())) == SIGNED
    assert load_public(KEY.public().pem()).kid == KEY.kid == signer(SIGNED)
    assert open_signed(SIGNED, key_ring(load_public(KEY.public().pem()))) == message("m-1")


def test_a_key_never_shows_itself() -> None:
    assert "private" not in repr(KEY)
    assert KEY.pem().decode() not in repr(KEY)


def test_what_is_no_ed25519_key_is_refused() -> None:
    other = generate_private_key(SECP256R1())
    private = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for pem in (b"", b"not a key", private, KEY.public().pem()):
        with pytest.raises(BadEnvelope, match="BAD_KEY"):
            load_key(pem)
    for pem in (b"", b"not a key", public, KEY.pem()):
        with pytest.raises(BadEnvelope, match="BAD_KEY"):
            load_public(pem)


def _assert_refused(signed: bytes) -> None:
    with pytest.raises(BadEnvelope) as refused:
        open_signed(signed, RING)
    assert refused.value.code == "BAD_SIGNATURE"
