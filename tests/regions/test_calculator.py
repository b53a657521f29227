"""Facts in JSON give verdicts in JSON; what is wrong names its field and its place."""

import json

import pytest

from edge import codec
from edge.core.errors import BadInput
from edge.core.verification import verify
from edge.packs import verify_json
from tests.core.desk import SOUND, rulebook

ONE = codec.encode(SOUND)


def test_one_object_gives_one_verdict() -> None:
    assert verify_json(ONE, rulebook()) == codec.encode(verify(SOUND, rulebook()))


def test_an_array_gives_an_array_in_order() -> None:
    given = json.loads(verify_json(b" [" + ONE + b"," + ONE + b"]", rulebook()))
    assert [verdict["decision"] for verdict in given] == ["direct", "direct"]
    assert verify_json(b"[]", rulebook()) == b"[]"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (ONE.replace(b"inpatient_medical", b"surgery"), "service"),
        (b"[" + ONE + b"," + ONE.replace(b"inpatient_medical", b"surgery") + b"]", "[1].service"),
        (ONE.replace(b'"2025-03-31"', b'"2024-03-31"'), "filing.valid_to"),
        (b"[" + ONE.replace(b'"2025-03-31"', b'"2024-03-31"') + b"]", "[0].filing.valid_to"),
        (b"{}", "facility"),
        (b"[{}]", "[0].facility"),
        (b"{", ""),
        (b"3", ""),
        (b"", ""),
    ],
)
def test_wrong_facts_are_named(data: bytes, field: str) -> None:
    with pytest.raises(BadInput) as raised:
        verify_json(data, rulebook())
    assert raised.value.field == field
