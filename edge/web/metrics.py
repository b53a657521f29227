"""What a monitoring system may know of the service: numbers, never a person. Prometheus' text form.

The one importer of prometheus-client. Looks when it is asked; changes nothing.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Annotated, Protocol, runtime_checkable

from fastapi import Depends, FastAPI
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.core.errors import EdgeError
from edge.steps.list_status import list_status
from edge.store.deadlines import count_due
from edge.store.ledger import last_entry
from edge.store.operators import Role
from edge.store.operators import Scope as TokenScope
from edge.trust.tls import papers_of, told
from edge.web.desk import Desk
from edge.web.rooms import join, open_room
from edge.web.security import Caller, require
from sync.breaker import State
from sync.errors import SyncError

Watches = Annotated[Caller, Depends(require(TokenScope.METRICS, Role.SYSTEM_ADMINISTRATOR))]

_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Anybody may make others up, and each would be a figure of its own for ever."""

_API = "/api/v1"
_STREAM = f"{_API}/events"


@runtime_checkable
class Counted(Protocol):
    """Readers that count their PC/SC contexts: one that grows is a leak."""

    @property
    def contexts_open(self) -> int:
        """How many are open now."""


class Timed:
    """ASGI: measures how long each answer took to begin, by its route and not by its address."""

    def __init__(self, app: ASGIApp, *, seconds: Histogram) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        began = perf_counter()

        async def timing_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(scope, int(message["status"]), perf_counter() - began)
            await send(message)

        await self._app(scope, receive, timing_send)

    def _note(self, scope: Scope, status: int, taken_s: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        if scope["path"].startswith(_API) and not route.startswith(_API):
            route = f"{_API}{route}"  # a router that is included knows its own part only
        if route != _STREAM:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            labels = (method, route, f"{status // 100}xx")
            self._seconds.labels(*labels).observe(taken_s)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, what it tells, its labels' names, and a row of labels and a value."""

    name: str
    about: str
    labels: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], float], ...]


def add_figures(app: FastAPI, looks: Sequence[Callable[[], Iterable[Figure]]]) -> None:
    """Give an application ``GET /metrics`` of these alone."""
    registry = CollectorRegistry()
    registry.register(_Looks([partial(_families, look) for look in looks]))
    _serve(app, registry)


def _families(look: Callable[[], Iterable[Figure]]) -> Iterator[Metric]:
    for figure in look():
        family = GaugeMetricFamily(figure.name, figure.about, labels=figure.labels)
        for labels, value in figure.rows:
            family.add_metric(labels, value)
        yield family


def add_metrics(app: FastAPI, desk: Desk) -> None:
    """Measure the application's answers and give it ``GET /metrics``."""
    registry = CollectorRegistry()
    seconds = Histogram(
        "edge_http_seconds",
        "Seconds until an answer began",
        ("method", "route", "status"),
        registry=registry,
        buckets=_BUCKETS_S,
    )
    looks = (_outbox, _group, _list, _clocks, _ledger, _devices, _disk, _certificate)
    registry.register(_Looks([partial(look, desk) for look in looks]))
    app.add_middleware(Timed, seconds=seconds)
    _serve(app, registry)


def _serve(app: FastAPI, registry: CollectorRegistry) -> None:
    routes = open_room("health")

    @routes.get("/metrics", response_class=Response)
    def metrics(_caller: Watches) -> Response:
        """Tell the service's figures in Prometheus' text form."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    join(app, routes)


class _Looks(Collector):
    """Looks when it is asked; what cannot be looked at is left out and said so."""

    def __init__(self, looks: Sequence[Callable[[], Iterable[Metric]]]) -> None:
        self._looks = looks

    def describe(self) -> Iterator[Metric]:
        """Name nothing beforehand: the site need not be looked at to be registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yield what is seen."""
        failed = 0
        for look in self._looks:
            try:
                yield from list(look())
            except (EdgeError, SyncError, OSError):
                failed += 1
        yield _gauge("edge_looks_failed", "Looks that a fault of the machine kept from", failed)


def _outbox(desk: Desk) -> Iterator[Metric]:
    site = desk.site
    db = site.store.read()
    counts = site.outbox.status(db)
    depth = GaugeMetricFamily("edge_outbox_messages", "Messages by state", labels=("state",))
    for state in ("pending", "sending", "unknown", "rejected"):
        depth.add_metric((state,), getattr(counts, state))
    yield depth
    since = counts.oldest_undelivered
    age_s = max(0.0, (site.clock() - since).total_seconds()) if since else 0.0
    yield _gauge("edge_outbox_oldest_seconds", "Age of the oldest undelivered message", age_s)
    circuit = site.platform.circuit()
    shut = circuit is None or circuit.state is State.CLOSED
    yield _gauge("edge_platform_up", "1 while the circuit to the platform is closed", int(shut))


def _group(desk: Desk) -> Iterator[Metric]:
    campus = desk.campus
    if campus is None:
        return
    up = int(campus.server.connected())
    yield _gauge("edge_stream_up", "1 while the campus's stream server is connected", up)
    seen = campus.gateway.figures()
    told = GaugeMetricFamily("edge_stream_messages", "Since the start, by what", labels=("what",))
    told.add_metric(("published",), seen.published)
    told.add_metric(("unpublished",), seen.unpublished)
    told.add_metric(("receipts",), seen.heard)
    yield told


def _list(desk: Desk) -> Iterator[Metric]:
    status = list_status(desk.site)
    yield _gauge("edge_list_fresh", "1 while the cached list may be used", int(status.fresh))
    if status.as_of:
        age_s = (desk.site.high_water() - status.as_of).total_seconds()
        yield _gauge("edge_list_age_seconds", "Age of the cached list", age_s)


def _clocks(desk: Desk) -> Iterator[Metric]:
    site = desk.site
    due = GaugeMetricFamily("edge_stays_due", "Stays to be settled, by urgency", labels=("how",))
    for urgency, count in count_due(site.store.read(), site.high_water()).items():
        due.add_metric((urgency.value,), count)
    yield due
    back = int(site.clock_went_back())
    yield _gauge("edge_clock_went_back", "1 while the clock is behind what it has shown", back)


def _ledger(desk: Desk) -> Iterator[Metric]:
    last = last_entry(desk.site.store.read())
    yield _gauge("edge_ledger_entries", "Entries in the audit", last.seq if last else 0)
    try:
        desk.site.ledger.require_sound()
        sound = 1
    except EdgeError:
        sound = 0
    yield _gauge("edge_ledger_sound", "1 while the chain verified", sound)


def _devices(desk: Desk) -> Iterator[Metric]:
    shown = GaugeMetricFamily("edge_readers", "Readers by state", labels=("state",))
    counts: dict[str, int] = {}
    for view in desk.readers_at(""):
        counts[view.state.value] = counts.get(view.state.value, 0) + 1
    for state, count in sorted(counts.items()):
        shown.add_metric((state,), count)
    yield shown
    if isinstance(desk.readers, Counted):
        open_now = desk.readers.contexts_open
        yield _gauge("edge_reader_contexts_open", "PC/SC contexts that are open", open_now)
    yield _gauge("edge_streams_open", "Pages that hear hints", desk.hints.open_count())


def _disk(desk: Desk) -> Iterator[Metric]:
    path = desk.site.store.path
    free = shutil.disk_usage(path.parent).free
    yield _gauge("edge_disk_free_bytes", "Free space where the data lie", free)
    size = desk.site.store.log_bytes()
    yield _gauge("edge_wal_bytes", "Size of the database's write-ahead log", size)
    yield _gauge("edge_database_bytes", "Size of the database", path.stat().st_size)


def _certificate(desk: Desk) -> Iterator[Metric]:
    papers = papers_of(desk.site.settings)
    if papers:
        left_s = (told(papers).ends_at - desk.site.clock()).total_seconds()
        yield _gauge("edge_certificate_seconds_left", "Until the certificate ends", left_s)


def _gauge(name: str, told_as: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told_as, value=value)
