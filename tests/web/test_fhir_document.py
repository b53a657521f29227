"""docs/fhir.md: what it shows as sent is sent, and what it shows as answered is answered."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.house.source import ROOT
from tests.web.service import Json, Service, admission

_BLOCKS = re.compile(r"^```http\n(.*?)^```$", re.DOTALL | re.MULTILINE)
STORY = ("", "admitted", "", "", "discharged", "", "", "", "")
"""What happens besides, before each call of the document."""


class Teller:
    """Goes through the document's calls; knows what stands for what in it."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._known: dict[str, str] = {}

    def happens(self, what: str) -> None:
        """Do by the API what the document says has happened."""
        if what == "admitted":
            form = admission(self._known["VERIFICATION"], "FHIR-1")
            self._known["STAY"] = self._service.done("POST", "/stays", json=form)["id"]
        elif what == "discharged":
            self._service.done("POST", f"/stays/{self._known['STAY']}/discharge")

    def answer(self, sent: str) -> str:
        """Call as the document shows; return what came back as it would be shown."""
        call, _, body = sent.partition("\n")
        method, path = call.split(" ")
        for name, value in self._known.items():
            body = body.replace(f'"{name}"', f'"{value}"')
        answer = self._service.client.request(
            method,
            path,
            content=body.strip().encode() or None,
            headers=self._service.system | {"Content-Type": "application/fhir+json"},
        )
        assert answer.headers["content-type"] == "application/fhir+json"
        self._learn(answer.json())
        shown = laid_out(answer.json())
        for name, value in self._known.items():
            shown = shown.replace(f'"{value}"', f'"{name}"')
        return f"{answer.status_code}\n\n{shown}"

    def _learn(self, said: Json) -> None:
        patient = said.get("patient", {}).get("identifier", {})
        if said["resourceType"] == "CoverageEligibilityResponse":
            self._known |= {"VERIFICATION": said["id"], "IDENTIFICATION": patient["value"]}
        if said.get("use") == "predetermination":
            self._known["PREVIEW"] = said["preAuthRef"]
        if said.get("use") == "claim":
            self._known["SETTLEMENT"] = said["id"]


def laid_out(resource: Json) -> str:
    """Write a resource for people: an element a line, and each member of a list one more."""
    lines = []
    for name, value in resource.items():
        if isinstance(value, list):
            members = ",\n".join(f"    {_flat(one)}" for one in value)
            lines.append(f'  "{name}": [\n{members}\n  ]')
        else:
            lines.append(f'  "{name}": {_flat(value)}')
    return "{\n" + ",\n".join(lines) + "\n}"


def _flat(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def calls(text: str) -> Iterator[tuple[str, str]]:
    blocks = [found.strip() for found in _BLOCKS.findall(text)]
    return zip(blocks[::2], blocks[1::2], strict=True)


@pytest.mark.usefixtures("fhir_spoken")
def test_every_call_of_the_document_is_answered_as_it_says(service: Service) -> None:
    shown = list(calls((ROOT / "docs/fhir.md").read_text(encoding="utf-8")))
    service.newcomer()
    teller = Teller(service)
    for what, (sent, answered) in zip(STORY, shown, strict=True):
        teller.happens(what)
        assert teller.answer(sent) == answered
