"""A site that takes HL7, a system with a token, and a worker who was verified."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.hl7.answering import Counter, answer
from edge.store.operators import Scope
from edge.store.stays import stay_numbered
from edge.store.tokens import create_token
from tests.steps.conftest import Ground, ground_at

NUMBER = "HIS-ZY-1"
"""The hospital's number of the stay."""


@dataclass(slots=True)
class Bench:
    """Where messages are taken, and what they are filled with."""

    ground: Ground
    counter: Counter
    token: str
    verification: str
    changed: list[str] = field(default_factory=list)

    def filled(self, message: str) -> bytes:
        """Put token and verification where a message names them; line ends as HL7 has them."""
        text = message.replace("TOKEN", self.token).replace("VERIFICATION", self.verification)
        return text.replace("\n", "\r").encode()

    def bared(self, said: str) -> str:
        """Take moment and ids out of an answer, as the document shows it."""
        stay = stay_numbered(self.ground.site.store.read(), NUMBER)
        text = said.replace(stay.id, "STAY") if stay else said
        text = re.sub(r"\|\d{14}\+0800\|\|ACK(.*?)\|[0-9a-f]{32}\|", r"|NOW||ACK\1|ID|", text)
        return text.strip().replace("\r", "\n")

    def say(self, *segments: str, token: str = "", control: str = "1", **head: str) -> list[str]:
        """Send a message of these segments; return the answer's segments."""
        event = head.get("event", "ADT^A01")
        version, processing = head.get("version", "2.5"), head.get("processing", "P")
        msh = f"MSH|^~\\&|HIS|H|E|F|20261120||{event}|{control}|{processing}|{version}"
        msh = msh.replace("|20261120||", f"|20261120|{token or self.token}|")
        said = answer(self.counter, self.filled("\n".join((msh, *segments))))
        return said.decode().rstrip("\r").split("\r")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ground_at(tmp_path) as ground:
        site, changed = ground.site, list[str]()
        with site.store.transaction() as db:
            token = create_token(db, fresh="t1", name="HIS", scopes=Scope, at=site.clock())
        yield Bench(ground, Counter(site, changed.append), token, ground.verified().id, changed)
