"""docs/platform-protocol.md says what the code does: its examples are made here, its lists too."""

import base64
import re
from http import HTTPStatus
from pathlib import Path
from typing import get_args

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edge.codec import encode
from simulators.platform.answers import SENTENCES, Absent, Later, on_the_wire
from simulators.platform.batches import results
from simulators.platform.codes import IssuedCode
from simulators.platform.faults import Act, Fault, Place
from simulators.platform.inquiry import holder
from simulators.platform.intake import Intake
from simulators.platform.journal import Journal
from simulators.platform.numbered import Transaction, output
from simulators.platform.register import load_register
from sync import dialect
from sync.dispatch import (
    Dispatch,
    DispatchKind,
    PageQuestion,
    sign_dispatch,
    sign_page_question,
)
from sync.e_card import CodeQuestion, sign_code
from sync.envelope import Kind, SigningKey, load_key, sign, signed_envelope
from sync.frame import (
    BATCH_BYTES_MAX,
    BATCH_MESSAGES_MAX,
    BATCH_PLAIN_BYTES_MAX,
    batch,
    messages_in,
    pack,
    plain,
)
from sync.jws import SIGNED_BYTES_MAX
from sync.numbered import TRANSACTIONS, Numbered
from sync.outcome import RETRY_AFTER_MAX, classify
from sync.question import Question, sign_question
from sync.standing import StandingQuestion, sign_standing
from tests.sync.sender import FACILITY, START, HeldClock, message, story

PAGE = (Path(__file__).parents[2] / "docs/platform-protocol.md").read_text(encoding="utf-8")
# The example key of RFC 8037, appendix A.1: published, so nobody takes it for a secret.
RFC_8037_SECRET = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
RFC_8037_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
WRONG_LINE = {"id": "1", "amount_fen": 300, "fund_fen": 200, "personal_fen": 99}


def example_key() -> SigningKey:
    private = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(RFC_8037_SECRET))
    return load_key(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def examples() -> dict[str, bytes]:
    """Return every example of the document, as the code makes it."""
    key = example_key()
    intake = Intake(load_register(), {FACILITY: key.public()}, Journal(), HeldClock())
    signed = sign(message("m-1"), key)
    header, payload, _ = signed.split(b".")
    question = Question(
        id="q-1",
        operator="desk-1",
        id_number="510100198001010019",
        name="张合成",
        service="inpatient_medical",
        moment="admission",
        at=START,
    )
    asked = sign_question(question, FACILITY, key)
    receipt = intake.receive(signed)
    for one in story("stay-1")[:3]:
        intake.receive(sign(one, key))
    wrong = {"total_fen": 300, "fund_fen": 200, "personal_fen": 100, "lines": [WRONG_LINE]}
    settlement = message("m-4", kind=Kind.SETTLEMENT, body=wrong)
    return {
        "header": _unpacked(header),
        "payload": _unpacked(payload),
        "signed": signed,
        "lines": plain(pack(signed_envelope(message("m-1"), key))).rstrip(),
        "results": batch_answer([signed, sign(settlement, key)], key),
        "question": _unpacked(asked.split(b".")[1]),
        "facts": encode(intake.inquire(asked)),
        **e_card_examples(key),
        **numbered_examples(signed, key),
        "receipt": on_the_wire(receipt)[1],
        "refusal": on_the_wire(intake.receive(sign(settlement, key)))[1],
        "later": on_the_wire(Later(code="OUT_OF_ORDER", id="m-4"))[1],
        **down_examples(key),
        "absent": on_the_wire(Absent("m-9"))[1],
    }


def batch_answer(messages: list[bytes], key: SigningKey) -> bytes:
    """Return the answer to a batch of an admission and of a settlement before its discharge."""
    intake = Intake(load_register(), {FACILITY: key.public()}, Journal(), HeldClock())
    return results(intake, messages_in(plain(batch(messages))))


def down_examples(key: SigningKey) -> dict[str, bytes]:
    body = {
        "id": "P-1",
        "month": "2026-11",
        "amount_fen": 70000,
        "paid_on": "2026-12-28",
        "reference": "2026-0001",
    }
    dispatch = Dispatch(
        id="d-1",
        seq=1,
        facility=FACILITY,
        kind=DispatchKind.PAYMENT,
        order_key="claim-2026-11",
        moment=START,
        body=encode(body),
    )
    asked = PageQuestion(id="q-3", at=START, after=0)
    return {
        "standing_question": _unpacked(
            sign_standing(StandingQuestion(id="m-9", at=START), FACILITY, key).split(b".")[1]
        ),
        "page_question": _unpacked(sign_page_question(asked, FACILITY, key).split(b".")[1]),
        "dispatch": _unpacked(sign_dispatch(dispatch, key).split(b".")[1]),
    }


def numbered_examples(signed: bytes, key: SigningKey) -> dict[str, bytes]:
    intake = Intake(load_register(), {FACILITY: key.public()}, Journal(), HeldClock())
    asked = dialect.Request(
        act=dialect.Act.MESSAGE, id="m-1", content=signed, at=START, deadline_s=1
    )
    transaction = Numbered(FACILITY).call(asked).content
    answered = output(intake, Transaction.model_validate_json(transaction), START)
    return {"transaction": transaction, "output": answered}


def e_card_examples(key: SigningKey) -> dict[str, bytes]:
    asked = CodeQuestion(id="q-2", operator="desk-1", code="SYN-ECARD-example", at=START)
    shown = IssuedCode(code=asked.code, id_number="", expires_at=START, token="T-example")
    worker = load_register().workers[0]
    return {
        "code": _unpacked(sign_code(asked, FACILITY, key).split(b".")[1]),
        "holder": encode(holder(worker, shown, asked, START)),
    }


def test_every_example_is_what_the_code_makes() -> None:
    for name, text in examples().items():
        assert f"<!-- {name} -->\n```\n{text.decode()}\n```\n" in PAGE


def test_the_key_id_is_the_thumbprint_of_rfc_8037() -> None:
    assert example_key().kid == RFC_8037_THUMBPRINT
    assert RFC_8037_THUMBPRINT in PAGE


def test_the_document_lists_every_kind_code_fault_and_place_and_no_other() -> None:
    assert _first_column("Kinds") == {kind.value for kind in Kind}
    dispatches = re.findall(r"^\| ([a-z_, ]+) \|", _section("Dispatches"), re.MULTILINE)
    assert {name for names in dispatches for name in names.split(", ")} == {
        "dispatch",
        *(kind.value for kind in DispatchKind),
    }
    assert _first_column("Codes") == set(SENTENCES)
    assert _first_column("Faults") == set(get_args(Act))
    for name in (*get_args(Place), *Fault.model_fields):
        assert f"`{name}`" in _section("Faults"), name


def test_the_document_lists_every_numbered_transaction() -> None:
    listed = re.findall(r"^\| (\d{4}) \|", _section("Numbered transactions"), re.MULTILINE)
    assert listed == list(TRANSACTIONS.values())


def test_the_document_says_the_limits_that_the_code_keeps() -> None:
    assert f"{SIGNED_BYTES_MAX // 2**20} MiB" in PAGE
    assert f"{BATCH_BYTES_MAX // 2**20} MiB packed, {BATCH_PLAIN_BYTES_MAX // 2**20} MiB" in PAGE
    assert f"up to {BATCH_MESSAGES_MAX} messages" in PAGE
    assert f"{RETRY_AFTER_MAX.total_seconds() / 3600:.0f} hours" in PAGE


@pytest.mark.parametrize("status", HTTPStatus)
def test_the_document_reads_a_bare_status_as_the_client_does(status: HTTPStatus) -> None:
    listed = re.findall(r"^\| ([\dx, ]+) \| (\w+) \|$", _section("Bare answers"), re.MULTILINE)
    exact = {number: outcome for numbers, outcome in listed for number in numbers.split(", ")}
    said = exact.get(str(status.value)) or exact[f"{status.value // 100}xx"]
    assert type(classify(status, {}, b"", START)).__name__ == said


def _section(title: str) -> str:
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def _first_column(title: str) -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", _section(title), re.MULTILINE))


def _unpacked(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
