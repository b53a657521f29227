"""SM2 signs as Ed25519 does; a second implementation agrees; neither is taken for the other."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import gmalg
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.errors import Fault
from edge.settings import load_settings
from edge.site.founding import example_settings, found_site
from edge.site.opening import open_site
from sync import sm2
from sync.envelope import (
    ENVELOPE_TYPE,
    SigningKey,
    key_ring,
    load_key,
    load_public,
    new_key,
    open_signed,
    sign,
)
from sync.errors import BadEnvelope
from sync.jws import base64url
from sync.keys import Algorithm
from tests.fakes.clock import Clock, Ids
from tests.fakes.log import Log
from tests.sync.sender import START, Sender, message

OURS, STATE = new_key(), new_key(Algorithm.SM2)
KEYS = {"EdDSA": OURS, "SM2": STATE}
RING = key_ring(OURS.public(), STATE.public())
SIGNED = {alg: sign(message("m-1"), key) for alg, key in KEYS.items()}
USUAL_ID = b"1234567812345678"


def test_what_sm2_signed_is_opened_and_says_so() -> None:
    header = json.loads(base64.urlsafe_b64decode(SIGNED["SM2"].split(b".")[0] + b"=="))
    assert header == {"alg": "SM2", "kid": STATE.kid, "typ": ENVELOPE_TYPE}
    assert open_signed(SIGNED["SM2"], RING) == message("m-1")


def test_a_second_implementation_agrees_both_ways() -> None:
    private = sm2.generate()
    other = gmalg.SM2(private.secret, USUAL_ID, b"\x04" + private.public.point)
    data = "报文".encode() * 100
    r, s = (private.sign(data)[:32], private.sign(data)[32:])
    both = private.sign(data)
    assert other.verify(data, both[:32], both[32:])
    assert not other.verify(data, r, s[::-1])
    r, s = other.sign(data)
    assert private.public.verifies(r + s, data)
    assert not private.public.verifies(r + s, data + b"x")


def test_sm2_keys_survive_their_pem_form() -> None:
    again = load_key(STATE.pem())
    assert (again.kid, again.algorithm) == (STATE.kid, Algorithm.SM2)
    assert open_signed(sign(message("m-1"), again), RING) == message("m-1")
    assert load_public(STATE.public().pem()).kid == STATE.kid
    assert b"PRIVATE" not in STATE.public().pem()
    assert STATE.pem().decode() not in repr(STATE)


def test_sm2_signs_differently_each_time_and_a_message_is_still_put_once(tmp_path: Path) -> None:
    assert sign(message("m-1"), STATE) != sign(message("m-1"), STATE)
    sender = Sender(tmp_path / "edge.db", STATE)
    sender.put(message("m-1"))
    sender.put(message("m-1"))
    with sender.store.transaction() as db:
        assert sender.outbox.status(db).pending == 1
    sender.store.close()


def broken(pem: bytes, change: Callable[[bytes], bytes]) -> bytes:
    head, *body, tail = pem.decode().strip().splitlines()
    der = change(base64.b64decode("".join(body)))
    return "\n".join([head, base64.b64encode(der).decode(), tail]).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda der: der[:-1],
        lambda der: der + b"\0",
        lambda der: der[:-1] + bytes([der[-1] ^ 1]),
        lambda der: der[:40] + bytes([der[40] ^ 1]) + der[41:],
        lambda der: der[:26] + der[40:],
    ],
)
def test_a_damaged_sm2_key_is_refused(change: Callable[[bytes], bytes]) -> None:
    for load, pem in ((load_key, STATE.pem()), (load_public, STATE.public().pem())):
        with pytest.raises(BadEnvelope, match="BAD_KEY"):
            load(broken(pem, change))


def test_a_signature_with_impossible_numbers_is_refused() -> None:
    public = sm2.generate().public
    for signature in (b"", b"\0" * 64, b"\xff" * 64, b"\x01" * 63, b"\x01" * 65):
        assert not public.verifies(signature, b"x")
    assert decode_dss_signature(encode_dss_signature(1, 2)) == (1, 2)


# Mutants: whatever is changed, exchanged or said of the algorithm, nothing is accepted.


def reheaded(alg: str, said: str, kid: str, *, signed_by: str = "") -> bytes:
    """Return a message under another header, signed anew by ``signed_by`` or as it was."""
    _, payload, signature = SIGNED[alg].split(b".")
    header = base64url(json.dumps({"alg": said, "kid": kid, "typ": ENVELOPE_TYPE}).encode())
    if signed_by:
        signature = base64url(KEYS[signed_by].signature(header + b"." + payload))
    return header + b"." + payload + b"." + signature


ALGORITHMS = ["none", "None", "", "HS256", "ES256", "RS256", "EdDSA", "SM2", "sm2", "Ed25519"]


@pytest.mark.parametrize("alg", KEYS)
@pytest.mark.parametrize("said", ALGORITHMS)
@pytest.mark.parametrize("kid", KEYS)
@pytest.mark.parametrize("by", ["", *KEYS])
def test_algorithms_are_never_confused(alg: str, said: str, kid: str, by: str) -> None:
    mutant = reheaded(alg, said, KEYS[kid].kid, signed_by=by)
    honest = said == kid == by
    if honest:
        assert open_signed(mutant, RING) == message("m-1")
    else:
        with pytest.raises(BadEnvelope):
            open_signed(mutant, RING)


@given(st.sampled_from(sorted(KEYS)), st.data())
@settings(max_examples=600, deadline=None)
def test_no_mutant_is_accepted(alg: str, data: st.DataObject) -> None:
    signed = SIGNED[alg]
    place = data.draw(st.integers(0, len(signed) - 1))
    end = data.draw(st.integers(place, min(place + 8, len(signed))))
    mutant = signed[:place] + data.draw(st.binary(max_size=8)) + signed[end:]
    if mutant != signed:
        with pytest.raises(BadEnvelope):
            open_signed(mutant, RING)


@given(st.sampled_from(sorted(KEYS)), st.permutations(range(3)))
@settings(max_examples=50, deadline=None)
def test_no_recombination_of_parts_is_accepted(alg: str, order: list[int]) -> None:
    other = sign(message("m-2"), KEYS[alg]).split(b".")
    parts = SIGNED[alg].split(b".")
    for whole in ([parts[place] for place in order], [parts[0], other[1], parts[2]]):
        if whole != parts:
            with pytest.raises(BadEnvelope):
                open_signed(b".".join(whole), RING)


@pytest.mark.parametrize("alg", KEYS)
def test_a_stranger_of_the_same_kind_is_not_believed(alg: str) -> None:
    stranger = new_key(Algorithm(alg))
    for key in (stranger, SigningKey(KEYS[alg].kid, stranger._private)):  # noqa: SLF001 - a forger
        with pytest.raises(BadEnvelope):
            open_signed(sign(message("m-1"), key), RING)


def test_a_site_signs_as_its_settings_say_or_does_not_open(tmp_path: Path) -> None:
    chosen = example_settings().replace('signature = "ed25519"', 'signature = "sm2"')
    clock = Clock(START)
    founded = found_site(tmp_path / "site", clock=clock, fresh_id=Ids(), settings=chosen)
    assert load_public(founded.public_key.read_bytes()).algorithm is Algorithm.SM2
    with open_site(load_settings(founded.settings_file), clock=clock, log=Log()) as site:
        assert site.public_key.algorithm is Algorithm.SM2
    founded.settings_file.write_text(example_settings(), encoding="utf-8")
    with (
        pytest.raises(Fault) as refused,
        open_site(load_settings(founded.settings_file), clock=clock, log=Log()),
    ):
        pass
    assert (refused.value.code, refused.value.field) == ("KEY_UNUSABLE", "signing.key")
