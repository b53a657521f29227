"""The platform's HTTP side: what edges call, and what whoever rehearses does. Holds no rules."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict

from edge import codec
from edge.clock import Clock
from simulators.platform.answers import Refusal, on_the_wire
from simulators.platform.batches import add_batches
from simulators.platform.codes import Codes
from simulators.platform.faults import LIST_FAULT, Faults, Script
from simulators.platform.intake import Intake
from simulators.platform.journal import Journal, Keeper
from simulators.platform.numbered import add_numbered
from simulators.platform.register import Known
from simulators.platform.releases import BELIEVED, Releases
from simulators.platform.wire import DisturbedWire
from sync.envelope import PublicKey
from sync.jws import SIGNED_BYTES_MAX


def build(
    register: Known,
    clock: Clock,
    public_keys: Mapping[str, PublicKey],
    faults: Faults | None = None,
    journal: Keeper | None = None,
    codes: Codes | None = None,
) -> FastAPI:
    """Return the application; ``public_keys`` are by facility id, ``codes`` those of its e-cards.

    Serve it with ``simulators.platform.server.serve``: some faults need the connection itself.
    """
    faults = faults or Faults()
    journal = journal or Journal()
    codes = codes or Codes(clock)
    app = FastAPI(title="platform simulator", docs_url=None, redoc_url=None, openapi_url=None)
    intake = Intake(register, public_keys, journal, clock, codes)
    app.state.intake = intake
    _add_platform(app, intake)
    add_batches(app, intake)
    add_numbered(app, intake, clock)
    _add_rehearsal(app, faults, journal)
    _add_e_cards(app, register, codes)
    app.add_middleware(DisturbedWire, faults=faults)
    return app


async def _signed(request: Request) -> bytes:
    """Read the body, and no more of it than one byte too many."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > SIGNED_BYTES_MAX:
            break
    return bytes(body)


_Signed = Annotated[bytes, Depends(_signed)]


def _add_platform(app: FastAPI, intake: Intake) -> None:
    _add_question(app, "/v1/verifications", intake.inquire)
    _add_question(app, "/v1/credentials", intake.resolve)
    _add_question(app, "/v1/card-keys", intake.card_key)
    _add_question(app, "/v1/recollections", intake.recollect)

    @app.post("/v1/messages")
    def messages(signed: _Signed) -> Response:
        return _json(*on_the_wire(intake.receive(signed)))

    @app.post("/v1/standings")
    def status(signed: _Signed) -> Response:
        return _json(*on_the_wire(intake.asked_about(signed)))

    @app.post("/v1/inbox")
    def inbox(signed: _Signed) -> Response:
        said = intake.page(signed)
        if said is None:
            return Response(status_code=404)
        return _json(*on_the_wire(said)) if isinstance(said, Refusal) else _json(200, said)

    @app.get("/v1/ledger-heads/{facility}")
    def ledger_head(facility: str) -> Response:
        head = intake.ledger_head(facility)
        return _json(200, codec.encode(head)) if head else Response(status_code=404)


def _add_question(
    app: FastAPI, path: str, answer: Callable[[bytes], dict[str, Any] | Refusal]
) -> None:
    @app.post(path)
    def asked(signed: _Signed) -> Response:
        said = answer(signed)
        if isinstance(said, Refusal):
            return _json(*on_the_wire(said))
        return _json(200, codec.encode(said))


def add_lists(app: FastAPI, releases: Releases) -> None:
    """Publish one facility's cached list."""

    @app.get(f"/v1/lists/{releases.facility}/{{kind}}/{{name}}")
    def published(kind: str, name: str, request: Request) -> Response:
        if name == "timestamp.json":
            _disturbed(releases, request.scope.get(LIST_FAULT))
        found = releases.repository.file(kind, name)
        if found is None:
            return Response(status_code=404)
        if isinstance(found, bytes):
            return _json(200, found)
        return FileResponse(found)  # answers a span when one is asked for


def _disturbed(releases: Releases, fault: str | None) -> None:
    """Make a new release when it is time; or an expired one; or serve the one before."""
    match fault:
        case "stale_list":
            releases.publish(as_of=releases.now() - 2 * BELIEVED)
        case "rolled_back_list":
            releases.repository.serve_again(max(releases.version - 1, 1))
        case _:
            releases.publish_when_old()


def _add_rehearsal(app: FastAPI, faults: Faults, journal: Keeper) -> None:
    @app.post("/sim/faults")
    def play(script: Script) -> Response:
        faults.play(script)
        return left()

    @app.get("/sim/faults")
    def left() -> Response:
        shown = [{**fault.model_dump(), "left": times} for fault, times in faults.left()]
        return _json(200, codec.encode({"faults": shown}))

    @app.get("/sim/messages")
    def kept() -> Response:
        return _json(200, codec.encode({"messages": journal.kept()}))


class _Showing(BaseModel):
    """Whose e-card is to show a code."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id_number: str


def _add_e_cards(app: FastAPI, register: Known, codes: Codes) -> None:
    @app.post("/sim/codes")
    def show(given: _Showing) -> Response:
        if register.worker(given.id_number) is None:
            return _json(*on_the_wire(Refusal(code="WORKER_NOT_KNOWN", field="id_number")))
        issued = codes.issue(given.id_number)
        shown = {"code": issued.code, "expires_at": issued.expires_at}
        return _json(200, codec.encode(shown))


def _json(status: int, body: bytes) -> Response:
    return Response(body, status_code=status, media_type="application/json")
