"""The hospital's own system as the edge sees it: a token, calls over HTTP, and bills to send."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx2

from edge import codec

_DEADLINE_S = 30.0


class Refused(Exception):
    """The edge answered with a problem: ``status`` and the problem's ``document``."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        super().__init__(f"{status} {document.get('code')}: {document.get('detail_en')}")
        self.status = status
        self.document = document


class NoAnswer(Exception):
    """The edge did not answer, or not to the end: what became of the call is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a clerk types at login."""

    name: str
    password: str
    desk: str


class HospitalSystem:
    """Calls the edge's API with a bearer token, trusting its ``ca``; close it when done."""

    def __init__(self, url: str, token: str, ca: Path) -> None:
        self._client = httpx2.Client(
            base_url=f"{url}/api/v1",
            headers={"authorization": f"Bearer {token}"},
            verify=ssl.create_default_context(cafile=ca),
            timeout=_DEADLINE_S,
            trust_env=False,
        )

    @classmethod
    def at_desk(cls, url: str, ca: Path, who: Credentials) -> Self:
        """Log in as an operator does, and call as their page would.

        Raises:
            Refused: the account is not let in.
        """
        clerk = cls(url, "", ca)
        del clerk._client.headers["authorization"]
        clerk._client.headers["origin"] = url
        clerk.post("/login", who)
        return clerk

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str) -> Any:  # noqa: ANN401 - whatever the JSON holds
        """Return what GET answers.

        Raises:
            Refused: the answer is a problem.
            NoAnswer: the line broke.
        """
        return self._said("GET", path)

    def post(self, path: str, body: object = None, *, key: str = "") -> Any:  # noqa: ANN401 - as get
        """Return what POST answers; ``key`` is sent as Idempotency-Key.

        Raises:
            Refused: the answer is a problem.
            NoAnswer: the line broke.
        """
        headers = {"content-type": "application/json"}
        if key:
            headers["idempotency-key"] = key
        return self._said("POST", path, content=codec.encode(body or {}), headers=headers)

    def _said(self, method: str, path: str, **sent: Any) -> Any:  # noqa: ANN401 - as get
        try:
            response = self._client.request(method, path, **sent)
        except httpx2.TransportError as lost:
            raise NoAnswer(type(lost).__name__) from lost
        said: Any = codec.decode(response.content, object)
        if response.is_success:
            return said
        raise Refused(response.status_code, said)
