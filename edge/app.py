"""The composition root: the service built by hand, started and stopped in order.

The site it serves is opened by ``edge.site.opening``, which the commands use without a web.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import timedelta
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI

from drivers.agent.station import LocalStation
from drivers.authentication import Authenticator
from drivers.card_readers import CardReaders
from drivers.cards import read_card
from drivers.monitor import Monitor
from drivers.psam_slot import PsamInSlot, keys_in_order
from drivers.scanner import Scanner
from drivers.transport import Readers
from edge.card_key import by_platform, psam_plan
from edge.core.errors import EdgeError
from edge.loops.keeper import Keeper
from edge.loops.rounds import attempt, beside
from edge.loops.stopping import REQUESTS_S, Stopping
from edge.site import Site
from edge.site.opening import gateway_of
from edge.trust.leaf import Leaf
from edge.web.agents import USUAL_PATIENCE, Agents
from edge.web.api import api_rooms
from edge.web.api_page import api_page_router
from edge.web.desk import Desk, version_at
from edge.web.devices import scanner_plan
from edge.web.events import Hints
from edge.web.fhir import fhir_room
from edge.web.floor import Floor, Server, lay
from edge.web.health import health_router
from edge.web.late import LateApp
from edge.web.look import Look
from edge.web.metrics import add_metrics
from edge.web.pages import pages_rooms
from edge.web.problems import OPENAPI_RESPONSES
from edge.web.remote_station import Patience
from edge.web.rooms import join
from edge.web.security import Address
from edge.web.uploads import UPLOAD_BYTES_MAX
from sync.attempt import FarGateway
from sync.relay import Hooks, Pace, Relay

if TYPE_CHECKING:
    from edge.loops.campus import CampusLine

CHARGES_BYTES_MAX = 16 * 1024 * 1024
"""A bill of 20,000 lines."""

_LOOK_S = 0.5
"""How often the service looks for what no device tells."""

_NOTE_EVERY = timedelta(seconds=30)
"""How often it is written down that an agent is heard."""


@contextmanager
def running(
    site: Site,
    readers: Readers,
    *,
    crash: Callable[[str], None] = lambda _point: None,
    patience: Patience = USUAL_PATIENCE,
) -> Iterator[Desk]:
    """Run what works in the background: the reader monitor, the scanners, the relay, the keeper.

    The ledger is verified first; a broken one is served, but nothing is settled on it. ``crash`` is
    called at the relay's named points (a torture test dies there); ``patience`` is what the service
    has with agents.
    """
    _verify_ledger(site)
    with (
        _campus_of(site) as campus,
        gateway_of(site, campus.gateway if campus else None) as gateway,
        _at_work(site, readers, gateway, crash, patience, campus) as desk,
    ):
        if campus:
            campus.listeners.append(partial(_heard, desk))
        yield desk


@contextmanager
def _at_work(
    site: Site,
    readers: Readers,
    gateway: FarGateway,
    crash: Callable[[str], None],
    patience: Patience,
    campus: "CampusLine | None",
) -> Iterator[Desk]:
    hints = Hints()
    relay = _relay(site, gateway, hints, crash)
    cards, psam, keys = _key_holders(site, readers)
    read = partial(read_card, authenticator=keys)
    monitor = Monitor(cards, site.clock, site.fresh_id, read=read)
    scanners: dict[str, Scanner] = {}
    stopping = Stopping([relay.send_no_more], [site.platform.close, gateway.close])
    agents = [place.name for place in site.settings.desks if place.agent]
    desk = Desk(
        site=site,
        station=LocalStation(monitor, scanners, terminal=lambda: psam.terminal if psam else ""),
        agents=Agents(agents, site.clock, site.fresh_id, patience=patience),
        hints=hints,
        relay=relay,
        readers=readers,
        campus=campus,
        keeper=_keeper(site, hints, relay),
        stopping=stopping,
    )
    stopping.also(desk.agents.close)
    scanners |= _scanners(desk)
    with (
        stopping,
        monitor,
        _passing_on(desk),
        ExitStack() as listening,
    ):
        for loop in _loops_of(desk):
            listening.enter_context(loop)
        for scanner in scanners.values():
            listening.enter_context(scanner)
        relay.start()
        desk.keeper.start()
        try:
            yield desk
        finally:
            stopping.begin()
            desk.keeper.stop()
            relay.stop()


def web(desk: Desk) -> FastAPI:
    """Return the service's pages and API."""
    settings = desk.site.settings
    app = LateApp(
        title="Injury desk edge",
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=OPENAPI_RESPONSES,
    )
    look = Look(simulated=settings.desk.simulated)
    address = Address(
        hosts=frozenset(settings.server.allowed_hosts),
        tls=settings.server.tls,
        desks=tuple(place.name for place in settings.desks),
    )
    floor = Floor(
        store=desk.site.store,
        clock=desk.site.clock,
        address=address,
        proofs=desk.site.proofs(),
        hints=desk.hints,
        look=look,
        log=desk.site.log,
        larger_bodies={
            "/charges": CHARGES_BYTES_MAX,
            "/Claim": CHARGES_BYTES_MAX,
            "/catalogue/uploads": UPLOAD_BYTES_MAX,
        },
    )
    lay(app, floor)
    join(app, *api_rooms(desk), fhir_room(desk), *pages_rooms(desk, look), health_router(desk))
    add_metrics(app, desk)
    join(app, api_page_router(app, look))
    return app


def server(desk: Desk) -> Server:
    """Return the HTTP server of this service, ready to ``run()``; over TLS unless told otherwise.

    Raises:
        Fault, OSError: as ``Leaf``.
    """
    leaf = Leaf(desk.site.settings, desk.site.clock, desk.site.log)
    desk.keeper.also(leaf.look, "certificate.not_taken")
    listening = leaf.context()
    config = uvicorn.Config(
        web(desk),
        ssl_context_factory=(lambda *_: listening) if listening else None,
        host=desk.site.settings.server.host,
        port=desk.site.settings.server.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=REQUESTS_S,
    )
    return Server(config, desk.hints, also_close=desk.stopping.begin)


def _relay(site: Site, gateway: FarGateway, hints: Hints, crash: Callable[[str], None]) -> Relay:
    hooks = Hooks(on_change=partial(_tell, hints, site), crash=crash, log=site.log)
    pace = Pace(site.settings.platform.senders)
    return Relay(site.store, site.outbox, gateway, site.clock, hooks, pace=pace)


def _keeper(site: Site, hints: Hints, relay: Relay) -> Keeper:
    return Keeper(
        site,
        on_told=partial(_tell_stay, hints, site),
        on_head=relay.wake,
        on_disk=lambda: hints.publish("disk", "", version_at(site.clock())),
    )


def _key_holders(
    site: Site, readers: Readers
) -> tuple[CardReaders, PsamInSlot | None, Authenticator]:
    """Return the readers of cards, the PSAM beside them, and who opens a guarded card."""
    plan, platform = psam_plan(site.settings.psam), by_platform(site)
    if plan is None:
        return CardReaders(readers), None, platform
    cards = CardReaders(readers, plan.reader)
    psam = PsamInSlot(cards, plan)
    return cards, psam, keys_in_order(psam, platform, plan.order)


def _scanners(desk: Desk) -> dict[str, Scanner]:
    """Return the scanner of each desk that has one, not yet listening."""
    site = desk.site
    plan = scanner_plan(site.settings.scanner)
    return {
        place.name: Scanner(
            place.scanner,
            site.clock,
            site.fresh_id,
            plan=plan,
            changed=partial(desk.scanner_changed, place.name),
        )
        for place in site.settings.desks
        if place.scanner and not place.agent
    }


def _verify_ledger(site: Site) -> None:
    broken = site.ledger.verify(site.store.read())
    if broken:
        site.log.error("ledger.broken", seq=broken.seq, why=broken.reason, against=broken.against)


def _tell_stay(hints: Hints, site: Site, stay: str) -> None:
    hints.publish("stay", stay, version_at(site.clock()))


def _tell(hints: Hints, site: Site, message: str) -> None:
    hints.publish("message", message, version_at(site.clock()))


def _heard(desk: Desk, message: str) -> None:
    """Tell of a message whose receipt came, and go on with what waited for it."""
    _tell(desk.hints, desk.site, message)
    desk.relay.wake()


def _campus_of(site: Site) -> "AbstractContextManager[CampusLine | None]":
    if site.settings.sync.transport == "https":
        return nullcontext()
    from edge.loops.campus import campus_of  # noqa: PLC0415 - for the campuses of a group

    return campus_of(site)


def _loops_of(desk: Desk) -> Iterator[AbstractContextManager[object]]:
    """Yield what goes on beside the desks by this site's settings; no other is loaded."""
    site, chosen = desk.site, desk.site.settings
    if chosen.lists.root is not None:
        yield _list_kept_fresh(site)
    if site.inbox.is_open:
        from edge.loops.collecting import inbox_collected  # noqa: PLC0415 - as told above

        yield inbox_collected(site, on_applied=partial(desk.changed, "claim", "all"))
    if chosen.backup.folder is not None:
        from edge.loops.backing_up import backups_made  # noqa: PLC0415 - as told above

        yield backups_made(site)
    if chosen.files.charges is not None:
        from edge.loops.watched import folder_watched  # noqa: PLC0415 - as told above

        yield folder_watched(site, changed=partial(desk.changed, "stay"))
    if chosen.hl7.port:
        from edge.hl7.listener import hl7_taken  # noqa: PLC0415 - as told above

        yield hl7_taken(site, changed=partial(desk.changed, "stay"))


def _list_kept_fresh(site: Site) -> AbstractContextManager[None]:
    """Ask for a newer list at once and then every ``lists.refresh_min``."""
    from edge.loops.list_keeping import keep_list  # noqa: PLC0415 - for the sites that have one

    pause_s = site.settings.lists.refresh_min * 60

    def keep_fresh(ending: Event) -> None:
        attempt(site.cached_list.read_through, site.log, "list.not_read")
        while not ending.is_set():
            attempt(lambda: keep_list(site), site.log, "list.not_refreshed")
            ending.wait(pause_s)

    return beside(keep_fresh, "list refresh")


def _look_around(desk: Desk, lying: frozenset[str]) -> frozenset[str]:
    """Tell of what no device tells: an agent gone silent, and cards whose case has ended."""
    for station in desk.agents.all():
        if station.has_lapsed():
            desk.site.log.warning("agent.lapsed", desk=station.desk)
            desk.agent_changed(station.desk)
    try:
        found = desk.left_behind()
    except EdgeError:
        return lying  # the database does not serve: its own alarm is louder
    for reader in found ^ lying:
        desk.changed("left_behind", reader)
        desk.changed("reader", reader)
    return found


def _passing_on(desk: Desk) -> AbstractContextManager[None]:
    """Pass what happens at the devices on to the open pages as hints."""

    def pass_on(ending: Event) -> None:
        lying, note_at = frozenset[str](), desk.site.clock()
        while not ending.is_set():
            event = desk.station.next_event(_LOOK_S)
            if event:
                desk.reader_changed(event)
            lying = _look_around(desk, lying)
            if abs(desk.site.clock() - note_at) >= _NOTE_EVERY:
                note_at = desk.site.clock()
                desk.note_agents()

    return beside(pass_on, "reader hints")
