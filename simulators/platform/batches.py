"""Several messages in one request, each judged by itself; what was kept is synced once for all.

Reads the stream of lines that ``sync.frame`` packs, and packs its own answers when asked to.
"""

from collections.abc import Sequence
from typing import Annotated

import zstandard
from fastapi import Depends, FastAPI, Request, Response

from edge import codec
from simulators.platform.answers import Refusal, on_the_wire
from simulators.platform.intake import Intake
from sync.frame import BATCH_BYTES_MAX, LEVEL, Unpackable, messages_in, plain

_PACKED_FROM_BYTES = 1024
_NOT_TAKEN = 415


def add_batches(app: FastAPI, intake: Intake) -> None:
    """Take batches, packed or not."""

    @app.post("/v1/batches")
    def batches(request: Request, body: Annotated[bytes, Depends(_bounded)]) -> Response:
        packing = request.headers.get("content-encoding", "identity")
        if packing not in {"identity", "zstd"}:
            return Response(status_code=_NOT_TAKEN, headers={"accept-encoding": "zstd"})
        try:
            messages = messages_in(plain(body) if packing == "zstd" else body)
        except Unpackable:
            return _answer(request, *on_the_wire(Refusal(code="BAD_BATCH")))
        return _answer(request, 200, results(intake, messages))


def results(intake: Intake, messages: Sequence[bytes]) -> bytes:
    """Return the answer to a batch: what became of each message, in order."""
    said = [codec.decode(on_the_wire(one)[1], object) for one in intake.receive_all(messages)]
    return codec.encode({"results": said})


async def _bounded(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BATCH_BYTES_MAX:
            return b""
    return bytes(body)


def _answer(request: Request, status: int, body: bytes) -> Response:
    headers = {}
    if "zstd" in request.headers.get("accept-encoding", "") and len(body) > _PACKED_FROM_BYTES:
        body = zstandard.ZstdCompressor(level=LEVEL).compress(body)
        headers = {"content-encoding": "zstd"}
    return Response(body, status, headers, media_type="application/json")
